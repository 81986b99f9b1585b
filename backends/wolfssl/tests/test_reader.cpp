// SPDX-License-Identifier: BSL-1.0
#include <wolfssl/options.h>
// After the options.
#include <wolfssl/ssl.h>
#include <wolfssl/wolfcrypt/asn_public.h>

#include <memory>

#include "support/reader_agreement.hpp"

using namespace plugtls;
using namespace plugtls_test;

namespace {

struct deleter {
  void operator()(WOLFSSL_X509* c) const { wolfSSL_X509_free(c); }
};
using x509 = std::unique_ptr<WOLFSSL_X509, deleter>;

x509 parse(const std::string& der) {
  return x509(wolfSSL_X509_load_certificate_buffer(reinterpret_cast<const unsigned char*>(der.data()),
                                                   static_cast<int>(der.size()), WOLFSSL_FILETYPE_ASN1));
}

// A tag, a length, the text.
std::int64_t seconds(const unsigned char* t) {
  unix_time out = -1;
  if (t != nullptr) detail::der::read_time(t[0], std::as_bytes(std::span(t + 2, t[1])), out);
  return out;
}

std::optional<read_fields> read_fields_of(const std::string& der) {
  const x509 c = parse(der);
  if (!c) return std::nullopt;
  read_fields out;
  unsigned char serial[64];
  int size = sizeof serial;
  if (wolfSSL_X509_get_serial_number(c.get(), serial, &size) == WOLFSSL_SUCCESS)
    out.serial = hex_of(std::as_bytes(std::span(serial, static_cast<std::size_t>(size))));
  out.not_before = seconds(wolfSSL_X509_notBefore(c.get()));
  out.not_after = seconds(wolfSSL_X509_notAfter(c.get()));
  out.is_ca = wolfSSL_X509_get_isCA(c.get()) != 0;
  if (*out.is_ca)
    out.path_length =
        wolfSSL_X509_get_isSet_pathLength(c.get()) != 0 ? static_cast<long>(wolfSSL_X509_get_pathLength(c.get())) : -1;
  return out;
}

std::set<std::string> names_of(WOLFSSL_X509* c) {
  std::set<std::string> out;
  while (const char* name = wolfSSL_X509_get_next_altname(c)) out.emplace(name);
  return out;
}

std::vector<std::string> values(WOLFSSL_X509_NAME* name) {
  std::vector<std::string> out;
  for (int i = 0; i < wolfSSL_X509_NAME_entry_count(name); ++i) {
    WOLFSSL_ASN1_STRING* s = wolfSSL_X509_NAME_ENTRY_get_data(wolfSSL_X509_NAME_get_entry(name, i));
    out.emplace_back(reinterpret_cast<const char*>(wolfSSL_ASN1_STRING_data(s)),
                     static_cast<std::size_t>(wolfSSL_ASN1_STRING_length(s)));
  }
  return out;
}

// wolfSSL leaves out attributes that it does not know.
bool is_part_of(const std::vector<std::string>& part, const std::vector<std::string>& whole) {
  std::size_t at = 0;
  for (const std::string& value : whole) at += at < part.size() && part[at] == value;
  return at == part.size();
}

}  // namespace

TEST_CASE("the core's reader agrees with wolfSSL's, field by field", "[wolfssl]") {
  wolfSSL_Init();
  CHECK(compare_readers(read_fields_of) < 60);  // curves, keys and extensions that it does not know
  for (const std::string& der : all_certificates()) {
    errc e = errc::success;
    const auto ours = certificate_view::parse(as_bytes(der), e);
    const x509 c = parse(der);
    if (!ours || !c) continue;
    CAPTURE(ours->subject().oneline());
    CHECK(is_part_of(values(wolfSSL_X509_get_subject_name(c.get())), values_of(ours->subject())));
    CHECK(is_part_of(values(wolfSSL_X509_get_issuer_name(c.get())), values_of(ours->issuer())));
    const std::set<std::string> names = names_of(c.get());
    for (const general_name& name : ours->subject_alt_names())
      if (name.form == name_form::dns && as_text(name.value).find('\0') == std::string_view::npos)
        CHECK(names.count(std::string(as_text(name.value))) == 1);
    const unsigned usages = wolfSSL_X509_get_keyUsage(c.get());
    if (!ours->has_key_usage()) continue;
    // The bits as OpenSSL has them.
    for (unsigned bit = 0; bit < 8; ++bit)
      CHECK(((usages & (0x80U >> bit)) != 0) == ours->allows(static_cast<key_usage>(1U << bit)));
  }
}
