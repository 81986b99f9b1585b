// SPDX-License-Identifier: BSL-1.0
// The main of all test programs, compiled once. SIGPIPE keeps its default, so that a write
// without MSG_NOSIGNAL is found.
#define CATCH_CONFIG_RUNNER
#include "support/catch.hpp"
#if __has_include(<catch2/catch_session.hpp>)
#include <catch2/catch_session.hpp>
#endif

#include <cstdio>

int main(int argc, char** argv) {
  // tests/support/summary.py expects totals after this line: a program that leaves early without them has failed.
  std::puts("running test cases");
  std::fflush(stdout);
  return Catch::Session().run(argc, argv);
}
