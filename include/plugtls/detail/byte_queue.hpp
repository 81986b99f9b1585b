// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstddef>
#include <cstring>
#include <new>
#include <utility>

#include "plugtls/bytes.hpp"

namespace plugtls::detail {

/// Bytes in, bytes out, in order. Never throws: callbacks of C libraries fill it. Holds no memory of its own while it
/// is empty.
class byte_queue {
 public:
  byte_queue() noexcept = default;
  byte_queue(byte_queue&& other) noexcept
      : data_(std::exchange(other.data_, nullptr)),
        begin_(std::exchange(other.begin_, 0)),
        end_(std::exchange(other.end_, 0)),
        capacity_(std::exchange(other.capacity_, 0)) {}
  byte_queue& operator=(byte_queue&& other) noexcept {
    std::swap(data_, other.data_);
    std::swap(begin_, other.begin_);
    std::swap(end_, other.end_);
    std::swap(capacity_, other.capacity_);
    return *this;
  }
  ~byte_queue() {
    if (!is_lent_) delete[] data_;
  }

  /// Lends an empty queue room to begin with, which it has until it needs more. The room must outlive it, or its
  /// return; a queue that has been lent room must not be moved.
  void lend(std::byte* room, std::size_t size) noexcept {
    data_ = room;
    capacity_ = size;
    is_lent_ = true;
  }
  /// Gives the room back; an empty queue only.
  void give_back() noexcept {
    if (std::exchange(is_lent_, false)) data_ = nullptr, begin_ = end_ = capacity_ = 0;
  }

  bool empty() const noexcept { return begin_ == end_; }
  std::size_t size() const noexcept { return end_ - begin_; }
  byte_view view() const noexcept { return {data_ + begin_, size()}; }

  /// Adds bytes; false when memory is out, and nothing was added.
  bool append(const std::byte* data, std::size_t size) noexcept {
    if (size == 0) return true;
    if (capacity_ - end_ < size && !make_room(size)) return false;
    std::memcpy(data_ + end_, data, size);
    end_ += size;
    return true;
  }

  /// Drops the first n bytes, at most all.
  void consume(std::size_t n) noexcept {
    begin_ += n < size() ? n : size();
    if (empty()) release();
  }

  /// Moves up to n bytes to out and returns how many.
  std::size_t take(std::byte* out, std::size_t n) noexcept {
    if (n > size()) n = size();
    if (n != 0) std::memcpy(out, data_ + begin_, n);
    consume(n);
    return n;
  }

  /// Drops everything, memory included.
  void release() noexcept {
    begin_ = end_ = 0;
    if (is_lent_) return;
    delete[] data_;
    data_ = nullptr;
    capacity_ = 0;
  }

 private:
  bool make_room(std::size_t extra) noexcept {
    std::size_t wanted = capacity_ == 0 ? 512 : capacity_;
    while (wanted < size() + extra) wanted *= 2;
    if (wanted == capacity_) {
      std::memmove(data_, data_ + begin_, size());
    } else {
      auto* grown = new (std::nothrow) std::byte[wanted];
      if (grown == nullptr) return false;
      if (!empty()) std::memcpy(grown, data_ + begin_, size());
      if (!std::exchange(is_lent_, false)) delete[] data_;
      data_ = grown;
      capacity_ = wanted;
    }
    end_ -= begin_;
    begin_ = 0;
    return true;
  }

  std::byte* data_ = nullptr;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
  std::size_t capacity_ = 0;
  bool is_lent_ = false;  // `data_`
};

}  // namespace plugtls::detail
