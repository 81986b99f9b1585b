// SPDX-License-Identifier: BSL-1.0
#include <openssl/x509v3.h>

#include "plugtls/openssl/verify.hpp"
#include "support/reader_agreement.hpp"

using namespace plugtls;
using namespace plugtls_test;

namespace {

std::string bytes_of(const ASN1_STRING* s) {
  return {reinterpret_cast<const char*>(ASN1_STRING_get0_data(s)), static_cast<std::size_t>(ASN1_STRING_length(s))};
}

std::int64_t seconds(const ASN1_TIME* t) {
  std::tm parts{};
  return ASN1_TIME_to_tm(t, &parts) == 1 ? timegm(&parts) : -1;
}

std::vector<std::string> values(const X509_NAME* name) {
  std::vector<std::string> out;
  for (int i = 0; i < X509_NAME_entry_count(name); ++i)
    out.push_back(bytes_of(X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, i))));
  return out;
}

std::vector<std::string> alt_names_of(const X509* c) {
  std::vector<std::string> out;
  auto* names = static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(c, NID_subject_alt_name, nullptr, nullptr));
  for (int i = 0; i < sk_GENERAL_NAME_num(names); ++i) {
    int type = 0;
    const auto* value =
        static_cast<const ASN1_STRING*>(GENERAL_NAME_get0_value(sk_GENERAL_NAME_value(names, i), &type));
    if (type == GEN_DNS || type == GEN_EMAIL || type == GEN_URI || type == GEN_IPADD)
      out.push_back(std::to_string(type) + ":" + bytes_of(value));
  }
  GENERAL_NAMES_free(names);
  return out;
}

// OpenSSL counts the bits of each byte of the BIT STRING from below.
unsigned usages(X509* c) {
  const std::uint32_t have = X509_get_key_usage(c);
  unsigned out = 0;
  for (unsigned bit = 0; bit < 9; ++bit)
    if ((have & (bit == 8 ? 0x8000U : 0x80U >> bit)) != 0) out |= 1U << bit;
  return out;
}

std::optional<read_fields> read_fields_of(const std::string& der) {
  const openssl::x509_handle c = openssl::parse(as_bytes(der));
  if (!c) return std::nullopt;
  read_fields out;
  const std::string serial = bytes_of(X509_get0_serialNumber(c.get()));
  out.serial = hex_of(as_bytes(serial));
  out.not_before = seconds(X509_get0_notBefore(c.get()));
  out.not_after = seconds(X509_get0_notAfter(c.get()));
  out.issuer = values(X509_get_issuer_name(c.get()));
  out.subject = values(X509_get_subject_name(c.get()));
  out.alt_names = alt_names_of(c.get());
  const EVP_PKEY* key = X509_get0_pubkey(c.get());
  if (key != nullptr && EVP_PKEY_get_base_id(key) == EVP_PKEY_RSA)
    out.key = "RSA " + std::to_string(EVP_PKEY_get_bits(key));
  if (key != nullptr && EVP_PKEY_get_base_id(key) == EVP_PKEY_EC)
    out.key = "EC " + std::to_string(EVP_PKEY_get_bits(key));
  const std::uint32_t flags = X509_get_extension_flags(c.get());
  out.is_ca = (flags & EXFLAG_CA) != 0;
  if (*out.is_ca) out.path_length = X509_get_pathlen(c.get());
  out.key_usage = usages(c.get());
  ERR_clear_error();
  return out;
}

}  // namespace

TEST_CASE("the core's reader agrees with OpenSSL's, field by field", "[openssl]") {
  CHECK(compare_readers(read_fields_of) == 0);
}
