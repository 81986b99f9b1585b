// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <string_view>

#include "plugtls/capability.hpp"
#include "support/skip.hpp"

namespace plugtls_test {

/// Tells whether a backend lacks a capability, and if so reports the running test case as skipped; return from it then.
/// There is no other way to skip: what a backend does declare must work.
inline bool lacks(plugtls::capability_set has, std::string_view backend, plugtls::capability needed) {
  if (has.has(needed)) return false;
  skip(plugtls::name(needed), backend);
  return true;
}
template <class Backend>
bool lacks(plugtls::capability needed) {
  return lacks(Backend::capabilities, Backend::name, needed);
}

}  // namespace plugtls_test
