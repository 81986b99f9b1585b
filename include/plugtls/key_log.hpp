// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <string_view>

#include "plugtls/detail/callback.hpp"
#include "plugtls/detail/exceptions.hpp"

namespace plugtls {

/// Receives the secrets of connections, a line at a time without its end, in the format of SSLKEYLOGFILE (NSS; RFC
/// 9850), which Wireshark reads. WHOEVER SEES THESE LINES CAN READ AND FORGE ALL THE TRAFFIC: for debugging, never for
/// data that matters. Called during handshakes, in the threads that drive them or, with signers that answer later, in
/// others (`wait_for_signature`); the text is wiped afterwards. What it throws ends the handshake and comes out of the
/// stream.
using key_log_callback = detail::callback<void(std::string_view line)>;

namespace detail {

inline void log_line(const key_log_callback& to, exception_slot& thrown, std::string_view line) noexcept {
  if (!thrown)
    guard(thrown, 0, [&] {
      to(line);
      return 0;
    });
}

}  // namespace detail
}  // namespace plugtls
