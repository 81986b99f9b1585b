// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "plugtls/mbedtls.hpp"

namespace plugtls {

template <class B>
class basic_context_slot;  // <plugtls/context_slot.hpp>

/// The backend that the build chose, by putting this folder on the include path. Within one program this header must
/// mean one backend; a library that holds several names them.
using default_backend = mbedtls::backend;
using context = basic_context<default_backend>;
using context_slot = basic_context_slot<default_backend>;
using engine = basic_engine<default_backend>;
using private_key = basic_private_key<default_backend>;

}  // namespace plugtls
