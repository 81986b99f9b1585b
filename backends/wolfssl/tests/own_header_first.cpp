// SPDX-License-Identifier: BSL-1.0
// expect: plugtls: include <plugtls/wolfssl.hpp> before any header of wolfSSL's own
#include <wolfssl/options.h>
#include <wolfssl/ssl.h>

#include "plugtls/wolfssl.hpp"
