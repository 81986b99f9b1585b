// SPDX-License-Identifier: BSL-1.0
#include "plugtls/any.hpp"
#include "plugtls/wolfssl.hpp"

namespace {
const bool registered = plugtls::register_backend<plugtls::wolfssl::backend>();
}
