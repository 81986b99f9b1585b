// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "plugtls/bytes.hpp"
#include "plugtls/protocol.hpp"

namespace plugtls::detail {

/// What is wrong with the name that a client asks for.
enum class name_fault : std::uint8_t {
  none,
  syntax,   // not exactly one host name of at least a byte (RFC 6066 §3)
  no_name,  // a NUL, or more than 255 bytes: no name of a host (RFC 1035 §2.3.4)
  changed   // another than in the first ClientHello (RFC 8446 §4.1.2)
};

/// What the plaintext messages of a handshake tell. Unknown values are `none` or empty.
struct hello_facts {
  tls_version version = tls_version::automatic;
  cipher_suite suite = cipher_suite::none;
  named_group group = named_group::none;
  signature_scheme scheme = signature_scheme::none;  // TLS 1.2 only; encrypted in TLS 1.3
  std::string server_name;                           // as sent by the client, empty without the extension
  std::array<std::byte, 32> client_random{};         // valid once seen
  std::array<std::byte, 32> server_random{};
  name_fault server_name_fault = name_fault::none;
  bool client_hello_seen = false;
  bool offers_1_2 = false;
  bool offers_1_3 = false;
  std::uint8_t suites_1_3 = 0;  // of the client's, a bit for each from 0x1300 on
  bool shares_group = true;     // a group of the client's is one of ours, or it names none
  std::uint8_t curves = 0xff;   // of the client's groups, a bit for each from secp256r1 on; all where it names none
  bool server_hello_seen = false;
  bool certificate_seen = false;        // the server's, in plaintext
  bool hello_done_seen = false;         // TLS 1.2: the handshake is a full one
  bool ticket_seen = false;             // TLS 1.2: the server sends a new one
  bool psk_selected = false;            // TLS 1.3
  std::vector<std::string> psk_offers;  // names in a TLS 1.3 client's pre_shared_key; empty text for overlong ones
  std::string psk_identity;  // the one that was picked (TLS 1.3), or that goes with a suite of TLS 1.2; may be a ticket
  bool client_random_seen = false;
  bool randoms_seen = false;               // both
  bool extended_master_secret = false;     // agreed on: TLS 1.2 (RFC 7627)
  std::array<std::byte, 32> session_id{};  // the client's
  std::size_t session_id_size = 0;
  std::array<std::byte, 32> given_id{};  // the server's
  std::size_t given_id_size = 0;
  bool offers_tickets = false;              // the client knows of RFC 5077
  std::size_t ticket_size = 0;              // of the client's, TLS 1.2
  std::array<std::byte, 16> ticket_name{};  // its first bytes (RFC 5077 §4)
  bool offers_extended_secret = false;      // the client asks for RFC 7627
  bool offers_post_handshake_auth = false;  // the client may be asked for a certificate later (RFC 8446 §4.2.6)
  bool session_id_fits = false;             // the server's is the client's, or that is empty

  /// Whether the client offers a suite of TLS 1.3.
  bool offers(cipher_suite s) const noexcept {
    const unsigned n = static_cast<unsigned>(s) - 0x1300U;
    return n < 8 && (suites_1_3 >> n & 1U) != 0;
  }

  /// Whether the client takes a certificate with a key on this curve, in TLS 1.2 (RFC 8422 §5.1).
  bool takes_curve(named_group curve) const noexcept {
    const unsigned n = static_cast<unsigned>(curve) - static_cast<unsigned>(named_group::secp256r1);
    return n < 8 && (curves >> n & 1U) != 0;
  }

  /// Whether a session is resumed, as far as the plaintext of a whole handshake tells. In TLS 1.2 the server repeats
  /// the client's session id, where it has sent one (wolfSSL's sends none beside a ticket), and sends neither
  /// certificate nor hello done (RFC 5246 §7.3, RFC 5077 §3.4); in TLS 1.3 it selects a key of the client's, and
  /// without a new key exchange that is none of ours (RFC 8446 §4.2.9).
  bool says_resumed() const noexcept {
    if (!server_hello_seen) return false;
    if (version == tls_version::tls1_3) return psk_selected && group != named_group::none;
    return session_id_fits && !certificate_seen && !hello_done_seen;
  }
};

/// Reads big-endian integers and length-prefixed vectors (RFC 8446 §3); after a read past the end it stays empty.
class wire_reader {
 public:
  explicit wire_reader(byte_view bytes) noexcept : bytes_(bytes) {}
  bool ok() const noexcept { return ok_; }
  bool empty() const noexcept { return bytes_.empty(); }
  bool at_end() const noexcept { return ok_ && bytes_.empty(); }
  std::size_t size() const noexcept { return bytes_.size(); }
  unsigned u8() noexcept { return number(1); }
  unsigned u16() noexcept { return number(2); }
  byte_view take(std::size_t n) noexcept {
    if (n > bytes_.size()) {
      ok_ = false;
      bytes_ = {};
      return {};
    }
    const byte_view head = bytes_.first(n);
    bytes_ = bytes_.subspan(n);
    return head;
  }
  byte_view vector8() noexcept { return take(u8()); }
  byte_view vector16() noexcept { return take(u16()); }

