// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <utility>

#include "plugtls/detail/light_lock.hpp"
#include "plugtls/trust_anchors.hpp"

namespace plugtls::detail {

/// What a library has made of trust anchors, so that contexts with the same ones parse them once: those of the last
/// eight that live, and the latest for the next. Found by content. `Made` has the member `anchors`, what it was
/// made of. Thread-safe; a lock is held while pointers are copied, and no longer.
template <class Made>
class anchor_cache {
 public:
  using entry = std::shared_ptr<const Made>;

  /// Gives what was made of the very same certificates; null where nobody holds it any more.
  entry find(const trust_anchors& anchors) const noexcept {
    for (std::size_t i = 0; i < capacity; ++i)
      if (entry e = read(i); e != nullptr && e->anchors == anchors) return e;
    return nullptr;
  }

  /// Keeps what was made, in place of what nobody holds any more, else of the oldest; its owners are not affected.
  /// Where two threads made the same at once, there are two.
  void keep(entry made) noexcept {
    std::weak_ptr<const Made> replaced(made);  // ends after the lock, both do
    const light_lock lock(busy_);
    std::size_t place = 0;
    while (place < capacity && !slots_[place].expired()) ++place;
    if (place == capacity) place = std::exchange(next_, (next_ + 1) % capacity);
    std::swap(slots_[place], replaced);
    std::swap(latest_, made);
  }

 private:
  static constexpr std::size_t capacity = 8;

  entry read(std::size_t i) const noexcept {
    const light_lock lock(busy_);
    return slots_[i].lock();
  }

  mutable light_mutex busy_;
  std::array<std::weak_ptr<const Made>, capacity> slots_;
  entry latest_;
  std::size_t next_ = 0;
};

}  // namespace plugtls::detail
