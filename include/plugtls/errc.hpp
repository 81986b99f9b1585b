// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <string>
#include <string_view>
#include <system_error>

namespace plugtls {

/// Names every condition that plugtls reports, the same on every backend. Zero means success.
///
/// The group of verification conditions comes first, in the order in which they lead: where a chain has several
/// problems, the one that stands first here is the error, the others are listed in `error_info::problems`.
enum class errc : int {
  success = 0,

  // What a peer's certificates can have wrong, in leading order (RFC 5280 §6, RFC 9525).
  malformed_certificate,           ///< not DER, or against RFC 5280's structure or profile (§4)
  certificate_required,            ///< the peer sent no certificate although one is required
  bad_signature,                   ///< an issuer of the right name did not make the signature
  self_signed,                     ///< a lone self-signed certificate that is not trusted
  unknown_issuer,                  ///< no trusted certificate issued the chain
  not_a_ca,                        ///< an issuer lacks basicConstraints CA or keyCertSign
  path_length_exceeded,            ///< more intermediates than a pathLenConstraint allows
  name_constraint_violated,        ///< a name outside its issuer's nameConstraints
  unsupported_critical_extension,  ///< a critical extension that is not understood
  revoked,                         ///< listed by a revocation source
  certificate_expired,             ///< past notAfter
  certificate_not_yet_valid,       ///< before notBefore
  invalid_purpose,                 ///< keyUsage or extendedKeyUsage does not allow this role
  weak_algorithm,                  ///< key size or signature algorithm below the floor, or a key that is none
  hostname_mismatch,               ///< the peer's name is not in subjectAltName
  pin_mismatch,                    ///< no certificate of the path has a pinned key
  revocation_unknown,              ///< revocation is asked for and no source answered
  rejected_by_callback,            ///< the verify callback said no
  bad_certificate,                 ///< refused by the library for a reason that it cannot tell

  // The handshake.
  protocol_version,         ///< no common protocol version
  no_shared_cipher,         ///< no common cipher suite, group or signature scheme
  no_application_protocol,  ///< no common ALPN protocol (RFC 7301)
  unrecognized_name,        ///< the server does not serve the asked name
  alert_received,           ///< the peer ended the connection by a fatal alert
  not_tls,                  ///< the peer speaks something else
  handshake_too_large,      ///< the peer's handshake is larger than the limit
  handshake_failed,         ///< the library failed in a way that has no name of its own
  signing_failed,           ///< the signer that holds the private key made no signature
  bad_record,               ///< a record did not decrypt, or broke the protocol
  psk_refused,              ///< no agreement on an external PSK: its identity is not known, or the keys differ
  bad_session,              ///< session bytes that are not usable

  // Reading and writing.
  closed,       ///< close_notify: the orderly end of a connection (RFC 8446 §6.1)
  truncated,    ///< the transport ended without close_notify
  would_block,  ///< nothing can be done now; wait for the transport, then call again
  timed_out,    ///< the deadline passed
  io_error,     ///< the transport failed; `error_info::native` holds its code
  too_long,     ///< more data than the caller's limit

