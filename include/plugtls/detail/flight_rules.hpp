// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "plugtls/detail/hello_reader.hpp"
#include "plugtls/protocol.hpp"

/// What a peer may send in the clear, and when: records and messages, not what is in them. Libraries differ in what
/// they let pass and in what they call the rest.
namespace plugtls::detail {

enum class flight_fault : std::uint8_t {
  none,
  unexpected,  ///< a record or message that has no place there
  overflow,    ///< a record of more bytes than there may be
  version,     ///< a record of another version than the one agreed on
  alert,       ///< an alert that ends the connection, whatever its level
  closed       ///< close_notify
};

/// How far the peer's messages have come, in this end's view.
struct flight_place {
  role own;
  const hello_facts& facts;
  unsigned char rank;         // of its last message in TLS 1.2
  bool is_within_message;     // more of it is to come
  bool is_asked;              // a server has asked for a certificate
  bool answers_are_switched;  // this end has changed its cipher

  bool has_begun() const noexcept { return own == role::server ? facts.client_hello_seen : facts.server_hello_seen; }
  bool is(tls_version v) const noexcept { return facts.server_hello_seen && facts.version == v; }
  /// Whether a client's handshake goes on as one that resumes: the server's messages end with its ServerHello, and
  /// perhaps a ticket.
  bool is_short() const noexcept {
    return rank == 1 && facts.says_resumed() && (facts.session_id_size != 0 || facts.ticket_size != 0);
  }
};

/// The place of a message in its flight in TLS 1.2 (RFC 5246 §7.3, RFC 6066 §8, RFC 5077 §3.1), 0 if it has none.
inline unsigned char rank_of(role from, unsigned type) noexcept {
  // client_hello, certificate, client_key_exchange, certificate_verify
  constexpr std::string_view of_client = "\x01\x0b\x10\x0f";
  // server_hello, certificate, certificate_status, server_key_exchange, certificate_request, server_hello_done,
  // new_session_ticket
  constexpr std::string_view of_server = "\x02\x0b\x16\x0c\x0d\x0e\x04";
  const std::size_t at = (from == role::client ? of_client : of_server).find(static_cast<char>(type));
  return at == std::string_view::npos ? 0 : static_cast<unsigned char>(at + 1);
}

/// Whether a message of that type may begin. A HelloRequest may not: no server sends it within a handshake, and whether
/// it counts for the handshake's hash, which it must not (RFC 5246 §7.4.1.1), is answered differently.
inline bool may_begin_message(const flight_place& at, unsigned type) noexcept {
  const bool is_client = at.own == role::client;
  if (!at.facts.server_hello_seen) return is_client ? type == 2 : at.facts.client_hello_seen || type == 1;
  if (at.facts.version == tls_version::tls1_3)
    return at.facts.suite == cipher_suite::none && type == (is_client ? 2 : 1);
  const unsigned char rank = rank_of(is_client ? role::server : role::client, type);
  if (rank <= at.rank) return false;
  if (!is_client) return at.is_asked ? rank == at.rank + 1 : rank == 3;
  switch (rank) {
    case 2: return !is_psk(at.facts.suite);
    case 3: return at.rank == 2;
    case 4: return is_psk(at.facts.suite) || at.rank >= 2;
    case 5:
    case 6: return at.rank >= 4;                    // every suite here has a key exchange of its own
    default: return at.is_short() || at.rank == 6;  // a ticket
  }
}

/// Whether a change_cipher_spec means nothing (RFC 8446 §5): in TLS 1.3, and to a client that offers it as long as the
/// server has not chosen.
inline bool is_change_idle(const flight_place& at) noexcept {
  if (at.own == role::client && !at.has_begun()) return at.facts.offers_1_3;
  return at.is(tls_version::tls1_3);
}

inline bool may_change_cipher(const flight_place& at) noexcept {
  if (at.is_within_message) return false;
  if (!at.is(tls_version::tls1_2)) return at.has_begun() || is_change_idle(at);
  return at.own == role::client ? at.is_short() || at.rank >= 6 : at.rank >= 3 || at.answers_are_switched;
}

/// Judges a record by its header.
inline flight_fault check_record(const flight_place& at, const std::uint8_t (&header)[5]) noexcept {
  const unsigned type = header[0];
  const std::size_t size = static_cast<std::size_t>(header[3]) << 8 | header[4];
  if (type < 20 || type > 23) return flight_fault::unexpected;
  // A server of TLS 1.3 has keys from its ServerHello on: not even its alerts are in the clear (RFC 8446 §4.1.3, §5).
  const bool has_keys = at.is(tls_version::tls1_3) && at.facts.suite != cipher_suite::none;
  if (has_keys && at.own == role::client && type > 20 && type < 23) return flight_fault::unexpected;
  // The version is to be ignored before there is one, and in TLS 1.3 (RFC 5246 §E.1, RFC 8446 §5.1). What else is no
  // TLS record is refused in the clear.
  const bool is_sealed = at.is(tls_version::tls1_3) && (type == 20 || type == 23);
  if ((header[1] != 3 && !is_sealed) || (at.is(tls_version::tls1_2) && header[2] != 3)) return flight_fault::version;
  if (type == 23) {
    if (!at.has_begun() || at.is(tls_version::tls1_2)) return flight_fault::unexpected;
    return size > 16384 + 256 ? flight_fault::overflow : flight_fault::none;  // RFC 8446 §5.2
  }
  if (size > 16384) return flight_fault::overflow;
  if (size == 0) return flight_fault::unexpected;  // RFC 5246 §6.2.1, RFC 8446 §5.1
  if (type == 20) return size == 1 && may_change_cipher(at) ? flight_fault::none : flight_fault::unexpected;
  if (type == 21) return size == 2 ? flight_fault::none : flight_fault::unexpected;  // one alert, whole
  return flight_fault::none;
}

/// Judges an alert that a library may pass over, or take for something else: the first that a server hears, one in
/// TLS 1.3, where keys are in use already, and one whose level says nothing, because there is no such level or by RFC
/// 8446 §6.
inline flight_fault check_alert(const flight_place& at, unsigned level, unsigned description) noexcept {
  const bool is_first = at.own == role::server && !at.facts.client_hello_seen;
  const bool is_1_3 = at.is(tls_version::tls1_3);
  if (level == 2) return is_first || is_1_3 ? flight_fault::alert : flight_fault::none;
  if (description == 0) return flight_fault::closed;
  if (level != 1) return flight_fault::alert;
  if (is_first) return flight_fault::unexpected;
  return is_1_3 && description != 90 ? flight_fault::alert : flight_fault::none;  // user_canceled
}

}  // namespace plugtls::detail
