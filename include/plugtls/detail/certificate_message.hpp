// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <array>
#include <span>

#include "plugtls/bytes.hpp"
#include "plugtls/detail/hello_reader.hpp"

namespace plugtls::detail {

/// The certificates of a Certificate message, as the peer sent them: libraries leave some out, or write them anew.
class certificate_message {
 public:
  /// Reads RFC 5246 §7.4.2, or RFC 8446 §4.4.2 for TLS 1.3; false when there is no such message or it is malformed.
  bool read(byte_view message, bool is_tls1_3) noexcept {
    size_ = 0;
    wire_reader in(message);
    if (in.u8() != 11) return false;
    wire_reader body(take24(in));
    if (is_tls1_3) body.vector8();
    wire_reader list(take24(body));
    while (list.ok() && !list.empty() && size_ < items_.size()) {
      items_[size_++] = take24(list);
      if (is_tls1_3) list.vector16();
    }
    return in.ok() && body.ok() && body.empty() && list.ok();
  }
  std::span<const byte_view> items() const noexcept { return std::span(items_).first(size_); }

 private:
  static byte_view take24(wire_reader& in) noexcept {
    const std::size_t high = in.u8();
    return in.take(high << 16 | in.u16());
  }

  std::array<byte_view, 65> items_;  // one more than any limit allows, so that too long a chain is seen to be one
  std::size_t size_ = 0;
};

}  // namespace plugtls::detail
