// SPDX-License-Identifier: BSL-1.0
// Stands in front of the library, and says that it is of another version.
#include <wolfssl/options.h>
#include <wolfssl/ssl.h>

#include <cstdlib>

static bool newer() { return std::getenv("PLUGTLS_TEST_NEWER") != nullptr; }

extern "C" {
word32 wolfSSL_lib_version_hex(void) { return newer() ? 0x09000000U : 0x01001001U; }
const char* wolfSSL_lib_version(void) { return newer() ? "9.0.0" : "1.1.1"; }
}
