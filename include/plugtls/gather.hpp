// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstddef>
#include <cstring>
#include <span>
#include <system_error>

#include "plugtls/buffer.hpp"

namespace plugtls {

/// What is still to be written of several pieces, such as a header and a body: one record after the other, whatever the
/// pieces' sizes. Views the pieces, and the list of them; a cheap value.
class gathered {
 public:
  /// As many bytes as the longest record has.
  using block = std::byte[16384];

  explicit gathered(std::span<const const_buffer> pieces) noexcept : pieces_(pieces) { skip(0); }

  bool empty() const noexcept { return pieces_.empty(); }
  /// Bytes that are left.
  std::size_t size() const noexcept {
    std::size_t n = 0;
    for (const const_buffer& piece : pieces_) n += piece.bytes().size();
    return n - offset_;
  }

  /// Gives what goes into the next record, of at most `most` bytes: where the pieces lie if it is of one alone, else
  /// copied into `room`.
  byte_view next(block& room, std::size_t most) const noexcept {
    if (pieces_.empty()) return {};
    const byte_view first = pieces_.front().bytes().subspan(offset_);
    if (most > sizeof room) most = sizeof room;
    if (first.size() >= most) return first.first(most);
    if (pieces_.size() == 1) return first;
    std::size_t n = 0, from = offset_;
    for (const const_buffer& piece : pieces_) {
      const byte_view bytes = piece.bytes().subspan(from);
      const std::size_t part = bytes.size() < most - n ? bytes.size() : most - n;
      if (part != 0) std::memcpy(room + n, bytes.data(), part);
      n += part;
      from = 0;
    }
    return {room, n};
  }

  /// Goes on past bytes that were written, and empty pieces.
  void skip(std::size_t n) noexcept {
    offset_ += n;
    while (!pieces_.empty() && offset_ >= pieces_.front().bytes().size()) {
      offset_ -= pieces_.front().bytes().size();
      pieces_ = pieces_.subspan(1);
    }
  }

  /// Gives all that is left to `write_some(bytes, left)`, at most `most` bytes at a time, until that sets `ec`. Returns
  /// how many bytes were written.
  template <class WriteSome>
  std::size_t write_all(std::size_t most, const std::error_code& ec, WriteSome write_some) {
    block room;
    const std::size_t all = size();
    for (std::size_t left = all; left != 0 && !ec; left = size()) skip(write_some(next(room, most), left));
    return all - size();
  }

 private:
  std::span<const const_buffer> pieces_;  // empty ones may stand behind the first
  std::size_t offset_ = 0;                // into the first
};

}  // namespace plugtls
