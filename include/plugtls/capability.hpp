// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string_view>

namespace plugtls {

/// What a backend may or may not be able to do. A backend declares its set for the library version that it is compiled
/// against; what is not declared is refused with `errc::unsupported`, never ignored.
enum class capability : std::uint8_t {
  tls1_3,                     ///< TLS 1.3 (RFC 8446)
  ed25519,                    ///< Ed25519 keys and certificates (RFC 8410)
  pbes2_aes,                  ///< private keys encrypted by PBES2 with AES (RFC 8018)
  encrypted_der_key,          ///< encrypted PKCS#8 in DER rather than PEM
  large_handshake_message,    ///< handshake messages of more than 16 KiB, which are split over records
  encrypted_alert_number,     ///< tells the number of an alert that arrives encrypted (all of TLS 1.3's)
  exact_certificate_alert,    ///< sends the alert that plugtls chooses, not merely one of the same class
  server_suite_order,         ///< a server chooses the cipher suite of TLS 1.3 by its own order, not the client's
  server_group_order,         ///< a server chooses the group of TLS 1.2 by its own order
  renegotiation_info,         ///< a client of TLS 1.2 asks for RFC 5746, and refuses a server without
  key_update,                 ///< goes on after a peer's KeyUpdate (RFC 8446 §4.6.3); without, it is a `bad_record`
  any_alpn_name,              ///< ALPN protocols with a comma in their name
  long_chain,                 ///< chains of more than 9 certificates, own and peer's
  many_alt_names,             ///< certificates with more than 128 alternative names
  x448,                       ///< group x448
  x25519mlkem768,             ///< group X25519MLKEM768
  critical_name_constraints,  ///< accepts certificates whose name constraints are critical (RFC 5280 §4.2.1.10)
  ocsp_stapling,              ///< OCSP stapling (RFC 6066 §8, RFC 8446 §4.4.2.1): servers send, clients ask
  client_auth_resumption,     ///< a server's tickets serve for clients whose certificates it verified
  older_version_session,      ///< a client that speaks TLS 1.3 too offers sessions of TLS 1.2; without, it does not
  client_ca_names_tls1_3,     ///< a server of TLS 1.3 names the authorities of client certificates (RFC 8446 §4.2.4)
  external_rsa_key,           ///< a `signer` elsewhere signs with RSA, by PKCS#1 v1.5 at least: all that TLS 1.2 needs
  external_rsa_pss_key,       ///< a `signer` elsewhere signs by RSASSA-PSS, without which RSA has no place in TLS 1.3
  external_ec_key,            ///< a `signer` elsewhere signs with ECDSA
  external_scheme_choice,     ///< handshakes keep to a signer that makes some schemes of its type of key and not others
  pending_signature,          ///< a `signer` may answer later: the handshake waits without blocking
  pkcs12,                     ///< reads PKCS#12 (RFC 7292)
  scrypt_key,                 ///< private keys encrypted by PBES2 with scrypt (RFC 7914)
  key_log,                    ///< tells the secrets of a connection (SSLKEYLOGFILE)
  exporter,                   ///< exports keying material (RFC 5705, RFC 8446 §7.5)
  tls_unique,                 ///< channel binding tls-unique of TLS 1.2 (RFC 5929 §3)
  external_psk,               ///< keys shared beforehand in TLS 1.2 (RFC 4279, RFC 5489)
  external_psk_tls1_3,        ///< keys shared beforehand in TLS 1.3 (RFC 8446 §2.2)
  request_key_update,         ///< sends KeyUpdate when told to (RFC 8446 §4.6.3)
  max_fragment_length,        ///< a client asks for small records (RFC 6066 §4)
  max_fragment_length_tls1_3,  ///< the same in TLS 1.3
  signature_scheme_choice,     ///< offers and takes exactly the signature schemes that are asked for
  rsa_pss_tls1_2,              ///< RSA-PSS signatures in TLS 1.2 (RFC 8446 §4.2.3)
  early_data,                  ///< early data, 0-RTT (RFC 8446 §2.3)
  post_handshake_auth,         ///< a server asks for a certificate later, and a client answers (RFC 8446 §4.6.2)
  session_ids,                 ///< a server remembers sessions of TLS 1.2 by their ids (RFC 5246 §7.3)
  release_buffers,             ///< an idle connection keeps none of the library's buffers for records
};

inline constexpr capability all_capabilities[] = {
    capability::tls1_3,
    capability::ed25519,
    capability::pbes2_aes,
    capability::encrypted_der_key,
    capability::large_handshake_message,
    capability::encrypted_alert_number,
    capability::exact_certificate_alert,
    capability::server_suite_order,
    capability::server_group_order,
    capability::renegotiation_info,
    capability::key_update,
    capability::any_alpn_name,
    capability::long_chain,
    capability::many_alt_names,
    capability::x448,
    capability::x25519mlkem768,
    capability::critical_name_constraints,
    capability::ocsp_stapling,
    capability::client_auth_resumption,
    capability::older_version_session,
    capability::client_ca_names_tls1_3,
    capability::external_rsa_key,
    capability::external_rsa_pss_key,
    capability::external_ec_key,
    capability::external_scheme_choice,
    capability::pending_signature,
    capability::pkcs12,
    capability::scrypt_key,
    capability::key_log,
    capability::exporter,
    capability::tls_unique,
    capability::external_psk,
    capability::external_psk_tls1_3,
    capability::request_key_update,
    capability::max_fragment_length,
    capability::max_fragment_length_tls1_3,
    capability::signature_scheme_choice,
    capability::rsa_pss_tls1_2,
    capability::early_data,
    capability::post_handshake_auth,
    capability::session_ids,
    capability::release_buffers,
};

/// Returns the name of a capability as it is spelled in code.
constexpr std::string_view name(capability c) noexcept {
  switch (c) {
    case capability::tls1_3: return "tls1_3";
    case capability::ed25519: return "ed25519";
    case capability::pbes2_aes: return "pbes2_aes";
    case capability::encrypted_der_key: return "encrypted_der_key";
    case capability::large_handshake_message: return "large_handshake_message";
    case capability::encrypted_alert_number: return "encrypted_alert_number";
    case capability::exact_certificate_alert: return "exact_certificate_alert";
    case capability::server_suite_order: return "server_suite_order";
    case capability::server_group_order: return "server_group_order";
    case capability::renegotiation_info: return "renegotiation_info";
    case capability::key_update: return "key_update";
    case capability::any_alpn_name: return "any_alpn_name";
    case capability::long_chain: return "long_chain";
    case capability::many_alt_names: return "many_alt_names";
    case capability::x448: return "x448";
    case capability::x25519mlkem768: return "x25519mlkem768";
    case capability::critical_name_constraints: return "critical_name_constraints";
    case capability::ocsp_stapling: return "ocsp_stapling";
    case capability::client_auth_resumption: return "client_auth_resumption";
    case capability::older_version_session: return "older_version_session";
    case capability::client_ca_names_tls1_3: return "client_ca_names_tls1_3";
    case capability::external_rsa_key: return "external_rsa_key";
    case capability::external_rsa_pss_key: return "external_rsa_pss_key";
    case capability::external_ec_key: return "external_ec_key";
    case capability::external_scheme_choice: return "external_scheme_choice";
    case capability::pending_signature: return "pending_signature";
    case capability::pkcs12: return "pkcs12";
    case capability::scrypt_key: return "scrypt_key";
    case capability::key_log: return "key_log";
    case capability::exporter: return "exporter";
    case capability::tls_unique: return "tls_unique";
    case capability::external_psk: return "external_psk";
    case capability::external_psk_tls1_3: return "external_psk_tls1_3";
    case capability::request_key_update: return "request_key_update";
    case capability::max_fragment_length: return "max_fragment_length";
    case capability::max_fragment_length_tls1_3: return "max_fragment_length_tls1_3";
    case capability::signature_scheme_choice: return "signature_scheme_choice";
    case capability::rsa_pss_tls1_2: return "rsa_pss_tls1_2";
    case capability::early_data: return "early_data";
    case capability::post_handshake_auth: return "post_handshake_auth";
    case capability::session_ids: return "session_ids";
    case capability::release_buffers: return "release_buffers";
  }
  return "";
}

/// A set of capabilities, known at compile time.
class capability_set {
 public:
  constexpr capability_set() noexcept = default;
  constexpr capability_set(std::initializer_list<capability> list) noexcept {
    for (capability c : list) add(c);
  }
  constexpr bool has(capability c) const noexcept { return (bits_ >> static_cast<unsigned>(c) & 1U) != 0; }
  constexpr void add(capability c, bool declared = true) noexcept {
    if (declared) bits_ |= std::uint64_t{1} << static_cast<unsigned>(c);
  }
  friend constexpr bool operator==(capability_set, capability_set) noexcept = default;

 private:
  std::uint64_t bits_ = 0;
};

/// Tells whether a backend declares all the capabilities.
template <class Backend, capability... Needed>
inline constexpr bool has = (Backend::capabilities.has(Needed) && ...);

namespace detail {
template <class Backend, capability Needed>
struct needs {
  static_assert(Backend::capabilities.has(Needed),
                "plugtls: this backend lacks a required capability; both are named in the template arguments");
};
}  // namespace detail

/// Stops the build, naming the backend and what is missing, unless the backend declares all the capabilities:
/// `plugtls::require<plugtls::default_backend, plugtls::capability::tls1_3>();`
template <class Backend, capability... Needed>
constexpr void require() noexcept {
  (static_cast<void>(sizeof(detail::needs<Backend, Needed>)), ...);
}

}  // namespace plugtls
