// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <chrono>
#include <memory>
#include <utility>

#include "plugtls/detail/ticket_ring.hpp"
#include "plugtls/errc.hpp"

namespace plugtls {

/// How long tickets live and when their keys change.
struct ticket_options {
  /// How long a session can be resumed after its full handshake, however often that is done meanwhile; one second to
  /// seven days (RFC 8446 §4.6.1), others are brought within. Callbacks about the peer are asked again after it.
  std::chrono::seconds lifetime = std::chrono::hours(2);
  /// After which age a key is replaced by itself, when the next ticket is made; not one that another machine has given.
  /// At least a fourteenth of `lifetime`, and a second: shorter ones are brought up to it.
  std::chrono::seconds rotation = std::chrono::hours(12);
  /// Whose time counts, in seconds since 1970 UTC; empty: the system's clock. It is called in every handshake that
  /// makes or takes a ticket, by several threads at once. What it throws ends the handshake and comes out of the
  /// stream's call, as with the other callbacks; a context is not made then (`invalid_argument`).
  detail::callback<unix_time()> clock = {};
};

/// What a server seals its session tickets with: `server_settings::tickets`. Thread-safe. Contexts that share one
/// resume each other's sessions where their policies are the same, so that a reload keeps them; keys on the wire are
/// derived from the secret here, the context's policy and the name that the client asks for (SNI), so that no other
/// context takes a ticket for its own, and none is good for another name (RFC 6066 §3).
///
/// `rotate()` has the next ticket made with a new secret; those before stay until the tickets made with them have
/// expired. Secrets are random, from the TLS library, and made when a context is.
///
/// Several machines share sessions by `to_bytes()` of one and `from_bytes()` or `replace()` on the others: who has
/// these bytes can read the sessions of TLS 1.2 that were resumed, and pass for their clients. The one that gives the
/// bytes rotates: those that have them from it keep the newest secret, however old, until they are given others or
/// their own `rotate()` is called. So give the others its new bytes whenever it has rotated, or a machine will make
/// full handshakes of the sessions that another one has made since. Where it is to rotate at moments of your choice,
/// set a `rotation` that never comes, and call `rotate()`; the new secret is in the bytes once a ticket or a context
/// has been made.
///
/// They remember the tickets whose early data was taken (`server_settings::replayable_early_data`) for as long as its
/// flight could be shown again, as many as 16384 in twelve seconds; where more come, early data is rejected. Where
/// secrets have come from elsewhere, which may have taken it, there is none for the first twelve seconds.
class ticket_keys : public detail::ticket_ring {
 public:
  explicit ticket_keys(const ticket_options& options = {})
      : ticket_ring(within(options.lifetime), options.rotation.count(), options.clock) {}

  /// Makes one that holds the secrets of another machine's. `bad_session`: the bytes are not from `to_bytes`.
  static std::shared_ptr<ticket_keys> from_bytes(byte_view bytes, errc& e, const ticket_options& options = {}) {
    auto made = std::make_shared<ticket_keys>(options);
    e = made->take(bytes) ? errc::success : errc::bad_session;
    return e == errc::success ? made : nullptr;
  }
  /// Replaces the secrets by those of another machine. `bad_session`: nothing has changed.
  errc replace(byte_view bytes) { return take(bytes) ? errc::success : errc::bad_session; }

  std::chrono::seconds lifetime() const noexcept { return std::chrono::seconds(lifetime_seconds()); }

 private:
  static unix_time within(std::chrono::seconds asked) noexcept {
    const unix_time n = asked.count(), most = detail::session_envelope::max_lifetime;
    return n < 1 ? 1 : n > most ? most : n;
  }
};

}  // namespace plugtls
