// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <string>

#include "support/certificate_maker.hpp"

namespace plugtls_test {

/// One entry; `serial` and `date` are the DER of their fields, `extensions` the DER of each, one after the other.
inline std::string crl_entry_der(const std::string& serial, const std::string& extensions = {},
                                 const std::string& date = tlv(0x17, "200601000000Z")) {
  return sequence(serial + date + (extensions.empty() ? "" : sequence(extensions)));
}
inline std::string serial_number(const std::string& bytes) { return tlv(0x02, bytes); }
inline std::string reason_code(unsigned reason) {
  return extension("\x55\x1d\x15", tlv(0x0a, std::string(1, static_cast<char>(reason))));
}
/// issuingDistributionPoint with these fields.
inline std::string issuing_distribution_point(const std::string& fields) {
  return extension("\x55\x1d\x1c", sequence(fields), true);
}
/// DistributionPointName with full names, as it stands in [0] of both extensions.
inline std::string full_name(const std::string& names) { return tlv(0xa0, tlv(0xa0, names)); }
/// cRLDistributionPoints with one point.
inline std::string distribution_points(const std::string& point) {
  return extension("\x55\x1d\x1f", sequence(sequence(point)));
}

/// The parts of a CRL, each the DER of one field; the defaults make a valid one, whose signature verifies nowhere.
struct crl_maker {
  std::string version = tlv(0x02, "\x01");
  std::string inner_algorithm = ecdsa_sha256();
  std::string issuer = dn("root");
  std::string this_update = tlv(0x17, "200101000000Z");
  std::string next_update = tlv(0x17, "491231235959Z");
  std::string entries;  ///< one after the other; empty: the field is absent
  std::string extensions = extension("\x55\x1d\x14", tlv(0x02, "\x01"));
  std::string after_extensions;
  std::string outer_algorithm;  ///< empty: the inner one
  std::string signature = bit_string(ecdsa_value('s'));
  std::string trailing;  ///< after the CRL

  std::string der() const {
    const std::string tbs = sequence(version + inner_algorithm + issuer + this_update + next_update +
                                     (entries.empty() ? "" : sequence(entries)) +
                                     (extensions.empty() ? "" : tlv(0xa0, sequence(extensions))) + after_extensions);
    return sequence(tbs + (outer_algorithm.empty() ? inner_algorithm : outer_algorithm) + signature) + trailing;
  }
};

}  // namespace plugtls_test
