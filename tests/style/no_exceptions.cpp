// SPDX-License-Identifier: BSL-1.0
// Every header without exceptions.
#include <cstdio>

#include "everything_forward.hpp"

int main() {
  const std::error_code code = plugtls::errc::truncated;
  std::puts(code.message().c_str());
  return code == plugtls::errc::truncated ? 0 : 1;
}
