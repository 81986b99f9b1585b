// SPDX-License-Identifier: BSL-1.0
// OpenSSL's own calls: "raw naive" over SSL_set_fd and with a clean error queue before each call; "raw expert" over a
// BIO of its own with read-ahead, and without that.
#include "../openssl.hpp"

// After the library.
#include "side.hpp"
