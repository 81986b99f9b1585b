// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <climits>
#include <cstring>

#include "plugtls/key_source.hpp"
#include "plugtls/openssl/error.hpp"
#include "plugtls/openssl/external_key.hpp"
#include "plugtls/openssl/handle.hpp"

namespace plugtls::openssl {

/// A private key as OpenSSL holds it.
class private_key {
 public:
  errc load(const key_material& material, error_info& info) {
    const byte_view bytes = material.bytes.bytes();
    if (bytes.size() > INT_MAX) return info.set(errc::too_long);
    const bio_handle in(BIO_new_mem_buf(bytes.data(), static_cast<int>(bytes.size())));
    if (!in) return refuse(info, errc::out_of_memory, "to read a private key");
    ERR_clear_error();
    // The callback is always set: OpenSSL's own would ask on the terminal.
    void* password = const_cast<secret*>(&material.password);
    if (material.is_pem)
      key_.reset(PEM_read_bio_PrivateKey(in.get(), nullptr, give_password, password));
    else if (material.encrypted)
      key_.reset(d2i_PKCS8PrivateKey_bio(in.get(), nullptr, give_password, password));
    else
      key_.reset(d2i_PrivateKey_bio(in.get(), nullptr));
    if (!key_) return explain_failure(material, info);
    ERR_clear_error();
    const int type = EVP_PKEY_get_base_id(key_.get());
    if (type == EVP_PKEY_RSA || type == EVP_PKEY_EC || type == EVP_PKEY_RSA_PSS || type == EVP_PKEY_ED25519)
      return errc::success;
    key_.reset();
    return info.set(errc::unsupported, "TLS signs with RSA, ECDSA or Ed25519 keys; this one is of another type");
  }

  errc load_external(const std::shared_ptr<const detail::external_key>& elsewhere, error_info& info) {
    ERR_clear_error();
    key_ = external::make(elsewhere);
    if (!key_) return refuse(info, errc::unsupported, "the public key of a signer");
    ERR_clear_error();
    return errc::success;
  }

  bool public_key(byte_vector& spki) const {
    unsigned char* der = nullptr;
    const int size = i2d_PUBKEY(key_.get(), &der);
    const bytes_handle owner(der);
    if (size <= 0) return false;
    spki.resize(static_cast<std::size_t>(size));
    std::memcpy(spki.data(), der, spki.size());
    return true;
  }

  /// OpenSSL's object; belongs to this.
  EVP_PKEY* native_handle() const noexcept { return key_.get(); }

 private:
  static int give_password(char* out, int room, int, void* user) noexcept {
    const auto& password = *static_cast<const secret*>(user);
    if (room < 0 || password.size() > static_cast<std::size_t>(room)) return -1;
    std::memcpy(out, password.text().data(), password.size());
    return static_cast<int>(password.size());
  }

  static errc explain_failure(const key_material& material, error_info& info) {
    const bool unknown_algorithm = lacks_algorithm(info);
    if (material.encrypted && unknown_algorithm)
      return info.set(errc::unsupported,
                      "OpenSSL's default provider lacks the algorithm that the private key is encrypted with");
    if (material.encrypted) return info.set(errc::bad_password);
    return info.set(material.is_pem ? errc::bad_pem : errc::bad_der, "the private key does not decode");
  }

  pkey_handle key_;
};

}  // namespace plugtls::openssl
