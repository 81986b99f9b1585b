// SPDX-License-Identifier: BSL-1.0
// wolfSSL's own calls: "raw naive" over wolfSSL_set_fd; "raw expert" over callbacks of its own with read-ahead.
#include "../wolfssl.hpp"

// After the library.
#include "side.hpp"
