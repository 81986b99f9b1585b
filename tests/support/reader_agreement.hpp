// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "plugtls/certificate.hpp"
#include "support/catch.hpp"

namespace plugtls_test {

/// What a parser tells about a certificate; empty where it has no way to.
struct read_fields {
  std::optional<std::string> serial;                        ///< in hexadecimal, without a sign byte
  std::optional<std::int64_t> not_before, not_after;        ///< seconds since 1970
  std::optional<std::vector<std::string>> issuer, subject;  ///< the values' bytes in order
  std::optional<std::vector<std::string>> alt_names;        ///< the form's number, a colon, the bytes; other forms not
  std::optional<std::string> key;                           ///< `RSA 2048`, `EC 256`
  std::optional<bool> is_ca;
  std::optional<long> path_length;    ///< -1 for none
  std::optional<unsigned> key_usage;  ///< as `plugtls::key_usage`; all ones when absent
};

inline std::string hex_of(plugtls::byte_view bytes) {
  while (bytes.size() > 1 && bytes[0] == std::byte{0}) bytes = bytes.subspan(1);
  return plugtls::detail::to_hex(bytes);
}

inline std::vector<std::string> values_of(const plugtls::distinguished_name& name) {
  std::vector<std::string> out;
  plugtls::byte_view content;
  plugtls::detail::der::read_single(name.raw(), plugtls::detail::der::tag::sequence, content);
  plugtls::detail::name_reader attributes(content);
  plugtls::detail::name_attribute a;
  while (attributes.next(a)) out.emplace_back(plugtls::as_text(a.value.value));
  return out;
}

/// What the core's own reader says.
inline read_fields fields_of(const plugtls::certificate_view& c) {
  using plugtls::key_kind;
  using plugtls::name_form;
  read_fields out;
  out.serial = hex_of(c.serial());
  out.not_before = c.not_before();
  out.not_after = c.not_after();
  out.issuer = values_of(c.issuer());
  out.subject = values_of(c.subject());
  out.alt_names.emplace();
  for (const plugtls::general_name& name : c.subject_alt_names())
    if (name.form == name_form::dns || name.form == name_form::email || name.form == name_form::uri ||
        name.form == name_form::ip)
      out.alt_names->push_back(std::to_string(static_cast<int>(name.form)) + ":" +
                               std::string(plugtls::as_text(name.value)));
  const std::string bits = std::to_string(c.public_key().bits());
  const key_kind kind = c.public_key().kind();
  if (kind == key_kind::rsa) out.key = "RSA " + bits;
  if (kind == key_kind::ec && c.public_key().bits() != 0) out.key = "EC " + bits;
  out.is_ca = c.is_ca();
  out.path_length = c.is_ca() && c.path_length() ? static_cast<long>(*c.path_length()) : -1;
  out.key_usage = 0;
  for (unsigned bit = 0; bit < 9; ++bit)
    if (c.allows(static_cast<plugtls::key_usage>(1U << bit))) *out.key_usage |= 1U << bit;
  return out;
}

/// Every certificate of the test data, of limbo (PLUGTLS_LIMBO_PEM, which the build extracts) and of the machine's CA
/// bundle, once.
inline std::set<std::string> all_certificates() {
  std::set<std::string> out;
  const auto add = [&out](const std::filesystem::path& path) {
    std::ifstream file(path, std::ios::binary);
    const std::string text{std::istreambuf_iterator<char>(file), {}};
    std::vector<plugtls::byte_vector> ders;
    plugtls::load_certificate_bytes(plugtls::as_bytes(text), ders);
    for (const plugtls::byte_vector& der : ders) out.emplace(plugtls::as_text(der));
  };
  for (const auto& entry : std::filesystem::recursive_directory_iterator(PLUGTLS_TEST_DATA))
    if (entry.path().extension() == ".pem") add(entry.path());
  add(PLUGTLS_LIMBO_PEM);
  add("/etc/ssl/certs/ca-certificates.crt");
  return out;
}

/// Has `read(der)` read every certificate that the core reads, and compares field by field. Gives the number of those
/// that the library does not read.
template <class Read>
std::size_t compare_readers(Read&& read) {
  const std::set<std::string> all = all_certificates();
  CHECK(all.size() > 1500);
  std::size_t unread = 0, compared = 0;
  for (const std::string& der : all) {
    plugtls::errc e = plugtls::errc::success;
    const auto ours = plugtls::certificate_view::parse(plugtls::as_bytes(der), e);
    if (!ours) continue;
    const std::optional<read_fields> theirs = read(der);
    unread += !theirs;
    if (!theirs) continue;
    ++compared;
    const read_fields want = fields_of(*ours);
    CAPTURE(ours->subject().oneline(), *want.serial);
    const auto check = [](const auto& field, const auto& expected) {
      if (field && expected) CHECK(*field == *expected);
    };
    check(theirs->serial, want.serial);
    check(theirs->not_before, want.not_before);
    check(theirs->not_after, want.not_after);
    check(theirs->issuer, want.issuer);
    check(theirs->subject, want.subject);
    check(theirs->alt_names, want.alt_names);
    check(theirs->key, want.key);
    check(theirs->is_ca, want.is_ca);
    check(theirs->path_length, want.path_length);
    check(theirs->key_usage, want.key_usage);
  }
  CHECK(compared > 1400);
  return unread;
}

}  // namespace plugtls_test
