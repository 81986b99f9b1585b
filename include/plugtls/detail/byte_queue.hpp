// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstddef>
#include <cstring>
#include <new>
#include <utility>

#include "plugtls/bytes.hpp"

namespace plugtls::detail {

/// Bytes in, bytes out, in order. Never throws: callbacks of C libraries fill it. Holds no memory of its own while it
/// is empty, and is no larger than a pointer: most queues are empty most of the time.
class byte_queue {
  // What a queue knows of the bytes that it holds stands before them.
  struct head {
    std::byte* data = nullptr;
    std::size_t begin = 0;
    std::size_t end = 0;
    std::size_t capacity = 0;
    bool is_lent = false;
  };

 public:
  /// Room for so many bytes, to be lent to a queue.
  template <std::size_t Size>
  class room {
   public:
    room() noexcept = default;
    room(const room&) = delete;
    room& operator=(const room&) = delete;
    const std::byte* data() const noexcept { return bytes_; }

   private:
    friend byte_queue;
    head head_;
    std::byte bytes_[Size];
  };

  byte_queue() noexcept = default;
  byte_queue(byte_queue&& other) noexcept : head_(std::exchange(other.head_, nullptr)) {}
  byte_queue& operator=(byte_queue&& other) noexcept {
    std::swap(head_, other.head_);
    return *this;
  }
  ~byte_queue() { drop(); }

  /// Lends an empty queue room to begin with, which it has until it needs more. The room must outlive it, or its
  /// return; it serves one queue at a time.
  template <std::size_t Size>
  void lend(room<Size>& r) noexcept {
    r.head_ = {r.bytes_, 0, 0, Size, true};
    head_ = &r.head_;
  }
  /// Gives the room back; an empty queue only.
  void give_back() noexcept {
    if (head_ != nullptr && head_->is_lent) head_ = nullptr;
  }

  bool empty() const noexcept { return head_ == nullptr || head_->begin == head_->end; }
  std::size_t size() const noexcept { return head_ == nullptr ? 0 : head_->end - head_->begin; }
  byte_view view() const noexcept {
    return head_ == nullptr ? byte_view() : byte_view(head_->data + head_->begin, size());
  }

  /// Adds bytes; false when memory is out, and nothing was added.
  bool append(const std::byte* data, std::size_t size) noexcept {
    if (size == 0) return true;
    if ((head_ == nullptr || head_->capacity - head_->end < size) && !make_room(size)) return false;
    std::memcpy(head_->data + head_->end, data, size);
    head_->end += size;
    return true;
  }

  /// Drops the first n bytes, at most all.
  void consume(std::size_t n) noexcept {
    if (head_ == nullptr) return;
    head_->begin += n < size() ? n : size();
    if (empty()) release();
  }

  /// Moves up to n bytes to out and returns how many.
  std::size_t take(std::byte* out, std::size_t n) noexcept {
    if (n > size()) n = size();
    if (n != 0) std::memcpy(out, head_->data + head_->begin, n);
    consume(n);
    return n;
  }

  /// Drops everything, memory included.
  void release() noexcept {
    if (head_ == nullptr) return;
    head_->begin = head_->end = 0;
    if (!head_->is_lent) drop();
  }

 private:
  [[gnu::cold, gnu::noinline]] bool make_room(std::size_t extra) noexcept {
    const std::size_t held = size(), before = head_ == nullptr ? 0 : head_->capacity;
    std::size_t wanted = before == 0 ? 512 : before;
    while (wanted < held + extra) wanted *= 2;
    if (wanted == before) {
      std::memmove(head_->data, head_->data + head_->begin, held);
      head_->begin = 0;
      head_->end = held;
      return true;
    }
    auto* grown = new (std::nothrow) std::byte[sizeof(head) + wanted];
    if (grown == nullptr) return false;
    std::byte* const data = grown + sizeof(head);
    if (held != 0) std::memcpy(data, head_->data + head_->begin, held);
    drop();
    head_ = new (grown) head{data, 0, held, wanted, false};
    return true;
  }

  // A head needs no destructor: it goes with the bytes that it was made in.
  void drop() noexcept {
    if (head_ != nullptr && !head_->is_lent) delete[] reinterpret_cast<std::byte*>(head_);
    head_ = nullptr;
  }

  head* head_ = nullptr;
};

}  // namespace plugtls::detail
