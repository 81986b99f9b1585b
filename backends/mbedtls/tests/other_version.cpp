// SPDX-License-Identifier: BSL-1.0
// Stands in front of the library, and says that it is of another version.
#include <mbedtls/version.h>

#include <cstdlib>

extern "C" unsigned int mbedtls_version_get_number(void) {
  return std::getenv("PLUGTLS_TEST_NEWER") != nullptr ? 0x09000000U : 0x01010100U;
}
