// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <memory>
#include <string>

#include "plugtls/detail/der.hpp"
#include "plugtls/key_source.hpp"
#include "plugtls/mbedtls/error.hpp"
#include "plugtls/mbedtls/external_key.hpp"
#include "plugtls/mbedtls/handle.hpp"

namespace plugtls::mbedtls {

/// A private key as mbedTLS holds it.
class private_key {
 public:
  errc load(const key_material& material, error_info& info) {
    const secret pem = material.is_pem ? material.bytes : to_pem(material);
    auto key = std::make_unique<key_handle>();
    const auto* password = material.encrypted ? data(material.password.bytes()) : nullptr;
    const std::size_t password_size = material.encrypted ? material.password.size() : 0;
    const int e = compat::parse_key(key->get(), reinterpret_cast<const unsigned char*>(pem.c_str()), pem.size() + 1,
                                    password, password_size);
    if (e != 0) return explain_failure(e, material, info);
    if (const int pair = compat::check_pair(key->get()); pair != 0)
      return refuse(info, pair, material.is_pem ? errc::bad_pem : errc::bad_der,
                    "the public half of the private key's file does not belong to its private half");
    key_ = std::move(key);
    return errc::success;
  }

  errc load_external(const std::shared_ptr<const detail::external_key>& elsewhere, error_info& info) {
    auto key = std::make_unique<key_handle>();
    void* pointer = const_cast<detail::external_key*>(elsewhere.get());
    const int e = compat::set_rsa_functions<external::sign, external::size>(key->get(), pointer);
    if (e != 0) return refuse(info, e, errc::unsupported, "mbedTLS cannot leave signatures to a signer");
    external_ = elsewhere;
    key_ = std::move(key);
    return errc::success;
  }

  bool public_key(byte_vector& spki) const {
    unsigned char buffer[4096];
    const int size = key_ ? mbedtls_pk_write_pubkey_der(key_->get(), buffer, sizeof buffer) : 0;
    if (size <= 0) return false;
    const auto bytes = std::as_bytes(std::span(buffer)).last(static_cast<std::size_t>(size));  // written at the end
    spki.assign(bytes.begin(), bytes.end());
    return true;
  }

  /// mbedTLS's object; belongs to this.
  mbedtls_pk_context* native_handle() const noexcept { return key_ ? key_->get() : nullptr; }

 private:
  // mbedTLS tries one container after the other on DER and then only says that none fits; on PEM it tells the reason.
  static secret to_pem(const key_material& material) {
    detail::der::reader in(material.bytes.bytes());
    byte_view content, version;
    in.next(detail::der::tag::sequence, content);
    detail::der::reader fields(content);
    fields.next(detail::der::tag::integer, version);
    const std::string label = material.encrypted                               ? "ENCRYPTED PRIVATE KEY"
                              : fields.next_is(detail::der::tag::integer)      ? "RSA PRIVATE KEY"
                              : fields.next_is(detail::der::tag::octet_string) ? "EC PRIVATE KEY"
                                                                               : "PRIVATE KEY";
    std::string body = detail::encode_base64(material.bytes.bytes(), 64);
    std::string text;
    text.reserve(body.size() + 128);  // no second copy of the key is left behind
    text += "-----BEGIN " + label + "-----\n";
    text += body;
    text += "-----END " + label + "-----\n";
    detail::wipe(body.data(), body.size());
    return secret::take(text);
  }

  static errc explain_failure(int code, const key_material& material, error_info& info) {
    const errc malformed = material.encrypted ? errc::bad_password : material.is_pem ? errc::bad_pem : errc::bad_der;
    std::string detail;
    switch (translate(code, malformed)) {
      case errc::bad_password: break;
      case errc::unsupported:
        detail = material.encrypted
                     ? "this mbedTLS lacks the algorithm that the private key is encrypted with; one that it has: "
                       "openssl pkcs8 -topk8 -v2 des3"
                     : "mbedTLS reads RSA and ECDSA keys on named curves; this one is of another kind";
        break;
      default: detail = "the private key does not decode"; break;
    }
    return refuse(info, code, malformed, std::move(detail));
  }

  std::shared_ptr<const detail::external_key> external_;
  std::unique_ptr<key_handle> key_;
};

}  // namespace plugtls::mbedtls
