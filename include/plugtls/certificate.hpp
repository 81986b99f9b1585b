// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "plugtls/bytes.hpp"
#include "plugtls/certificate_view.hpp"
#include "plugtls/detail/hex.hpp"
#include "plugtls/detail/sha2.hpp"
#include "plugtls/errc.hpp"
#include "plugtls/pem.hpp"

namespace plugtls {

/// An X.509 certificate that owns its bytes. An immutable value: copies share the bytes and what was read of them, and
/// may be used in different threads. Names and views that it returns are valid as long as some copy of it lives. One
/// that was moved from may only be assigned to.
class certificate {
 public:
  /// Copies and reads the DER of one certificate; `errc::malformed_certificate` as in `certificate_view::parse`.
  static std::optional<certificate> from_der(byte_view der, errc& e) {
    return from_der(byte_vector(der.begin(), der.end()), e);
  }

  /// The same, taking over the bytes.
  [[gnu::cold]] static std::optional<certificate> from_der(byte_vector&& der, errc& e) {
    const auto view = certificate_view::parse(der, e);
    if (!view) return std::nullopt;
    // What the view points to moves along with the bytes.
    return certificate(std::make_shared<const parsed>(parsed{std::move(der), *view}));
  }

  /// Reads the first certificate of a PEM text: `errc::bad_pem`, `errc::no_certificates_found` or
  /// `errc::malformed_certificate` where there is none.
  static std::optional<certificate> from_pem(std::string_view pem, errc& e);

  const certificate_view& view() const noexcept { return held_->view; }
  byte_view der() const noexcept { return held_->bytes; }
  std::string pem() const { return to_pem("CERTIFICATE", der()); }

  const distinguished_name& subject() const noexcept { return view().subject(); }
  const distinguished_name& issuer() const noexcept { return view().issuer(); }
  /// Returns the serial number in hexadecimal, whole bytes without a sign byte: `01`, `ff`.
  [[gnu::cold]] std::string serial_hex() const {
    byte_view magnitude;
    detail::der::read_unsigned(view().serial(), magnitude);
    return detail::to_hex(magnitude);
  }
  unix_time not_before() const noexcept { return view().not_before(); }
  unix_time not_after() const noexcept { return view().not_after(); }
  /// Lists the subject alternative names as `DNS:a.example`, `IP:::1`, `email:a@b.example`, `URI:...`.
  std::vector<std::string> subject_alt_names() const {
    std::vector<std::string> out;
    for (const general_name& name : view().subject_alt_names()) out.push_back(to_string(name));
    return out;
  }
  /// Describes the public key: `EC P-256`, `RSA 2048`, `Ed25519`.
  std::string key_description() const { return view().public_key().description(); }
  /// Names the signature algorithm: `ecdsa-with-SHA256`, `sha256WithRSAEncryption`, `rsassaPss`, `Ed25519`; the dotted
  /// object identifier of one that has no name here.
  [[gnu::cold]] std::string signature_algorithm() const {
    const std::string_view name = detail::describe_signature(view().signature_algorithm()).name;
    return name.empty() ? detail::der::oid_text(view().signature_algorithm().oid) : std::string(name);
  }
  bool is_ca() const noexcept { return view().is_ca(); }

  /// Returns the SHA-256 of the certificate's DER, its fingerprint.
  [[gnu::cold]] sha256_digest sha256() const noexcept { return detail::sha256(der()); }
  /// Returns the SHA-256 of the SubjectPublicKeyInfo's DER, which pins name (RFC 7469).
  sha256_digest spki_sha256() const noexcept { return detail::sha256(view().spki_der()); }
  std::string sha256_hex() const { return detail::to_hex(sha256()); }
  std::string spki_sha256_hex() const { return detail::to_hex(spki_sha256()); }

  /// Compares the bytes.
  friend bool operator==(const certificate& a, const certificate& b) noexcept {
    return a.held_ == b.held_ || a.view() == b.view();
  }

 private:
  struct parsed {
    byte_vector bytes;
    certificate_view view;  // of `bytes`
  };
  explicit certificate(std::shared_ptr<const parsed> held) noexcept : held_(std::move(held)) {}

  std::shared_ptr<const parsed> held_;
};

/// Appends the DER of every certificate in the input to `out`, without looking inside it: PEM with any number of
/// `CERTIFICATE` or `X509 CERTIFICATE` blocks (other blocks are passed over, `TRUSTED CERTIFICATE` too: its trust
/// settings would be lost), or DER, several one after the other. Text is recognised by its boundary lines.
///
/// Gives `errc::bad_pem`, `errc::bad_der` or `errc::no_certificates_found`; `out` is then unchanged.
errc load_certificate_bytes(byte_view pem_or_der, std::vector<byte_vector>& out);

/// Appends every certificate in the input to `out`. Errors as `load_certificate_bytes`, and `errc::bad_der` when one of
/// them does not parse; `out` is then unchanged.
errc load_certificates(byte_view pem_or_der, std::vector<certificate>& out);

namespace detail {

inline bool is_certificate_label(std::string_view label) noexcept {
  return label == "CERTIFICATE" || label == "X509 CERTIFICATE";
}

}  // namespace detail

inline std::optional<certificate> certificate::from_pem(std::string_view pem, errc& e) {
  pem_reader reader(pem);
  pem_block block;
  while (reader.next(block, e))
    if (detail::is_certificate_label(block.label)) return from_der(std::move(block.der), e);
  if (e == errc::success) e = errc::no_certificates_found;
  return std::nullopt;
}

namespace detail {
// What stands in a PEM text, and DER one after the other.
[[gnu::cold]] inline errc append_pem_certificates(std::string_view text, std::vector<byte_vector>& out) {
  pem_reader reader(text);
  pem_block block;
  errc e = errc::success;
  while (reader.next(block, e))
    if (is_certificate_label(block.label)) out.push_back(std::move(block.der));
  return e;
}
[[gnu::cold]] inline errc append_der_certificates(byte_view input, std::vector<byte_vector>& out) {
  der::reader reader(input);
  der::element e;
  while (!reader.at_end()) {
    if (!reader.next(der::tag::sequence, e)) return errc::bad_der;
    out.emplace_back(e.raw.begin(), e.raw.end());
  }
  return errc::success;
}
}  // namespace detail

[[gnu::cold]] inline errc load_certificate_bytes(byte_view input, std::vector<byte_vector>& out) {
  const std::size_t before = out.size();
  const std::string_view text = as_text(input);
  errc e = errc::success;
  // DER begins with a SEQUENCE, whose tag is the character '0'; a PEM text may begin with any, so the boundary decides.
  if (text.find(detail::pem_begin) != std::string_view::npos || text.find(detail::pem_end) != std::string_view::npos)
    e = detail::append_pem_certificates(text, out);
  else if (!input.empty() && input[0] == std::byte{detail::der::tag::sequence})
    e = detail::append_der_certificates(input, out);
  if (e != errc::success) out.resize(before);
  return e == errc::success && out.size() == before ? errc::no_certificates_found : e;
}

[[gnu::cold]] inline errc load_certificates(byte_view input, std::vector<certificate>& out) {
  std::vector<byte_vector> all;
  if (const errc e = load_certificate_bytes(input, all); e != errc::success) return e;
  std::vector<certificate> found;
  for (byte_vector& der : all) {
    errc e = errc::success;
    auto one = certificate::from_der(std::move(der), e);
    if (!one) return errc::bad_der;
    found.push_back(*std::move(one));
  }
  for (certificate& one : found) out.push_back(std::move(one));
  return errc::success;
}

}  // namespace plugtls
