// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <span>

namespace plugtls::detail {

/// A view that waits on the stack until it turns out to be needed, which is rare. As a plain local variable it would be
/// in registers, and every call would save and restore what these held before.
template <class T>
class parked {
 public:
  [[gnu::always_inline]] explicit parked(std::span<T> view) noexcept : view_(view) {
    asm volatile("" : "+m"(view_));  // no instruction: what is in memory now is not known any more
  }
  [[gnu::always_inline]] std::span<T> view() const noexcept { return view_; }

 private:
  std::span<T> view_;
};

}  // namespace plugtls::detail
