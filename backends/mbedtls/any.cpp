// SPDX-License-Identifier: BSL-1.0
#include "plugtls/any.hpp"
#include "plugtls/mbedtls.hpp"

namespace {
const bool registered = plugtls::register_backend<plugtls::mbedtls::backend>();
}
