// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "plugtls/certificate.hpp"
#include "plugtls/detail/read_file.hpp"
#include "plugtls/error_info.hpp"
#include "plugtls/key_source.hpp"

namespace plugtls {

/// What one end proves itself with: a chain of certificates, leaf first, and the leaf's private key. A neutral value; a
/// context gives it to its backend. All certificates are sent, in this order.
class identity {
 public:
  identity() = default;
  identity(std::vector<certificate> chain, key_source key) : chain_(std::move(chain)), key_(std::move(key)) {}

  /// Reads a chain (PEM or DER) and its key. Gives `no_certificates_found`, `bad_pem`, `bad_der`. The key is looked
  /// into when a context is made.
  static identity from_memory(byte_view certificates, key_source key, error_info& info) {
    identity id;
    id.key_ = std::move(key);
    if (const errc e = load_certificates(certificates, id.chain_); e != errc::success) info.set(e);
    return id;
  }
  static identity from_pem(std::string_view certificates, std::string_view key, error_info& info,
                           password_callback password = {}) {
    return from_memory(as_bytes(certificates), key_source::from_pem(key, std::move(password)), info);
  }

  /// Reads both from files of either form; with an empty key path the key is in the certificate's file. Gives
  /// `file_error` besides.
  static identity from_files(const std::string& certificate_path, const std::string& key_path, error_info& info,
                             password_callback password = {}) {
    std::string text;
    identity id;
    if (detail::read_file(certificate_path, text, info) != errc::success) return id;
    if (const errc e = load_certificates(as_bytes(text), id.chain_); e != errc::success) {
      info.set(e, "'" + certificate_path + "': " + std::string(describe(e)));
    } else if (key_path.empty() || detail::read_file(key_path, text, info) == errc::success) {
      id.key_ = key_source::from_memory(as_bytes(text), std::move(password));
    }
    detail::wipe(text.data(), text.size());
    return id;
  }

  /// The same; throw `tls_error`.
  template <bool Throws = detail::has_exceptions>
  requires Throws static identity from_pem(std::string_view certificates, std::string_view key,
                                           password_callback password = {}) {
    error_info info;
    identity id = from_pem(certificates, key, info, std::move(password));
    detail::raise_if(info);
    return id;
  }
  template <bool Throws = detail::has_exceptions>
  requires Throws static identity from_files(const std::string& certificate_path, const std::string& key_path = {},
                                             password_callback password = {}) {
    error_info info;
    identity id = from_files(certificate_path, key_path, info, std::move(password));
    detail::raise_if(info);
    return id;
  }

  const std::vector<certificate>& chain() const noexcept { return chain_; }
  const key_source& key() const noexcept { return key_; }

 private:
  std::vector<certificate> chain_;
  key_source key_;
};

}  // namespace plugtls
