// SPDX-License-Identifier: BSL-1.0
#include "mbedtls.hpp"

#include "main.hpp"

int main(int argc, char** argv) {
  namespace raw = bench::raw;
  return bench::guarded([&] {
    raw::start();
    return raw::main<raw::context, raw::bare, raw::naive>(argc, argv);
  });
}
