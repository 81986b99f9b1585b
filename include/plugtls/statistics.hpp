// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstdint>

namespace plugtls {

/// What one connection has carried so far, in bytes. Ciphertext counts everything: handshake, headers, alerts.
struct connection_statistics {
  std::uint64_t bytes_read = 0;               ///< given to the application
  std::uint64_t bytes_written = 0;            ///< taken from the application
  std::uint64_t records_written = 0;          ///< that carry them
  std::uint64_t ciphertext_read = 0;          ///< taken from the transport
  std::uint64_t ciphertext_written = 0;       ///< made; what waits to be sent is in it
  std::uint64_t handshake_bytes_read = 0;     ///< of `ciphertext_read`, when the handshake was done
  std::uint64_t handshake_bytes_written = 0;  ///< of `ciphertext_written`, when the handshake was done
  std::uint64_t early_bytes_read = 0;         ///< given to a server's application, apart from `bytes_read`
  std::uint64_t early_bytes_written = 0;      ///< taken before the handshake was done, apart from `bytes_written`; lost
                                              ///< where the server has rejected them
  bool resumed = false;
};

}  // namespace plugtls