 private:
  unsigned number(std::size_t n) noexcept {
    unsigned value = 0;
    for (std::byte b : take(n)) value = value << 8 | static_cast<unsigned>(b);
    return value;
  }
  byte_view bytes_;
  bool ok_ = true;
};

inline bool keep_random(byte_view random, std::array<std::byte, 32>& out) noexcept {
  for (std::size_t i = 0; i < random.size(); ++i) out[i] = random[i];
  return random.size() == out.size();
}

/// Reads the extension server_name of a ClientHello. No other type of name was ever defined, so that one cannot be
/// passed over (RFC 6066 §3).
inline name_fault read_server_name(wire_reader& extension, std::string_view& name) noexcept {
  wire_reader names(extension.vector16());
  const unsigned type = names.u8();
  const std::string_view host = as_text(names.vector16());
  if (!extension.at_end() || !names.at_end() || type != 0 || host.empty()) return name_fault::syntax;
  if (host.size() > 255 || host.find('\0') != std::string_view::npos) return name_fault::no_name;
  name = host;
  return name_fault::none;
}

// The longest name that is remembered, and how many.
inline constexpr std::size_t max_psk_identity = 127, max_psk_offers = 16;

/// Reads the identities of pre_shared_key (RFC 8446 §4.2.11).
inline void read_psk_offers(wire_reader& extension, hello_facts& facts) noexcept {
  wire_reader list(extension.vector16());
  while (list.ok() && !list.empty() && facts.psk_offers.size() < max_psk_offers) {
    const byte_view identity = list.vector16();
    list.take(4);  // obfuscated_ticket_age
    if (list.ok()) facts.psk_offers.emplace_back(identity.size() <= max_psk_identity ? as_text(identity) : "");
  }
}

/// Reads versions, groups and server_name out of a ClientHello (RFC 8446 §4.1.2, RFC 6066 §3). One that does not parse
/// offers everything: refusing it is the library's business.
inline void read_client_hello(byte_view body, std::span<const named_group> own_groups, hello_facts& facts) noexcept {
  const bool is_second = facts.client_hello_seen;
  facts.client_hello_seen = true;
  std::string_view host;
  bool has_name = false;
  facts.psk_offers.clear();
  facts.offers_post_handshake_auth = false;
  wire_reader r(body);
  const unsigned legacy_version = r.u16();
  bool has_versions = false;
  facts.client_random_seen = keep_random(r.take(32), facts.client_random);
  const byte_view session_id = r.vector8();
  facts.session_id_size = session_id.size() <= facts.session_id.size() ? session_id.size() : 0;
  for (std::size_t i = 0; i < facts.session_id_size; ++i) facts.session_id[i] = session_id[i];
  facts.suites_1_3 = 0;
  for (wire_reader suites(r.vector16()); suites.ok() && !suites.empty();) {
    const unsigned n = suites.u16() - 0x1300U;
    if (n < 8) facts.suites_1_3 |= static_cast<std::uint8_t>(1U << n);
  }
  r.vector8();
  wire_reader extensions(r.vector16());
  while (r.ok() && extensions.ok() && !extensions.empty()) {
    const unsigned type = extensions.u16();
    wire_reader extension(extensions.vector16());
    if (type == 43) {  // supported_versions
      has_versions = true;
      wire_reader versions(extension.vector8());
      while (versions.ok() && !versions.empty()) {
        const unsigned v = versions.u16();
        facts.offers_1_2 = facts.offers_1_2 || v == 0x0303;
        facts.offers_1_3 = facts.offers_1_3 || v == 0x0304;
      }
    }
    if (type == 10) {  // supported_groups
      wire_reader groups(extension.vector16());
      facts.shares_group = false;
      facts.curves = 0;
      while (groups.ok() && !groups.empty()) {
        const auto offered = static_cast<named_group>(groups.u16());
        const unsigned n = static_cast<unsigned>(offered) - static_cast<unsigned>(named_group::secp256r1);
        if (n < 8) facts.curves |= static_cast<std::uint8_t>(1U << n);
        for (const named_group own : own_groups) facts.shares_group = facts.shares_group || own == offered;
      }
    }
    if (type == 41) read_psk_offers(extension, facts);
    if (type == 35) {
      facts.offers_tickets = true;
      const byte_view ticket = extension.take(extension.size());
      facts.ticket_size = ticket.size();
      for (std::size_t i = 0; i < ticket.size() && i < facts.ticket_name.size(); ++i) facts.ticket_name[i] = ticket[i];
    }
    if (type == 23) facts.offers_extended_secret = true;
    if (type == 49) facts.offers_post_handshake_auth = true;
    if (type != 0) continue;
    const name_fault fault = has_name ? name_fault::syntax : read_server_name(extension, host);
    if (facts.server_name_fault == name_fault::none) facts.server_name_fault = fault;
    has_name = true;
  }
  // Whom the client asks for was settled by its first message.
  if (!is_second)
    facts.server_name.assign(host);
  else if (host != facts.server_name && facts.server_name_fault == name_fault::none)
    facts.server_name_fault = name_fault::changed;
  if (!r.ok() || !extensions.ok())
    facts.offers_1_2 = facts.offers_1_3 = facts.shares_group = true;
  else if (!has_versions)
    facts.offers_1_2 = legacy_version >= 0x0303;
}

/// Reads version, suite, group and PSK selection out of a ServerHello (RFC 8446 §4.1.3). A HelloRetryRequest tells the
/// version only.
inline void read_server_hello(byte_view body, hello_facts& facts) noexcept {
  static constexpr unsigned char retry_random[32] = {0xCF, 0x21, 0xAD, 0x74, 0xE5, 0x9A, 0x61, 0x11, 0xBE, 0x1D, 0x8C,
                                                     0x02, 0x1E, 0x65, 0xB8, 0x91, 0xC2, 0xA2, 0x11, 0x16, 0x7A, 0xBB,
                                                     0x8C, 0x5E, 0x07, 0x9E, 0x09, 0xE2, 0xC8, 0xA8, 0x33, 0x9C};
  wire_reader r(body);
  unsigned version = r.u16();
  const byte_view random = r.take(32);
  const byte_view session_id = r.vector8();
  const unsigned suite = r.u16();
  r.u8();
  if (!r.ok()) return;
  bool retry = true;
  for (std::size_t i = 0; i < 32; ++i) retry = retry && static_cast<unsigned char>(random[i]) == retry_random[i];
  facts.psk_selected = false;
  facts.psk_identity.clear();
  wire_reader extensions(r.vector16());
  while (r.ok() && extensions.ok() && !extensions.empty()) {
    const unsigned type = extensions.u16();
    wire_reader extension(extensions.vector16());
    if (type == 43) version = extension.u16();
    if (type == 51 && !retry) facts.group = static_cast<named_group>(extension.u16());
    if (type == 23) facts.extended_master_secret = true;
    if (type == 41 && !retry) {
      facts.psk_selected = true;
      const std::size_t picked = extension.u16();
      facts.psk_identity = extension.ok() && picked < facts.psk_offers.size() ? facts.psk_offers[picked] : "";
    }
  }
  const byte_view sent = byte_view(facts.session_id).first(facts.session_id_size);
  facts.given_id_size = session_id.size() <= facts.given_id.size() ? session_id.size() : 0;
  for (std::size_t i = 0; i < facts.given_id_size; ++i) facts.given_id[i] = session_id[i];
  facts.session_id_fits = sent.empty() || as_text(session_id) == as_text(sent);
  facts.version = static_cast<tls_version>(version);
  facts.server_hello_seen = true;
  if (retry) return;
  facts.suite = static_cast<cipher_suite>(suite);
  facts.randoms_seen = keep_random(random, facts.server_random) && facts.client_random_seen;
}

/// Reads group and signature scheme out of an ECDHE ServerKeyExchange of TLS 1.2 (RFC 8422 §5.4, RFC 5489 §2).
inline void read_server_key_exchange(byte_view body, hello_facts& facts) noexcept {
  wire_reader r(body);
  if (is_psk(facts.suite)) r.vector16();  // psk_identity_hint
  const unsigned curve_type = r.u8();
  const unsigned group = r.u16();
  r.vector8();
  const unsigned scheme = r.u16();
  if (is_psk(facts.suite) && curve_type == 3) facts.group = static_cast<named_group>(group);  // nothing is signed
  if (!r.ok() || curve_type != 3) return;
  facts.group = static_cast<named_group>(group);
  facts.scheme = static_cast<signature_scheme>(scheme);
}

/// Reads the name of an external PSK out of a ClientKeyExchange of TLS 1.2 (RFC 5489 §2).
inline void read_client_key_exchange(byte_view body, hello_facts& facts) noexcept {
  if (!is_psk(facts.suite)) return;
  wire_reader r(body);
  const byte_view identity = r.vector16();
  if (r.ok() && identity.size() <= max_psk_identity) facts.psk_identity.assign(as_text(identity));
}

}  // namespace plugtls::detail
