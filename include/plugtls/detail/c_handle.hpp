// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <memory>

namespace plugtls::detail {

template <auto Free>
struct c_deleter {
  template <class T>
  void operator()(T* object) const noexcept {
    Free(object);
  }
};

/// Owns an object of a C library and gives it back through the library's own function.
template <class T, auto Free>
using c_handle = std::unique_ptr<T, c_deleter<Free>>;

}  // namespace plugtls::detail
