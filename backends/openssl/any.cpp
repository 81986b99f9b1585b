// SPDX-License-Identifier: BSL-1.0
#include "plugtls/any.hpp"
#include "plugtls/openssl.hpp"

namespace {
const bool registered = plugtls::register_backend<plugtls::openssl::backend>();
}
