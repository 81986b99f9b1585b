// SPDX-License-Identifier: BSL-1.0
// A condition is not silently a number, so that a native code cannot be mistaken for it.
// expect: cannot
#include <plugtls/errc.hpp>

int main() {
  int number = plugtls::errc::truncated;
  return number;
}
