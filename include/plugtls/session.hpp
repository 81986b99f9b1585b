// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "plugtls/certificate.hpp"
#include "plugtls/detail/session_envelope.hpp"
#include "plugtls/errc.hpp"
#include "plugtls/protocol.hpp"
#include "plugtls/secret.hpp"
#include "plugtls/unix_time.hpp"

namespace plugtls {

/// What a client needs to resume a connection: the library's own session, and what it is bound to. A value, cheap to
/// copy; copies may be used in several threads. Its bytes are as secret as a key: who has them can read what a resumed
/// connection of TLS 1.2 says, and pass for the client.
///
/// It is offered (`peer_options::resume`, `session_cache`) only for the peer's name, the SNI, the ALPN list and the
/// policy that it was made with, before it expires, and only if its peer's chain passes verification again, there and
/// then: dates, revocation, pins, floors, name. Else the handshake is full and tells the reason. Callbacks are asked in
/// full handshakes alone; where a context has any, sessions are bound to that very context.
class session {
 public:
  session() noexcept = default;

  /// Reads what `to_bytes` gave. `bad_session`: not a session, cut, changed, or of another version of the envelope.
  /// That it is another backend's or library's shows when it is offered.
  static session from_bytes(byte_view bytes, errc& e) {
    session made;
    auto read = std::make_shared<detail::session_envelope>();
    e = read->read(bytes) ? errc::success : errc::bad_session;
    if (e == errc::success) made.held_ = std::move(read);
    return made;
  }

  /// Returns everything in one envelope; nothing for an empty session, and where the library cannot write its part.
  secret to_bytes() const { return held_ ? held_->write() : secret(); }

  bool empty() const noexcept { return held_ == nullptr; }
  /// The backend that made it, and alone can use it.
  std::string_view backend() const noexcept { return held_ ? std::string_view(held_->backend) : ""; }
  /// The name that the peer was asked for, as it was given to the connection.
  std::string_view peer_name() const noexcept { return held_ ? std::string_view(held_->peer_name) : ""; }
  tls_version version() const noexcept { return held_ ? held_->version : tls_version::automatic; }
  /// When it was received, by the system's clock, and from when on it is not offered any more. One that came when
  /// another was resumed counts from the same moment as that, so that none goes on for ever without a full handshake.
  unix_time created() const noexcept { return held_ ? held_->created : 0; }
  unix_time expires() const noexcept { return held_ ? held_->expires() : 0; }
  /// The peer's certificates as presented in the full handshake, leaf first.
  const std::vector<certificate>& peer_chain() const noexcept {
    static const std::vector<certificate> none;
    return held_ ? held_->chain : none;
  }

  // For the engine. The session must not be empty.
  explicit session(detail::session_envelope made)
      : held_(std::make_shared<const detail::session_envelope>(std::move(made))) {}
  const detail::session_envelope& envelope() const noexcept { return *held_; }

 private:
  std::shared_ptr<const detail::session_envelope> held_;
};

}  // namespace plugtls
