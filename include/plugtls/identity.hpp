// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "plugtls/certificate.hpp"
#include "plugtls/detail/read_file.hpp"
#include "plugtls/error_info.hpp"
#include "plugtls/key_source.hpp"
#include "plugtls/ocsp_view.hpp"

namespace plugtls {

namespace detail {
/// What a backend does about a PKCS#12 container.
struct container_tools {
  std::string_view backend;
  /// `decrypt_pbe` of the contract; null without capability pkcs12.
  errc (*decrypt)(byte_view algorithm, const secret& password, byte_view ciphertext, secret& opened) = nullptr;
  /// Finds the place of a key's certificate, the end of the list where it is not there. Errors: of loading the key.
  errc (*find_leaf)(const key_source& key, const std::vector<certificate>& all, std::size_t& leaf,
                    error_info& info) = nullptr;
};
}  // namespace detail

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

  /// Reads a chain (PEM or DER) whose key is elsewhere: the signer signs with the leaf's. Errors as for `from_memory`;
  /// what is wrong with the signer is told when a context is made (see `key_source::from_signer`).
  static identity from_signer(byte_view certificates, signer how, error_info& info) {
    identity id = from_memory(certificates, {}, info);
    if (!id.chain_.empty()) id.key_ = key_source::from_signer(id.chain_.front(), std::move(how));
    return id;
  }
  /// The same from a file. Gives `file_error` besides.
  static identity from_signer_file(const std::string& path, signer how, error_info& info) {
    std::string text;
    if (detail::read_file(path, text, info) != errc::success) return {};
    identity id = from_signer(as_bytes(text), std::move(how), info);
    if (info) info.set(info.code, "'" + path + "': " + std::string(describe(info.code)));
    return id;
  }
  /// The same; throws `tls_error`.
  template <bool Throws = detail::has_exceptions>
  requires Throws static identity from_signer_file(const std::string& path, signer how) {
    error_info info;
    identity id = from_signer_file(path, std::move(how), info);
    detail::raise_if(info);
    return id;
  }

  /// Takes a PKCS#12 container (RFC 7292, DER; capability pkcs12) with one key, its certificate and those of its
  /// issuers, in any order. Gives `bad_der` for what is none. A backend opens it when a context is made, which gives
  /// `password_required`, `bad_password`, `unsupported` (encryption that the backend lacks), `bad_der`,
  /// `invalid_argument` (no key, or several), `no_certificates_found`, `key_mismatch`; until then `chain()` is empty.
  /// An empty password counts as none, and must be ASCII. Needs <plugtls/pkcs12.hpp>.
  static identity from_pkcs12(byte_view container, error_info& info, password_callback password = {});
  /// The same from a file. Gives `file_error` besides.
  static identity from_pkcs12_file(const std::string& path, error_info& info, password_callback password = {});

  /// The same; throw `tls_error`.
  template <bool Throws = detail::has_exceptions>
  requires Throws static identity from_pkcs12_file(const std::string& path, password_callback password = {}) {
    error_info info;
    identity id = from_pkcs12_file(path, info, std::move(password));
    detail::raise_if(info);
    return id;
  }
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

  /// Takes an OCSP response for the leaf, DER, which a server gives to clients that ask (capability ocsp_stapling).
  /// Gives `bad_der` for what does not parse, and `invalid_argument` for a response that says nothing but that the
  /// responder failed; the one from before then stays. Whether it is for the leaf is looked into when a context is
  /// made; a new response takes a new context.
  errc set_ocsp_response(byte_view der, error_info& info) {
    errc e = errc::success;
    const auto view = ocsp_view::parse(der, e);
    if (!view) return info.set(e, "this is not one OCSP response in DER (RFC 6960)");
    if (view->status() != ocsp_response_status::successful)
      return info.set(errc::invalid_argument, "the OCSP response tells only that the responder failed, status " +
                                                  std::to_string(static_cast<unsigned>(view->status())) +
                                                  "; ask it again");
    ocsp_response_.assign(der.begin(), der.end());
    return errc::success;
  }
  /// The same; throws `tls_error`.
  template <bool Throws = detail::has_exceptions>
  requires Throws void set_ocsp_response(byte_view der) {
    error_info info;
    set_ocsp_response(der, info);
    detail::raise_if(info);
  }

  const std::vector<certificate>& chain() const noexcept { return chain_; }
  const key_source& key() const noexcept { return key_; }
  // For contexts: a container that is not opened, and what is in it.
  const secret& container() const noexcept { return container_; }
  const password_callback& container_password() const noexcept { return container_password_; }
  errc open_container(const detail::container_tools& tools, error_info& info) { return opener_(*this, tools, info); }
  void open(std::vector<certificate> chain, key_source key) {
    chain_ = std::move(chain);
    key_ = std::move(key);
    container_ = {};
    container_password_ = {};
  }
  /// Returns the OCSP response to staple, DER; empty without one.
  byte_view ocsp_response() const noexcept { return ocsp_response_; }

 private:
  std::vector<certificate> chain_;
  key_source key_;
  byte_vector ocsp_response_;
  secret container_;
  password_callback container_password_;
  errc (*opener_)(identity&, const detail::container_tools&, error_info&) = nullptr;  // set with a container
};

}  // namespace plugtls