  // Keys, certificates and settings.
  peer_name_required,     ///< a verifying client was given no name to check
  key_mismatch,           ///< the private key does not belong to the certificate
  bad_password,           ///< the password does not decrypt the key
  password_required,      ///< the key is encrypted and no password was given
  bad_pem,                ///< not PEM, or a PEM block that does not decode
  bad_der,                ///< not DER of the expected kind
  no_certificates_found,  ///< input without a single certificate
  file_error,             ///< a file could not be read; `error_info::native` holds errno
  unsupported,            ///< this backend, or its version, cannot do what was asked
  invalid_argument,       ///< a value that no backend could honour
  out_of_memory           ///< the library could not allocate
};

/// Returns the name of a condition as it is spelled in code, for logs, JSON and tests.
constexpr std::string_view name(errc e) noexcept {
  constexpr std::string_view names[] = {
      "success",
      "malformed_certificate",
      "certificate_required",
      "bad_signature",
      "self_signed",
      "unknown_issuer",
      "not_a_ca",
      "path_length_exceeded",
      "name_constraint_violated",
      "unsupported_critical_extension",
      "revoked",
      "certificate_expired",
      "certificate_not_yet_valid",
      "invalid_purpose",
      "weak_algorithm",
      "hostname_mismatch",
      "pin_mismatch",
      "revocation_unknown",
      "rejected_by_callback",
      "bad_certificate",
      "protocol_version",
      "no_shared_cipher",
      "no_application_protocol",
      "unrecognized_name",
      "alert_received",
      "not_tls",
      "handshake_too_large",
      "handshake_failed",
      "signing_failed",
      "bad_record",
      "psk_refused",
      "bad_session",
      "closed",
      "truncated",
      "would_block",
      "timed_out",
      "io_error",
      "too_long",
      "peer_name_required",
      "key_mismatch",
      "bad_password",
      "password_required",
      "bad_pem",
      "bad_der",
      "no_certificates_found",
      "file_error",
      "unsupported",
      "invalid_argument",
      "out_of_memory",
  };
  static_assert(sizeof names / sizeof names[0] == static_cast<std::size_t>(errc::out_of_memory) + 1);
  const auto i = static_cast<std::size_t>(e);
  return i < sizeof names / sizeof names[0] ? names[i] : "unknown";
}

/// Tells whether the condition is one that verification of certificates gives.
constexpr bool is_verification(errc e) noexcept {
  return e >= errc::malformed_certificate && e <= errc::bad_certificate;
}

/// Returns one sentence that tells what a condition means and what to do about it.
inline std::string_view describe(errc e) noexcept;

namespace detail {
class tls_category final : public std::error_category {
 public:
  const char* name() const noexcept override { return "plugtls"; }
  std::string message(int value) const override {
    const auto e = static_cast<errc>(value);
    return std::string(plugtls::name(e)) + ": " + std::string(describe(e));
  }
};

// Made before any program runs and never unmade: to get at it costs no test, and it outlives every static object.
union category_holder {
  constexpr category_holder() noexcept : category() {}
  ~category_holder() {}
  tls_category category;
};
inline constinit category_holder the_category;
}  // namespace detail

/// Returns the category of plugtls's errors.
inline const std::error_category& tls_category() noexcept { return detail::the_category.category; }

inline std::error_code make_error_code(errc e) noexcept { return {static_cast<int>(e), tls_category()}; }

inline std::string_view describe(errc e) noexcept {
  switch (e) {
    case errc::success: return "no error";
    case errc::malformed_certificate: return "a certificate is not valid DER, or breaks a rule of RFC 5280 §4";
    case errc::certificate_required: return "the peer sent no certificate although one is required";
    case errc::bad_signature: return "a certificate's signature was not made by the key of its issuer";
    case errc::self_signed: return "the peer's certificate is self-signed and not in the trust store";
    case errc::unknown_issuer:
      return "no trusted certificate issued the peer's chain; add its root to the trust store, or have the peer send "
             "its intermediates";
    case errc::not_a_ca: return "a certificate was issued by one that is not a certification authority";
    case errc::path_length_exceeded: return "the chain has more intermediates than a pathLenConstraint allows";
    case errc::name_constraint_violated: return "a name lies outside the name constraints of its issuer";
    case errc::unsupported_critical_extension: return "a certificate has a critical extension that is not understood";
    case errc::revoked: return "a certificate of the chain is revoked";
    case errc::certificate_expired: return "a certificate of the chain is past its notAfter date";
    case errc::certificate_not_yet_valid: return "a certificate of the chain is before its notBefore date";
    case errc::invalid_purpose: return "the certificate's key usage or extended key usage does not allow this role";
    case errc::weak_algorithm: return "a key is too short or a signature algorithm too weak";
    case errc::hostname_mismatch: return "the certificate does not carry the peer's name in subjectAltName";
    case errc::pin_mismatch: return "no certificate of the path has a pinned public key";
    case errc::revocation_unknown: return "revocation is asked for, and no source tells the certificate's state";
    case errc::rejected_by_callback: return "the verify callback refused the peer";
    case errc::bad_certificate: return "the TLS library refused the certificate for a reason that it cannot tell";
    case errc::protocol_version: return "the peers have no protocol version in common";
    case errc::no_shared_cipher: return "the peers have no cipher suite, group or signature scheme in common";
    case errc::no_application_protocol: return "the peers have no application protocol (ALPN) in common";
    case errc::unrecognized_name: return "the server does not serve the name that was asked for";
    case errc::alert_received: return "the peer ended the connection by a fatal alert";
    case errc::not_tls: return "the peer does not speak TLS; check address and port";
    case errc::handshake_too_large: return "the peer's handshake is larger than the limit allows";
    case errc::handshake_failed: return "the handshake failed inside the TLS library";
    case errc::signing_failed: return "the signer that holds the private key made no signature";
    case errc::bad_record: return "a record could not be decrypted, or broke the protocol";
    case errc::psk_refused:
      return "the peers did not agree on a pre-shared key: its identity is not known to both, or their keys differ";
    case errc::bad_session: return "the session cannot be used";
    case errc::closed: return "the connection was closed in order (close_notify)";
    case errc::truncated: return "the transport ended without close_notify; data may be missing";
    case errc::would_block: return "nothing can be done now; wait until the transport is ready and call again";
    case errc::timed_out: return "the deadline passed";
    case errc::io_error: return "the transport failed";
    case errc::too_long: return "more data came than the caller's limit allows";
    case errc::peer_name_required: return "a client that verifies its peer must be given the peer's name";
    case errc::key_mismatch: return "the private key does not belong to the certificate";
    case errc::bad_password: return "the password does not decrypt the private key";
    case errc::password_required: return "the private key is encrypted; give a password callback";
    case errc::bad_pem: return "the text is not valid PEM of the expected kind";
    case errc::bad_der: return "the bytes are not valid DER of the expected kind";
    case errc::no_certificates_found: return "there is no certificate in the input";
    case errc::file_error: return "a file could not be read";
    case errc::unsupported: return "this backend, or its version, cannot do what was asked";
    case errc::invalid_argument: return "a value is not valid";
    case errc::out_of_memory: return "the TLS library could not allocate memory";
  }
  return "unknown error";
}

}  // namespace plugtls

template <>
struct std::is_error_code_enum<plugtls::errc> : std::true_type {};
