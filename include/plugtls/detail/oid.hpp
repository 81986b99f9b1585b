// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <string_view>

#include "plugtls/bytes.hpp"

/// The object identifiers that the core knows, as the contents of their DER.
namespace plugtls::detail::oid {

using namespace std::string_view_literals;

inline bool is(byte_view oid, std::string_view known) noexcept { return as_text(oid) == known; }

// Extensions (RFC 5280 §4.2): 2.5.29.n
inline constexpr auto subject_directory_attributes = "\x55\x1d\x09"sv;
inline constexpr auto subject_key_identifier = "\x55\x1d\x0e"sv;
inline constexpr auto key_usage = "\x55\x1d\x0f"sv;
inline constexpr auto subject_alt_name = "\x55\x1d\x11"sv;
inline constexpr auto basic_constraints = "\x55\x1d\x13"sv;
inline constexpr auto issuer_alt_name = "\x55\x1d\x12"sv;
inline constexpr auto name_constraints = "\x55\x1d\x1e"sv;
inline constexpr auto crl_distribution_points = "\x55\x1d\x1f"sv;
inline constexpr auto certificate_policies = "\x55\x1d\x20"sv;
inline constexpr auto policy_mappings = "\x55\x1d\x21"sv;
inline constexpr auto authority_key_identifier = "\x55\x1d\x23"sv;
inline constexpr auto policy_constraints = "\x55\x1d\x24"sv;
inline constexpr auto ext_key_usage = "\x55\x1d\x25"sv;
inline constexpr auto freshest_crl = "\x55\x1d\x2e"sv;
inline constexpr auto inhibit_any_policy = "\x55\x1d\x36"sv;
inline constexpr auto authority_info_access = "\x2b\x06\x01\x05\x05\x07\x01\x01"sv;
inline constexpr auto subject_info_access = "\x2b\x06\x01\x05\x05\x07\x01\x0b"sv;
inline constexpr auto tls_feature = "\x2b\x06\x01\x05\x05\x07\x01\x18"sv;     // RFC 7633
inline constexpr auto ocsp_basic = "\x2b\x06\x01\x05\x05\x07\x30\x01\x01"sv;  // a type of responses (RFC 6960)

// Extensions of CRLs and their entries (RFC 5280 §5.2, §5.3)
inline constexpr auto crl_number = "\x55\x1d\x14"sv;
inline constexpr auto crl_reason = "\x55\x1d\x15"sv;
inline constexpr auto invalidity_date = "\x55\x1d\x18"sv;
inline constexpr auto delta_crl_indicator = "\x55\x1d\x1b"sv;
inline constexpr auto issuing_distribution_point = "\x55\x1d\x1c"sv;
inline constexpr auto certificate_issuer = "\x55\x1d\x1d"sv;

// Policies
inline constexpr auto any_policy = "\x55\x1d\x20\x00"sv;

// Extended key usages
inline constexpr auto any_extended_key_usage = "\x55\x1d\x25\x00"sv;
inline constexpr auto server_auth = "\x2b\x06\x01\x05\x05\x07\x03\x01"sv;
inline constexpr auto client_auth = "\x2b\x06\x01\x05\x05\x07\x03\x02"sv;

inline constexpr auto ocsp_signing = "\x2b\x06\x01\x05\x05\x07\x03\x09"sv;

// Access methods (RFC 5280 §4.2.2.1)
inline constexpr auto ocsp_access = "\x2b\x06\x01\x05\x05\x07\x30\x01"sv;
inline constexpr auto ca_issuers_access = "\x2b\x06\x01\x05\x05\x07\x30\x02"sv;

// Attributes of names
inline constexpr auto email_address = "\x2a\x86\x48\x86\xf7\x0d\x01\x09\x01"sv;

// Public keys
inline constexpr auto rsa_encryption = "\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01"sv;
inline constexpr auto rsa_pss = "\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0a"sv;
inline constexpr auto mgf1 = "\x2a\x86\x48\x86\xf7\x0d\x01\x01\x08"sv;
inline constexpr auto pkcs1 = "\x2a\x86\x48\x86\xf7\x0d\x01\x01"sv;     // and all below
inline constexpr auto ecdsa_signatures = "\x2a\x86\x48\xce\x3d\x04"sv;  // and all below
inline constexpr auto ec_public_key = "\x2a\x86\x48\xce\x3d\x02\x01"sv;
inline constexpr auto dsa = "\x2a\x86\x48\xce\x38\x04\x01"sv;
inline constexpr auto ed25519 = "\x2b\x65\x70"sv;
inline constexpr auto ed448 = "\x2b\x65\x71"sv;
inline constexpr auto ml_dsa_44 = "\x60\x86\x48\x01\x65\x03\x04\x03\x11"sv;
inline constexpr auto ml_dsa_65 = "\x60\x86\x48\x01\x65\x03\x04\x03\x12"sv;
inline constexpr auto ml_dsa_87 = "\x60\x86\x48\x01\x65\x03\x04\x03\x13"sv;

// Hash functions
inline constexpr auto md5 = "\x2a\x86\x48\x86\xf7\x0d\x02\x05"sv;
inline constexpr auto sha1 = "\x2b\x0e\x03\x02\x1a"sv;
inline constexpr auto sha224 = "\x60\x86\x48\x01\x65\x03\x04\x02\x04"sv;
inline constexpr auto sha256 = "\x60\x86\x48\x01\x65\x03\x04\x02\x01"sv;
inline constexpr auto sha384 = "\x60\x86\x48\x01\x65\x03\x04\x02\x02"sv;
inline constexpr auto sha512 = "\x60\x86\x48\x01\x65\x03\x04\x02\x03"sv;

}  // namespace plugtls::detail::oid
