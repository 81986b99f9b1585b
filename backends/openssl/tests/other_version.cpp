// SPDX-License-Identifier: BSL-1.0
// Stands in front of the library, and says that it is of another version.
#include <openssl/crypto.h>

#include <cstdlib>

static bool newer() { return std::getenv("PLUGTLS_TEST_NEWER") != nullptr; }

unsigned long OpenSSL_version_num(void) { return newer() ? 0x90000000UL : 0x10101000UL; }
const char* OpenSSL_version(int) { return newer() ? "9.0.0" : "1.1.1"; }
