// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstddef>

#include "plugtls/errc.hpp"

namespace plugtls {

/// What a call of an engine waits for. `failed` includes the orderly end: look at the error.
enum class engine_status : unsigned char { done, want_read, want_write, want_signature, failed };

struct engine_result {
  std::size_t bytes = 0;  ///< read or written; valid with `done`
  engine_status status = engine_status::done;
  errc error = errc::success;  ///< set with `failed`
};

namespace detail {
/// How far a connection has come.
enum class engine_phase : unsigned char { handshake, open, failed };
}  // namespace detail

}  // namespace plugtls
