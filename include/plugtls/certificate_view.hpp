// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "plugtls/bytes.hpp"
#include "plugtls/detail/der.hpp"
#include "plugtls/detail/extension.hpp"
#include "plugtls/detail/oid.hpp"
#include "plugtls/detail/signed_view.hpp"
#include "plugtls/distinguished_name.hpp"
#include "plugtls/errc.hpp"
#include "plugtls/general_names.hpp"
#include "plugtls/public_key_view.hpp"
#include "plugtls/unix_time.hpp"

namespace plugtls {

/// The bits of keyUsage (RFC 5280 §4.2.1.3).
enum class key_usage : std::uint16_t {
  digital_signature = 1 << 0,
  content_commitment = 1 << 1,
  key_encipherment = 1 << 2,
  data_encipherment = 1 << 3,
  key_agreement = 1 << 4,
  key_cert_sign = 1 << 5,
  crl_sign = 1 << 6,
  encipher_only = 1 << 7,
  decipher_only = 1 << 8
};

/// An X.509 certificate, read in place: no allocation, spans into the DER, which must outlive the view. What parses
/// obeys RFC 5280's structure; whether it should be trusted is another question. A value: copies view the same bytes.
class certificate_view : public detail::signed_view {
 public:
  /// Reads one certificate. Gives nothing and `errc::malformed_certificate` for bytes that are not exactly one
  /// certificate in DER, and where the structure is broken: inner and outer signature algorithm differ, an extension
  /// occurs twice, a known extension does not decode, dates that do not exist, a negative serial number.
  static std::optional<certificate_view> parse(byte_view der, errc& e) noexcept;

  int version() const noexcept { return version_; }      ///< 1, 2 or 3
  byte_view serial() const noexcept { return serial_; }  ///< contents of the INTEGER
  byte_view signature_algorithm_der() const noexcept { return algorithm_.raw; }
  const distinguished_name& issuer() const noexcept { return issuer_; }
  const distinguished_name& subject() const noexcept { return subject_; }
  unix_time not_before() const noexcept { return not_before_; }
  unix_time not_after() const noexcept { return not_after_; }
  const public_key_view& public_key() const noexcept { return key_; }
  byte_view spki_der() const noexcept { return key_.der(); }

  /// Tells whether issuerUniqueID or subjectUniqueID is there.
  bool has_unique_ids() const noexcept { return has_unique_ids_; }
  bool has_extensions() const noexcept { return !extensions_.empty(); }
  bool has_basic_constraints() const noexcept { return has_basic_constraints_; }
  /// Tells whether basicConstraints says CA.
  bool is_ca() const noexcept { return is_ca_; }
  /// Returns the most intermediates that may follow, if basicConstraints limits them.
  std::optional<std::uint32_t> path_length() const noexcept { return path_length_; }
  bool has_key_usage() const noexcept { return key_usage_.has_value(); }
  /// Tells whether keyUsage is absent or allows this use.
  bool allows(key_usage use) const noexcept {
    return !key_usage_ || (*key_usage_ & static_cast<std::uint16_t>(use)) != 0;
  }
  bool has_extended_key_usage() const noexcept { return !extended_key_usage_.empty(); }
  /// Tells whether extKeyUsage is absent, or lists this purpose (contents of its object identifier) or any purpose.
  bool allows_extended(std::string_view purpose_oid) const noexcept;
  const general_names& subject_alt_names() const noexcept { return subject_alt_names_; }
  /// Returns the key identifiers; empty when absent.
  byte_view authority_key_id() const noexcept { return authority_key_id_; }
  /// Returns the issuer and the serial number by which authorityKeyIdentifier names the issuer's certificate; both
  /// empty when absent.
  const general_names& authority_cert_issuer() const noexcept { return authority_cert_issuer_; }
  byte_view authority_cert_serial() const noexcept { return authority_cert_serial_; }
  byte_view subject_key_id() const noexcept { return subject_key_id_; }
  /// Returns the contents of the nameConstraints SEQUENCE; empty when absent.
  byte_view name_constraints() const noexcept { return name_constraints_; }
  /// Tells whether there is a critical extension that this library does not understand.
  bool has_unknown_critical_extension() const noexcept { return !unknown_critical_.empty(); }
  /// Returns the contents of the first such extension's object identifier; empty when there is none.
  byte_view unknown_critical_extension() const noexcept { return unknown_critical_; }

  /// Finds an extension by the contents of its object identifier and returns the contents of its extnValue.
  std::optional<byte_view> extension(std::string_view oid) const noexcept;
  /// Tells whether there is such an extension, and whether it is marked as critical.
  bool has_extension(std::string_view oid) const noexcept { return extension(oid).has_value(); }
  bool has_critical_extension(std::string_view oid) const noexcept;

  /// Tells whether issuer and subject are the same name; nothing about who signed.
  bool is_self_issued() const noexcept { return issuer_ == subject_; }

  /// Compares the bytes.
  friend bool operator==(const certificate_view& a, const certificate_view& b) noexcept {
    return detail::der::equal(a.der_, b.der_);
  }

 private:
  certificate_view() = default;
  bool read_certificate(byte_view der) noexcept;
  bool read_tbs(byte_view content) noexcept;
  bool read_validity(byte_view content) noexcept;
  bool read_extensions(byte_view content) noexcept;
  bool read_known_extension(const detail::extension_item& item, bool& known) noexcept;
  bool read_basic_constraints(byte_view value) noexcept;
  bool read_key_usage(byte_view value) noexcept;
  bool read_extended_key_usage(byte_view value) noexcept;
  bool read_name_constraints(byte_view value) noexcept;

  byte_view serial_;
  distinguished_name issuer_;
  distinguished_name subject_;
  unix_time not_before_ = 0;
  unix_time not_after_ = 0;
  public_key_view key_;
  byte_view extensions_;
  general_names subject_alt_names_;
  byte_view extended_key_usage_;
  byte_view authority_key_id_;
  general_names authority_cert_issuer_;
  byte_view authority_cert_serial_;
  byte_view subject_key_id_;
  byte_view name_constraints_;
  byte_view unknown_critical_;
  std::optional<std::uint32_t> path_length_;
  std::optional<std::uint16_t> key_usage_;
  int version_ = 1;
  bool has_basic_constraints_ = false;
  bool is_ca_ = false;
  bool has_unique_ids_ = false;
};

}  // namespace plugtls

#include "plugtls/detail/certificate_parser.hpp"
