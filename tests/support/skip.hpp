// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <iostream>
#include <string>
#include <string_view>

#include "support/catch.hpp"

namespace plugtls_test {

/// Reports that the running test case cannot run on a backend that lacks a capability; return from the test case after
/// it. The line's form is fixed: tests/support/summary.py counts the test case as skipped, not as passed, by it.
inline void skip(std::string_view capability, std::string_view backend) {
  std::cout << "SKIPPED: " << Catch::getResultCapture().getCurrentTestName() << " needs capability " << capability
            << " on " << backend << std::endl;
  SUCCEED("skipped");
}

}  // namespace plugtls_test
