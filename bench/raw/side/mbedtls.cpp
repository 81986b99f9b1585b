// SPDX-License-Identifier: BSL-1.0
// mbedTLS's own calls: "raw naive" over mbedtls_net_send and mbedtls_net_recv; "raw expert" over callbacks of its own
// with read-ahead.
#include "../mbedtls.hpp"

// After the library.
#include "side.hpp"
