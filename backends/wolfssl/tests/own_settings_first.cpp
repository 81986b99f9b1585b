// SPDX-License-Identifier: BSL-1.0
// expect: plugtls: include <plugtls/wolfssl.hpp> before any header of wolfSSL's own
#include <wolfssl/options.h>
#include <wolfssl/wolfcrypt/settings.h>

#include "plugtls/wolfssl.hpp"
