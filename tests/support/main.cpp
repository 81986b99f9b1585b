// SPDX-License-Identifier: BSL-1.0
// The main of all test programs, compiled once. SIGPIPE keeps its default, so that a write without MSG_NOSIGNAL is
// found.
#define CATCH_CONFIG_RUNNER
#include "support/catch.hpp"
#if __has_include(<catch2/catch_session.hpp>)
#include <catch2/catch_session.hpp>
#endif

int main(int argc, char** argv) { return Catch::Session().run(argc, argv); }
