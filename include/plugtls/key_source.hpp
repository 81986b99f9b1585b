// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "plugtls/certificate.hpp"
#include "plugtls/detail/callback.hpp"
#include "plugtls/detail/der.hpp"
#include "plugtls/detail/external_key.hpp"
#include "plugtls/detail/password_cost.hpp"
#include "plugtls/error_info.hpp"
#include "plugtls/pem.hpp"
#include "plugtls/secret.hpp"

namespace plugtls {

/// Gives the password of an encrypted key when it is needed; an empty one means that there is none. Nothing of plugtls
/// ever asks on a terminal.
using password_callback = detail::callback<secret()>;

/// A private key as an adapter gets it: the one block of PEM, or DER, and its password where it is encrypted.
struct key_material {
  secret bytes;
  bool is_pem = false;
  bool encrypted = false;
  secret password;  ///< not empty when encrypted
};

/// Where a private key comes from: bytes in any container (PKCS#8, PKCS#1, SEC 1; PEM or DER), encrypted or not, or a
/// signer elsewhere. A neutral value, read by a backend when a context is made. The bytes are held once and wiped with
/// the last copy.
class key_source {
 public:
  key_source() = default;

  /// Takes a PEM text; other blocks beside the key are ignored.
  static key_source from_pem(std::string_view pem, password_callback password = {}) {
    return key_source(secret(pem), true, std::move(password));
  }
  static key_source from_der(byte_view der, password_callback password = {}) {
    return key_source(secret(der), false, std::move(password));
  }
  /// Takes PEM or DER, told apart by content.
  static key_source from_memory(byte_view bytes, password_callback password = {}) {
    const bool is_pem = as_text(bytes).find("-----BEGIN ") != std::string_view::npos;
    return key_source(secret(bytes), is_pem, std::move(password));
  }

  /// Takes a key that is elsewhere: its public half, as SubjectPublicKeyInfo in DER, and who signs with it. What is
  /// wrong with either (`bad_der`, `invalid_argument`, `unsupported`) is reported when a context is made.
  static key_source from_signer(byte_view spki, signer how) {
    auto key = std::make_shared<detail::external_key>();
    key->spki.assign(spki.begin(), spki.end());
    key->how = std::move(how);
    key_source source;
    source.external_error_.code = key->settle(source.external_error_);
    source.external_ = std::move(key);
    return source;
  }
  /// The same for the key of a certificate.
  static key_source from_signer(const certificate& owner, signer how) {
    return from_signer(owner.view().public_key().der(), std::move(how));
  }

  bool empty() const noexcept { return bytes_.empty() && !external_; }
  /// Whether both have the same bytes, or the same signer.
  bool is_same(const key_source& other) const noexcept {
    return external_ == other.external_ && bytes_.text() == other.bytes_.text();
  }

  // For contexts: the key that is elsewhere, null for one that is here, and what is wrong with it.
  const std::shared_ptr<const detail::external_key>& external() const noexcept { return external_; }
  const error_info& external_error() const noexcept { return external_error_; }

  /// Finds the key, whole and alone, and gets its password. Gives `bad_pem` (no key, or a broken block), `bad_der`,
  /// `password_required`.
  errc prepare(key_material& out, error_info& info) const {
    return is_pem_ ? from_block(out, info) : from_bytes(out, info);
  }

 private:
  key_source(secret bytes, bool is_pem, password_callback password)
      : bytes_(std::move(bytes)), is_pem_(is_pem), password_(std::move(password)) {}

  [[gnu::cold]] errc from_block(key_material& out, error_info& info) const {
    pem_reader reader(bytes_.text());
    pem_block block;
    errc e = errc::success;
    while (reader.next(block, e)) {
      const bool is_key = block.label == "PRIVATE KEY" || block.label == "RSA PRIVATE KEY" ||
                          block.label == "EC PRIVATE KEY" || block.label == "ENCRYPTED PRIVATE KEY";
      byte_view content;
      const bool whole = !block.headers.empty() ||  // encrypted as RFC 1421 does it: not DER yet
                         detail::der::read_single(block.der, detail::der::tag::sequence, content);
      if (is_key) {
        std::string encoded = detail::encode_base64(block.der, 64);
        std::string text;  // never moved, so that nothing of it stays behind
        text.reserve(encoded.size() + block.headers.size() + 2 * block.label.size() + 64);
        text += "-----BEGIN " + std::string(block.label) + "-----\n";
        if (!block.headers.empty()) text += std::string(detail::trim(block.headers)) + "\n\n";
        text += encoded;
        detail::wipe(encoded.data(), encoded.size());
        text += "-----END " + std::string(block.label) + "-----\n";
        out.encrypted = block.label == "ENCRYPTED PRIVATE KEY" ||
                        block.header("Proc-Type").find("ENCRYPTED") != std::string_view::npos;
        out.is_pem = true;
        out.bytes = secret::take(text);
      }
      // As RFC 1421 encrypts there is one iteration.
      const bool has_cost = whole && block.label == "ENCRYPTED PRIVATE KEY";
      const errc cost = has_cost ? detail::check_password_cost(block.der, info) : errc::success;
      detail::wipe(block.der.data(), block.der.size());
      if (cost != errc::success) return cost;
      if (is_key && !whole) return info.set(errc::bad_pem, "the private key is cut short, or bytes follow it");
      if (is_key) return ask(out, info);
    }
    return info.set(errc::bad_pem, e == errc::success ? "there is no private key in the PEM text"
                                                      : "the PEM text of the private key does not decode");
  }

  errc from_bytes(key_material& out, error_info& info) const {
    // EncryptedPrivateKeyInfo begins with an AlgorithmIdentifier, every other container with a version (RFC 5958 §3).
    byte_view content;
    if (!detail::der::read_single(bytes_.bytes(), detail::der::tag::sequence, content) || content.empty())
      return info.set(errc::bad_der, "the private key is not DER, cut short, or bytes follow it");
    out.encrypted = content.front() == std::byte{detail::der::tag::sequence};
    out.is_pem = false;
    out.bytes = bytes_;
    if (out.encrypted)
      if (const errc e = detail::check_password_cost(bytes_.bytes(), info); e != errc::success) return e;
    return ask(out, info);
  }

  errc ask(key_material& out, error_info& info) const {
    out.password = out.encrypted && password_ ? password_() : secret();
    if (!out.encrypted) return errc::success;
    return out.password.empty() ? info.set(errc::password_required) : errc::success;
  }

  secret bytes_;
  bool is_pem_ = true;
  password_callback password_;
  std::shared_ptr<const detail::external_key> external_;
  error_info external_error_;
};

}  // namespace plugtls
