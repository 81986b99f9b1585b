// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <optional>
#include <string>
#include <system_error>

#include "plugtls/alert.hpp"
#include "plugtls/engine_result.hpp"
#include "plugtls/error_info.hpp"
#include "plugtls/peer_verifier.hpp"
#include "plugtls/psk.hpp"
#include "plugtls/wire.hpp"

/// What an engine says of a connection that has failed. `State` is `engine_state`.
namespace plugtls::detail {

// Whether a handshake failed for the PSK's sake, going by what both ends said in the clear.
template <class State>
bool is_psk_refused(const State& self) noexcept {
  const auto& plan = self.context.plan();
  const hello_facts& facts = self.w.observer().facts();
  if (plan.psks.empty() || self.agreed.version != tls_version::automatic) return false;
  const bool is_client = plan.own == role::client;
  // It took a certificate instead.
  if (is_client && plan.psk_only && (self.verifier.decided() || (self.native_done && self.psk() == nullptr)))
    return true;
  const bool is_1_2 = facts.server_hello_seen && is_psk(facts.suite);
  bool is_known = is_client;
  for (const std::string& sent : facts.psk_offers) is_known = is_known || find_psk(plan.psks, sent) != nullptr;
  const bool is_1_3 = !facts.server_hello_seen && !facts.psk_offers.empty() && is_known;
  if (!is_1_2 && !is_1_3) return false;
  const error_info& error = self.error();
  if (!error.alert_received)
    return !is_client && !self.w.ended() && self.w.fault() == errc::success &&
           (error.code == errc::bad_record || error.code == errc::handshake_failed ||
            error.alert_sent == alert::decrypt_error);
  switch (*error.alert_received) {
    case alert::decrypt_error:
    case alert::illegal_parameter:
    case alert::bad_record_mac: return is_client;
    case alert::handshake_failure: return is_client && is_1_2;
    default: return false;
  }
}

// Alerts whose meaning has a name of its own; all others are `alert_received`.
inline errc reason_of(alert a) noexcept {
  switch (a) {
    case alert::protocol_version: return errc::protocol_version;
    case alert::no_application_protocol: return errc::no_application_protocol;
    case alert::unknown_psk_identity: return errc::psk_refused;
    case alert::unrecognized_name: return errc::unrecognized_name;
    default: return errc::alert_received;
  }
}

// Alerts that say that a peer has broken the protocol (RFC 8446 §6.2, RFC 5246 §7.2.2).
inline bool blames_protocol(alert a) noexcept {
  for (const alert one :
       {alert::unexpected_message, alert::bad_record_mac, alert::record_overflow, alert::illegal_parameter,
        alert::decode_error, alert::decrypt_error, alert::missing_extension, alert::unsupported_extension})
    if (a == one) return true;
  return false;
}

// Whether the peer has broken the protocol, where the library has no better name for it: by its alert, or because in
// TLS 1.2 nothing but the peer's Finished was left to be read.
template <class State>
bool has_peer_failed(const State& self) noexcept {
  const std::optional<alert> sent = self.error().alert_sent;
  const handshake_observer& seen = self.w.observer();
  return (sent && blames_protocol(*sent)) || (seen.facts().version == tls_version::tls1_2 && seen.peer_is_encrypted());
}

// Whether no record of the peer's names a version any more (RFC 8446 §5.2): one whose header says another than it
// should was changed, and does not decrypt.
template <class State>
bool is_encrypted_1_3(const State& self) noexcept {
  if (self.agreed.version != tls_version::automatic) return self.agreed.version == tls_version::tls1_3;
  const handshake_observer& seen = self.w.observer();
  return seen.facts().offers_1_3 && seen.facts().version == tls_version::tls1_3 && seen.peer_is_encrypted();
}

// Who is to blame, most certain first: our own verdict, our own flags, the peer's word, the library's.
template <class State>
errc why_failed(const State& self) noexcept {
  if (is_psk_refused(self)) return errc::psk_refused;
  const peer_verifier& verifier = self.verifier;
  if (verifier.decided() && !verifier.decision().accept) return verifier.decision().reason;
  if (self.has_refused_later()) return self.extras->later.asked->decision().reason;
  if (self.extras->later.refused != errc::success) return self.extras->later.refused;
  if (self.opening && self.opening->desk->error()) return self.opening->desk->error().code;
  const errc fault = self.w.fault(), said = self.error().code;
  if (fault != errc::success && fault != errc::io_error && fault != errc::alert_received) return fault;
  if (self.error().alert_received) return reason_of(*self.error().alert_received);
  if (said == errc::alert_received) return said;
  if (fault != errc::success) return fault;
  if (self.closed_early) return errc::closed;
  if (self.w.ended()) return errc::truncated;
  if (self.w.write_broken()) return errc::io_error;
  if (self.native_done && !self.is_verified()) return errc::bad_certificate;
  if (said == errc::protocol_version && is_encrypted_1_3(self)) return errc::bad_record;
  return said == errc::success ? errc::handshake_failed : said;
}

template <class State>
void note_transport(const State& self, error_info& info, errc code) {
  info.code = code;
  const std::error_code& ec = self.w.transport_error();
  if (!ec || ec == code) return;
  info.native = ec.value();
  info.native_text = ec.message();
}

}  // namespace plugtls::detail
