// SPDX-License-Identifier: BSL-1.0
#include "plugtls/mbedtls/verify.hpp"
#include "support/reader_agreement.hpp"

using namespace plugtls;
using namespace plugtls_test;

namespace {

std::string bytes_of(const mbedtls_asn1_buf& b) { return {reinterpret_cast<const char*>(b.p), b.len}; }

std::vector<std::string> values(const mbedtls_x509_name& name) {
  std::vector<std::string> out;
  for (const mbedtls_x509_name* n = &name; n != nullptr; n = n->next)
    if (n->val.p != nullptr) out.push_back(bytes_of(n->val));
  return out;
}

std::int64_t seconds(const mbedtls_x509_time& t) { return to_unix_time({t.year, t.mon, t.day, t.hour, t.min, t.sec}); }

unsigned usages(const mbedtls_x509_crt& c) {
  static constexpr unsigned bits[] = {MBEDTLS_X509_KU_DIGITAL_SIGNATURE, MBEDTLS_X509_KU_NON_REPUDIATION,
                                      MBEDTLS_X509_KU_KEY_ENCIPHERMENT,  MBEDTLS_X509_KU_DATA_ENCIPHERMENT,
                                      MBEDTLS_X509_KU_KEY_AGREEMENT,     MBEDTLS_X509_KU_KEY_CERT_SIGN,
                                      MBEDTLS_X509_KU_CRL_SIGN};
  unsigned out = 0;
  for (unsigned i = 0; i < 7; ++i)
    if (mbedtls_x509_crt_check_key_usage(&c, bits[i]) == 0) out |= 1U << i;
  return out;
}

// Before 3 the library gives an RSA key's size in whole bytes.
std::size_t bits_of(const mbedtls_pk_context& key, bool is_rsa) {
#if MBEDTLS_VERSION_NUMBER < 0x03000000
  if (is_rsa) return mbedtls_mpi_bitlen(&mbedtls_pk_rsa(key)->N);
#endif
  static_cast<void>(is_rsa);
  return mbedtls_pk_get_bitlen(&key);
}

std::optional<read_fields> read_fields_of(const std::string& der) {
  mbedtls::certificates_handle list;
  if (mbedtls::parse_any(list.get(), as_bytes(der)) != 0) return std::nullopt;
  mbedtls_x509_crt& c = *list.get();
  read_fields out;
  const std::string serial = bytes_of(c.serial);
  out.serial = hex_of(as_bytes(serial));
  out.not_before = seconds(c.valid_from);
  out.not_after = seconds(c.valid_to);
  out.issuer = values(c.issuer);
  out.subject = values(c.subject);
  out.alt_names.emplace();
  for (const mbedtls_x509_sequence* s = &c.subject_alt_names; s != nullptr; s = s->next) {
    const int form = s->buf.tag & 0x1f;
    if (s->buf.p != nullptr && (form == 1 || form == 2 || form == 6 || form == 7))
      out.alt_names->push_back(std::to_string(form) + ":" + bytes_of(s->buf));
  }
  const bool is_rsa = mbedtls_pk_can_do(&c.pk, MBEDTLS_PK_RSA) != 0, is_ec = mbedtls_pk_can_do(&c.pk, MBEDTLS_PK_ECKEY);
  if (is_rsa || is_ec) out.key = (is_rsa ? "RSA " : "EC ") + std::to_string(bits_of(c.pk, is_rsa));
  return out;
}

}  // namespace

// CAs and path lengths are private since 3.0; key usages are asked about bit by bit, without the last two.
TEST_CASE("the core's reader agrees with mbedTLS's, field by field", "[mbedtls]") {
  std::size_t unread = compare_readers(read_fields_of);
  // Ed25519, explicit curves, DSA keys, and what else it does not know.
  CHECK(unread < 40);
  for (const std::string& der : all_certificates()) {
    errc e = errc::success;
    const auto ours = certificate_view::parse(as_bytes(der), e);
    mbedtls::certificates_handle list;
    if (!ours || mbedtls::parse_any(list.get(), as_bytes(der)) != 0) continue;
    CAPTURE(ours->subject().oneline());
    CHECK(usages(*list.get()) == (*fields_of(*ours).key_usage & 0x7fU));
  }
}
