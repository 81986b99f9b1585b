// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstddef>
#include <utility>

#include "plugtls/detail/byte_queue.hpp"

namespace plugtls::detail {

/// Collects a connection's first message, a ClientHello, as it comes: in pieces of any size, over several records. Asks
/// for no byte that follows the record in which the message ends, and keeps everything for the library, which is to
/// read it again.
///
/// What else a peer may send first the wire judges before it comes here, and it bounds the size. Nevertheless nothing
/// but records of a ClientHello is taken, so that nobody comes past the choice that the message is collected for.
class hello_collector {
 public:
  enum class status : unsigned char { more, done, unexpected, no_memory };

  /// How many bytes can be read without reading too many; at least 1 while the status is `more`.
  std::size_t wanted() const noexcept { return header_size_ < 5 ? 5 - header_size_ : left_; }

  /// Takes at most `wanted()` bytes.
  status take(const std::byte* data, std::size_t size) noexcept {
    if (!raw_.append(data, size)) return status::no_memory;
    if (header_size_ < 5) {
      for (std::size_t i = 0; i < size; ++i) header_[header_size_++] = static_cast<unsigned char>(data[i]);
      return header_size_ == 5 ? begin_record() : status::more;
    }
    left_ -= size;
    if (header_[0] == alert_record) return left_ == 0 ? status::unexpected : status::more;
    if (!message_.append(data, size)) return status::no_memory;
    if (message_.view().front() != std::byte{1}) return status::unexpected;
    if (left_ != 0) return status::more;
    header_size_ = 0;
    return message_.size() >= 4 && message_.size() - 4 >= announced() ? status::done : status::more;
  }

  /// The body of the ClientHello, once it is done.
  byte_view body() const noexcept { return message_.view().subspan(4, announced()); }
  /// Gives away all bytes that were taken. The body is gone then.
  byte_queue release() noexcept {
    message_.release();
    return std::move(raw_);
  }

 private:
  static constexpr unsigned char alert_record = 21, handshake_record = 22;
  static constexpr std::size_t max_record = 16384;  // RFC 8446 §5.1

  status begin_record() noexcept {
    left_ = static_cast<std::size_t>(header_[3]) << 8 | header_[4];
    // The wire knows what an alert means once it is whole.
    if (header_[0] == alert_record && message_.empty() && left_ == 2) return status::more;
    return header_[0] == handshake_record && left_ != 0 && left_ <= max_record ? status::more : status::unexpected;
  }
  std::size_t announced() const noexcept {
    const byte_view m = message_.view();
    return std::to_integer<std::size_t>(m[1]) << 16 | std::to_integer<std::size_t>(m[2]) << 8 |
           std::to_integer<std::size_t>(m[3]);
  }

  unsigned char header_[5] = {};
  std::size_t header_size_ = 0;
  std::size_t left_ = 0;  // of the record
  byte_queue raw_;
  byte_queue message_;
};

}  // namespace plugtls::detail
