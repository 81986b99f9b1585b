// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "plugtls/bytes.hpp"

namespace plugtls {

namespace detail {
/// Overwrites memory in a way that is not optimised away.
inline void wipe(void* data, std::size_t size) noexcept {
  auto* bytes = static_cast<volatile unsigned char*>(data);
  for (std::size_t i = 0; i < size; ++i) bytes[i] = 0;
}
}  // namespace detail

/// Secret bytes: held once, shared by reference between copies, wiped when the last copy goes. Immutable, so copies may
/// be used in several threads.
class secret {
 public:
  secret() noexcept = default;
  /// Copies the bytes; the caller's stay as they are.
  explicit secret(byte_view bytes) : holder_(std::make_shared<const holder>(bytes)) {}
  explicit secret(std::string_view text) : secret(as_bytes(text)) {}
  secret(const char* text) : secret(std::string_view(text)) {}
  /// Takes the text and wipes the caller's.
  static secret take(std::string& text) {
    secret s{std::string_view(text)};
    detail::wipe(text.data(), text.size());
    text.clear();
    return s;
  }

  byte_view bytes() const noexcept { return holder_ ? byte_view(holder_->data(), holder_->size()) : byte_view(); }
  std::string_view text() const noexcept { return as_text(bytes()); }
  /// The same bytes followed by a NUL that size() does not count, as C libraries want it.
  const char* c_str() const noexcept { return holder_ ? holder_->text.c_str() : ""; }
  std::size_t size() const noexcept { return holder_ ? holder_->size() : 0; }
  bool empty() const noexcept { return size() == 0; }

 private:
  struct holder {
    explicit holder(byte_view b) : text(as_text(b)) {}
    holder(const holder&) = delete;
    holder& operator=(const holder&) = delete;
    ~holder() { detail::wipe(text.data(), text.size()); }
    const std::byte* data() const noexcept { return reinterpret_cast<const std::byte*>(text.data()); }
    std::size_t size() const noexcept { return text.size(); }
    std::string text;
  };
  std::shared_ptr<const holder> holder_;
};

}  // namespace plugtls
