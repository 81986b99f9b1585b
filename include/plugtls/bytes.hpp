// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace plugtls {

/// Bytes that somebody else owns; valid as long as that owner keeps them.
using byte_view = std::span<const std::byte>;

/// Bytes owned.
using byte_vector = std::vector<std::byte>;

/// Views text as bytes. The text must outlive the view.
inline byte_view as_bytes(std::string_view text) noexcept { return std::as_bytes(std::span(text.data(), text.size())); }

/// Views bytes as text. The bytes must outlive the view.
inline std::string_view as_text(byte_view bytes) noexcept {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

}  // namespace plugtls
