// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstdlib>

namespace plugtls::detail {

// With -fno-exceptions the throwing overloads of the library do not exist: they are constrained on this constant.
#if defined(__cpp_exceptions) || defined(__EXCEPTIONS)
inline constexpr bool has_exceptions = true;

template <class Exception>
[[noreturn]] void raise(const Exception& exception) {
  throw exception;
}

/// Calls f; when it throws, stores the exception in slot and returns fallback. User callbacks are called through this:
/// an exception must not travel through frames of C.
template <class Slot, class F, class R>
R guard(Slot& slot, R fallback, F&& f) {
  try {
    return f();
  } catch (...) {
    slot.capture();
    return fallback;
  }
}
#else
inline constexpr bool has_exceptions = false;

template <class Exception>
[[noreturn]] void raise(const Exception&) {
  std::abort();
}

template <class Slot, class F, class R>
R guard(Slot&, R, F&& f) {
  return f();
}
#endif

}  // namespace plugtls::detail
