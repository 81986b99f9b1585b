// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <chrono>
#include <cstddef>
#include <utility>

#include "plugtls/detail/session_id_memory.hpp"

namespace plugtls {

/// A server's memory of sessions of TLS 1.2 (RFC 5246 §7.3), for clients that know of no tickets:
/// `server_settings::session_ids`. Bounded: the oldest make room. Thread-safe, and outlives the contexts that share it:
/// those of one policy resume each other's sessions, so that a reload keeps them, and no other context does.
///
/// What it holds is wiped when it goes. A session takes some 1 to 2 kilobytes, and up to three times what the client's
/// certificates do; of more than 8 kilobytes of these none is remembered. Nothing of it leaves the process: machines
/// that are to share sessions share `ticket_keys`.
///
/// A session that ends in a fatal alert, or is offered in a handshake that fails, is forgotten (RFC 5246 §7.2.2).
class session_id_cache : public detail::session_id_memory {
 public:
  /// `capacity`: how many sessions are held. `lifetime`: how long one can be resumed after its full handshake; one
  /// second to a day (RFC 5246 §F.1.4), others are brought within. `clock`: whose time counts, in seconds since 1970
  /// UTC; empty: the system's. It is called in every handshake of such a server, by several threads at once. What it
  /// throws ends the handshake and comes out of the stream's call; a context is not made then (`invalid_argument`).
  explicit session_id_cache(std::size_t capacity = 1024, std::chrono::seconds lifetime = std::chrono::hours(2),
                            clock_callback clock = {})
      : session_id_memory(capacity, within(lifetime), std::move(clock)) {}

  std::chrono::seconds lifetime() const noexcept { return std::chrono::seconds(lifetime_seconds()); }

 private:
  static unix_time within(std::chrono::seconds asked) noexcept {
    const unix_time n = asked.count(), most = 86400;
    return n < 1 ? 1 : n > most ? most : n;
  }
};

}  // namespace plugtls
