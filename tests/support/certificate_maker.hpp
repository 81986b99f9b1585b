// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "plugtls/bytes.hpp"

/// Writes DER and certificates with signatures that verify nowhere: for tests of parsing and policy, which need shapes
/// that no sane program makes. Knows nothing of the code under test.
namespace plugtls_test {

using namespace std::string_literals;

inline std::string tlv(unsigned tag, const std::string& value) {
  std::string out(1, static_cast<char>(tag));
  const auto put = [&out](std::size_t v) { out += static_cast<char>(static_cast<unsigned char>(v & 0xff)); };
  const std::size_t n = value.size();
  if (n > 0xffffff) {
    put(0x84);
    put(n >> 24);
    put(n >> 16);
    put(n >> 8);
  } else if (n > 0xffff) {
    put(0x83);
    put(n >> 16);
    put(n >> 8);
  } else if (n > 0xff) {
    put(0x82);
    put(n >> 8);
  } else if (n > 0x7f) {
    put(0x81);
  }
  put(n);
  return out + value;
}

inline std::string sequence(const std::string& value) { return tlv(0x30, value); }
inline std::string bit_string(const std::string& bytes) { return tlv(0x03, "\0"s + bytes); }
inline std::string octets(const std::string& bytes) { return tlv(0x04, bytes); }
inline std::string oid(const std::string& content) { return tlv(0x06, content); }

/// A name of one attribute, CN unless told otherwise; the empty text gives the empty name.
inline std::string dn(const std::string& value, unsigned tag = 0x0c, const std::string& type = "\x55\x04\x03") {
  return value.empty() ? sequence("") : sequence(tlv(0x31, sequence(oid(type) + tlv(tag, value))));
}

inline std::string extension(const std::string& id, const std::string& value, bool critical = false) {
  return sequence(oid(id) + (critical ? tlv(0x01, "\xff") : "") + octets(value));
}
inline std::string basic_constraints(bool ca, int path_length = -1) {
  return extension("\x55\x1d\x13",
                   sequence((ca ? tlv(0x01, "\xff") : "") +
                            (path_length >= 0 ? tlv(0x02, std::string(1, static_cast<char>(path_length))) : "")),
                   true);
}
/// `bits` is the first byte of the BIT STRING: 0x80 digitalSignature, 0x04 keyCertSign.
inline std::string key_usage_bits(unsigned bits) {
  unsigned unused = 0;
  while (bits != 0 && (bits >> unused & 1U) == 0) ++unused;
  return extension("\x55\x1d\x0f", tlv(0x03, std::string(1, static_cast<char>(unused)) + static_cast<char>(bits)),
                   true);
}
inline std::string ext_key_usage(const std::string& content) { return extension("\x55\x1d\x25", sequence(content)); }
inline std::string server_auth() { return oid("\x2b\x06\x01\x05\x05\x07\x03\x01"); }
inline std::string client_auth() { return oid("\x2b\x06\x01\x05\x05\x07\x03\x02"); }
inline std::string alt_names(const std::string& names) { return extension("\x55\x1d\x11", sequence(names)); }
inline std::string dns(const std::string& name) { return tlv(0x82, name); }
inline std::string email(const std::string& name) { return tlv(0x81, name); }
inline std::string uri(const std::string& name) { return tlv(0x86, name); }
inline std::string ip(const std::string& bytes) { return tlv(0x87, bytes); }
inline std::string directory(const std::string& name) { return tlv(0xa4, name); }
/// Lists of GeneralNames, each wrapped as a subtree of its own.
inline std::string subtrees(const std::vector<std::string>& names) {
  std::string out;
  for (const std::string& n : names) out += sequence(n);
  return out;
}
inline std::string name_constraints(const std::vector<std::string>& permitted,
                                    const std::vector<std::string>& excluded = {}) {
  return extension("\x55\x1d\x1e",
                   sequence((permitted.empty() ? "" : tlv(0xa0, subtrees(permitted))) +
                            (excluded.empty() ? "" : tlv(0xa1, subtrees(excluded)))),
                   true);
}
inline std::string subject_key_id(const std::string& id) { return extension("\x55\x1d\x0e", octets(id)); }
inline std::string authority_key_id(const std::string& id) {
  return extension("\x55\x1d\x23", sequence(tlv(0x80, id)));
}

inline std::string ecdsa_sha256() { return sequence(oid("\x2a\x86\x48\xce\x3d\x04\x03\x02")); }
inline std::string ecdsa_sha1() { return sequence(oid("\x2a\x86\x48\xce\x3d\x04\x01")); }
inline std::string rsa_md5() { return sequence(oid("\x2a\x86\x48\x86\xf7\x0d\x01\x01\x04") + tlv(0x05, "")); }
/// An elliptic-curve key, P-256 unless told otherwise, whose point is made of one character.
inline std::string ec_key(char fill, const std::string& curve = "\x2a\x86\x48\xce\x3d\x03\x01\x07",
                          std::size_t coordinate = 32) {
  return sequence(sequence(oid("\x2a\x86\x48\xce\x3d\x02\x01") + oid(curve)) +
                  bit_string("\x04" + std::string(2 * coordinate, fill)));
}
inline std::string rsa_key(std::size_t bits, const std::string& exponent = "\x01\x00\x01"s, char last = '\x01') {
  const std::string modulus = "\0\x80"s + std::string(bits / 8 - 2, '\x01') + last;
  return sequence(sequence(oid("\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01") + tlv(0x05, "")) +
                  bit_string(sequence(tlv(0x02, modulus) + tlv(0x02, exponent))));
}

/// What ECDSA writes, of two numbers that are one character each.
inline std::string ecdsa_value(char r, char s) { return sequence(tlv(0x02, "\x7f"s + r) + tlv(0x02, "\x7f"s + s)); }
inline std::string ecdsa_value(char number) { return ecdsa_value(number, number); }

/// The parts of a certificate, each the DER of one field; the defaults make a valid leaf.
struct certificate_maker {
  std::string version = tlv(0xa0, tlv(0x02, "\x02"));
  std::string serial = tlv(0x02, "\x01");
  std::string inner_algorithm = ecdsa_sha256();
  std::string issuer = dn("root");
  std::string not_before = tlv(0x17, "200101000000Z");
  std::string not_after = tlv(0x17, "491231235959Z");
  std::string subject = dn("leaf");
  std::string key = ec_key('L');
  std::string after_key;  ///< unique identifiers
  std::string extensions = basic_constraints(false) + alt_names(dns("www.example.test"));
  std::string after_extensions;
  std::string outer_algorithm;  ///< empty: the inner one
  std::string signature = bit_string(ecdsa_value('s'));
  std::string trailing;  ///< after the certificate

  std::string tbs() const {
    return sequence(version + serial + inner_algorithm + issuer + sequence(not_before + not_after) + subject + key +
                    after_key + (extensions.empty() ? "" : tlv(0xa3, sequence(extensions))) + after_extensions);
  }
  std::string der() const {
    return sequence(tbs() + (outer_algorithm.empty() ? inner_algorithm : outer_algorithm) + signature) + trailing;
  }
};

/// A certification authority; `key` is one character that tells keys apart.
inline certificate_maker make_ca(const std::string& subject, const std::string& issuer, char key,
                                 const std::string& more_extensions = {}, int path_length = -1) {
  certificate_maker m;
  m.subject = dn(subject);
  m.issuer = dn(issuer);
  m.key = ec_key(key);
  m.extensions = basic_constraints(true, path_length) + key_usage_bits(0x04) + more_extensions;
  return m;
}

}  // namespace plugtls_test
