// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstdint>
#include <optional>

#include "plugtls/bytes.hpp"
#include "plugtls/detail/der.hpp"
#include "plugtls/detail/extension.hpp"
#include "plugtls/detail/oid.hpp"
#include "plugtls/detail/signed_view.hpp"
#include "plugtls/distinguished_name.hpp"
#include "plugtls/errc.hpp"
#include "plugtls/general_names.hpp"
#include "plugtls/unix_time.hpp"

namespace plugtls {

/// Why a certificate was revoked (RFC 5280 §5.3.1).
enum class crl_reason : std::uint8_t {
  unspecified = 0,
  key_compromise = 1,
  ca_compromise = 2,
  affiliation_changed = 3,
  superseded = 4,
  cessation_of_operation = 5,
  certificate_hold = 6,
  remove_from_crl = 8,
  privilege_withdrawn = 9,
  aa_compromise = 10
};

/// One revoked certificate.
struct crl_entry {
  byte_view serial;  ///< contents of the INTEGER
  unix_time revoked_at = 0;
  crl_reason reason = crl_reason::unspecified;
};

/// Which of its issuer's certificates a CRL speaks of (RFC 5280 §5.2.5); by default all.
struct crl_scope {
  /// All reasons of `onlySomeReasons`: bit n is bit n of ReasonFlags.
  static constexpr std::uint16_t all_reasons = 0x1fe;

  bool only_user_certificates = false;
  bool only_ca_certificates = false;
  bool only_attribute_certificates = false;
  std::uint16_t reasons = all_reasons;
  byte_view distribution_point;  ///< DER of the choice in DistributionPointName; empty when absent
};

/// A certificate revocation list (RFC 5280 §5), read in place: no allocation, spans into the DER, which must outlive
/// the view. What parses obeys RFC 5280's structure, every entry included; whether it may be used is another question.
/// A value: copies view the same bytes.
class crl_view : public detail::signed_view {
 public:
  /// Reads one CRL, in time proportional to its size. Gives nothing and `errc::bad_der` for bytes that are not exactly
  /// one CRL in DER, for one of 4 GiB, and where the structure is broken: inner and outer signature algorithm differ,
  /// extensions without version 2 or twice, a known extension that does not decode, dates that do not exist.
  static std::optional<crl_view> parse(byte_view der, errc& e) noexcept;

  int version() const noexcept { return version_; }  ///< 1 or 2
  const distinguished_name& issuer() const noexcept { return issuer_; }
  unix_time this_update() const noexcept { return this_update_; }
  /// Returns when the next one is due. RFC 5280 §5.1.2.5 requires it; without it a CRL has no end and is not used.
  std::optional<unix_time> next_update() const noexcept { return next_update_; }
  /// Returns contents of cRLNumber and the issuer's key identifier; empty when absent.
  byte_view number() const noexcept { return number_; }
  byte_view authority_key_id() const noexcept { return authority_key_id_; }
  const crl_scope& scope() const noexcept { return scope_; }

  /// Tells whether it holds only changes to another CRL (RFC 5280 §5.2.4), or an entry that makes sense only there.
  bool is_delta() const noexcept { return is_delta_; }
  /// Tells whether it speaks for other issuers too (RFC 5280 §5.2.5 indirectCRL, §5.3.3).
  bool is_indirect() const noexcept { return is_indirect_; }
  /// Tells whether the CRL, or any entry, has a critical extension that this library does not understand.
  bool has_unknown_critical_extension() const noexcept { return has_unknown_critical_; }

  /// Returns the contents of revokedCertificates: elements for `read_entry`; empty when none is revoked.
  byte_view entries() const noexcept { return entries_; }
  /// Takes one entry; false where none can be read.
  static bool read_entry(detail::der::reader& in, crl_entry& out) noexcept;

 private:
  crl_view() = default;
  bool read_crl(byte_view der) noexcept;
  bool read_tbs(byte_view content) noexcept;
  bool read_entries() noexcept;
  bool read_extension(const detail::extension_item& item) noexcept;
  bool read_distribution_point(byte_view value) noexcept;

  distinguished_name issuer_;
  unix_time this_update_ = 0;
  std::optional<unix_time> next_update_;
  byte_view entries_;
  byte_view number_;
  byte_view authority_key_id_;
  crl_scope scope_;
  int version_ = 1;
  bool is_delta_ = false;
  bool is_indirect_ = false;
  bool has_unknown_critical_ = false;
};

}  // namespace plugtls

#include "plugtls/detail/crl_parser.hpp"
