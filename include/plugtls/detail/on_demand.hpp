// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <memory>

namespace plugtls::detail {

/// A value that takes no memory before it is written to: what most connections never have. Reading gives one without
/// contents until then.
template <class T>
class on_demand {
 public:
  /// To write. May throw std::bad_alloc. Out of line: what makes a value is rare, and larger than a call.
  [[gnu::cold, gnu::noinline]] T& make() {
    if (!held_) held_ = std::make_unique<T>();
    return *held_;
  }
  const T& operator*() const noexcept {
    static const T none{};
    return held_ ? *held_ : none;
  }
  const T* operator->() const noexcept { return &**this; }
  bool is_made() const noexcept { return held_ != nullptr; }
  void reset() noexcept { held_.reset(); }

 private:
  std::unique_ptr<T> held_;
};

}  // namespace plugtls::detail
