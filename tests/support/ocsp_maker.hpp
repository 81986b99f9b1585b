// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <string>
#include <vector>

#include "plugtls/detail/sha1.hpp"
#include "plugtls/detail/sha2.hpp"
#include "support/certificate_maker.hpp"

namespace plugtls_test {

// The hashes are the core's own: their tests have digests that others made.
inline std::string sha1_text(const std::string& of) {
  return std::string(plugtls::as_text(plugtls::detail::sha1(plugtls::as_bytes(of))));
}
inline std::string sha256_text(const std::string& of) {
  return std::string(plugtls::as_text(plugtls::detail::sha256(plugtls::as_bytes(of))));
}
/// What is hashed of an `ec_key`: the contents of its BIT STRING.
inline std::string key_bytes(char fill) { return "\x04" + std::string(64, fill); }

inline std::string sha1_algorithm() { return sequence(oid("\x2b\x0e\x03\x02\x1a") + tlv(0x05, "")); }
inline std::string sha256_algorithm() { return sequence(oid("\x60\x86\x48\x01\x65\x03\x04\x02\x01")); }

inline std::string ocsp_good() { return tlv(0x80, ""); }
inline std::string ocsp_unknown() { return tlv(0x82, ""); }
inline std::string ocsp_revoked(const std::string& reason = tlv(0xa0, tlv(0x0a, "\x01"))) {
  return tlv(0xa1, tlv(0x18, "20200601000000Z") + reason);
}

/// The parts of one entry; the defaults speak well of certificate 1 of "intermediate", whose key is 'I'.
struct ocsp_entry_maker {
  std::string hash = sha1_algorithm();
  std::string name_hash = sha1_text(dn("intermediate"));
  std::string key_hash = sha1_text(key_bytes('I'));
  std::string serial = tlv(0x02, "\x01");
  std::string status = ocsp_good();
  std::string this_update = tlv(0x18, "20200101000000Z");
  std::string next_update = tlv(0xa0, tlv(0x18, "20491231235959Z"));
  std::string extensions;  ///< one after the other; empty: the field is absent

  std::string der() const {
    return sequence(sequence(hash + octets(name_hash) + octets(key_hash) + serial) + status + this_update +
                    next_update + (extensions.empty() ? "" : tlv(0xa1, sequence(extensions))));
  }
};

inline std::string responder_name(const std::string& name) { return tlv(0xa1, dn(name)); }
inline std::string responder_key(char fill) { return tlv(0xa2, octets(sha1_text(key_bytes(fill)))); }

/// The parts of a response, each the DER of one field; the defaults make a good one, "signed" by 'I'.
struct ocsp_maker {
  std::string status = tlv(0x0a, "\0"s);
  std::string type = oid("\x2b\x06\x01\x05\x05\x07\x30\x01\x01");
  std::string version;
  std::string responder = responder_name("intermediate");
  std::string produced_at = tlv(0x18, "20200101000000Z");
  std::vector<ocsp_entry_maker> entries{1};
  std::string extensions;  ///< one after the other; empty: the field is absent
  std::string algorithm = ecdsa_sha256();
  std::string signature = bit_string(ecdsa_value('I'));
  std::vector<std::string> certificates;
  std::string after_basic;
  std::string trailing;

  std::string tbs() const {
    std::string list;
    for (const ocsp_entry_maker& e : entries) list += e.der();
    return sequence(version + responder + produced_at + sequence(list) +
                    (extensions.empty() ? "" : tlv(0xa1, sequence(extensions))));
  }
  std::string der() const {
    std::string certs;
    for (const std::string& c : certificates) certs += c;
    const std::string basic = sequence(tbs() + algorithm + signature +
                                       (certificates.empty() ? "" : tlv(0xa0, sequence(certs))) + after_basic);
    return sequence(status + (type.empty() ? "" : tlv(0xa0, sequence(type + octets(basic))))) + trailing;
  }
};

}  // namespace plugtls_test
