// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <climits>
#include <memory>
#include <string>

#include "plugtls/detail/algorithm.hpp"
#include "plugtls/detail/der.hpp"
#include "plugtls/key_source.hpp"
#include "plugtls/pem.hpp"
#include "plugtls/wolfssl/error.hpp"
#include "plugtls/wolfssl/external_key.hpp"
#include "plugtls/wolfssl/handle.hpp"

namespace plugtls::wolfssl {

/// A private key: its decrypted DER, which wolfSSL has been seen to read. wolfSSL takes keys into each context anew.
class private_key {
 public:
  [[gnu::cold]] errc load(const key_material& material, error_info& info) {
    der_ = {};
    std::string der;
    errc e = material.bytes.size() > INT_MAX ? info.set(errc::too_long) : decrypt(material, der, info);
    if (e == errc::success) e = recognise(as_bytes(der), material, info);
    if (e == errc::success) der_ = secret(std::string_view(der));
    detail::wipe(der.data(), der.size());
    return e;
  }

  // A longer key is not compiled in, so that no signature of it could be verified.
  errc load_external(const std::shared_ptr<const detail::external_key>& elsewhere, error_info& info) {
    if (elsewhere->view.kind() == key_kind::rsa && elsewhere->view.bits() > most_rsa_bits)
      return info.set(errc::unsupported, "wolfSSL has RSA up to " + std::to_string(most_rsa_bits) +
                                             " bits; the signer's key is " + elsewhere->view.description());
    external_ = elsewhere;
    der_ = secret(external::stand_in(elsewhere->view));
    return errc::success;
  }

  // Always made from the private half: what a file says besides is not what signatures are verified with.
  [[gnu::cold]] bool public_key(byte_vector& spki) const {
    unsigned char out[2048];
    const int size = write_public(as_bytes(der_.text()), out, sizeof out);
    if (size <= 0) return false;
    const auto bytes = std::as_bytes(std::span(out)).first(static_cast<std::size_t>(size));
    spki.assign(bytes.begin(), bytes.end());
    return true;
  }

  /// PKCS#8, PKCS#1 or SEC 1, not encrypted; belongs to this.
  byte_view der() const noexcept { return der_.bytes(); }
  /// The key that is elsewhere, null for one that is here.
  const detail::external_key* external() const noexcept { return external_.get(); }

  /// Whether wolfSSL has the algorithm that something is encrypted with: it tells one that it lacks and a wrong
  /// password by the same error.
  [[gnu::cold]] static bool can_decrypt(const detail::algorithm_identifier& algorithm) {
    using namespace std::string_view_literals;
    namespace der = detail::der;
    const std::string_view scheme = as_text(algorithm.oid);
    if (scheme == "\x2a\x86\x48\x86\xf7\x0d\x01\x0c\x01\x03"sv) return true;  // pbeWithSHAAnd3-KeyTripleDES-CBC
    if (scheme == "\x2a\x86\x48\x86\xf7\x0d\x01\x05\x03"sv) return true;      // pbeWithMD5AndDES-CBC
    if (scheme == "\x2a\x86\x48\x86\xf7\x0d\x01\x05\x0a"sv) return true;      // pbeWithSHA1AndDES-CBC
    if (scheme != "\x2a\x86\x48\x86\xf7\x0d\x01\x05\x0d"sv) return false;     // PBES2 (RFC 8018 §A.4)
    byte_view content;
    detail::algorithm_identifier derivation, cipher;
    if (!der::read_single(algorithm.parameters, der::tag::sequence, content)) return true;
    der::reader in(content);
    if (!detail::read_algorithm(in, derivation) || !detail::read_algorithm(in, cipher)) return true;
    if (as_text(derivation.oid) != "\x2a\x86\x48\x86\xf7\x0d\x01\x05\x0c"sv) return false;  // PBKDF2
    if (!has_hash(derivation.parameters)) return false;
    const std::string_view c = as_text(cipher.oid);
    return c == "\x2a\x86\x48\x86\xf7\x0d\x03\x07"sv ||      // des-EDE3-CBC
           c == "\x60\x86\x48\x01\x65\x03\x04\x01\x02"sv ||  // aes128-CBC
           c == "\x60\x86\x48\x01\x65\x03\x04\x01\x2a"sv;    // aes256-CBC
  }

 private:
  // PBKDF2 (RFC 8018 §A.2) with HMAC of SHA-1, which is the default, or SHA-256.
  static bool has_hash(byte_view parameters) {
    using namespace std::string_view_literals;
    byte_view content;
    if (!detail::der::read_single(parameters, detail::der::tag::sequence, content)) return true;
    for (detail::der::reader in(content); !in.at_end();) {
      detail::der::element next;
      if (in.next_is(detail::der::tag::sequence)) {
        detail::algorithm_identifier hash;
        if (!detail::read_algorithm(in, hash)) return true;
        const std::string_view id = as_text(hash.oid);
        return id == "\x2a\x86\x48\x86\xf7\x0d\x02\x07"sv || id == "\x2a\x86\x48\x86\xf7\x0d\x02\x09"sv;
      }
      if (!in.next(next)) return true;
    }
    return true;
  }

  static errc malformed(const key_material& material) noexcept {
    return material.is_pem ? errc::bad_pem : errc::bad_der;
  }

  [[gnu::cold]] static errc decrypt(const key_material& material, std::string& der, error_info& info) {
    if (!material.is_pem) {
      der = material.bytes.text();
      return material.encrypted ? decrypt_pkcs8(material, der, info) : errc::success;
    }
    pem_reader reader(material.bytes.text());
    pem_block block;
    errc e = errc::success;
    if (!reader.next(block, e)) return info.set(errc::bad_pem, "the PEM text of the private key does not decode");
    der = as_text(block.der);
    detail::wipe(block.der.data(), block.der.size());
    if (!material.encrypted) return errc::success;
    if (block.headers.empty()) return decrypt_pkcs8(material, der, info);

    // What a wrong password gives is not noticed here (5.5.4): it does not look like a key afterwards.
    const int n = wc_KeyPemToDer(data(material.bytes.bytes()), static_cast<int>(material.bytes.size()),
                                 reinterpret_cast<unsigned char*>(der.data()), static_cast<int>(der.size()),
                                 material.password.c_str());
    if (n <= 0) return refuse(info, n, knows_cipher(block) ? errc::bad_password : errc::unsupported, lacks(true));
    der.resize(static_cast<std::size_t>(n));
    return errc::success;
  }

  static errc decrypt_pkcs8(const key_material& material, std::string& der, error_info& info) {
    byte_view content;
    detail::algorithm_identifier algorithm;
    if (!detail::der::read_single(as_bytes(der), detail::der::tag::sequence, content))
      return info.set(malformed(material), "the encrypted private key is cut short");
    detail::der::reader in(content);
    if (!detail::read_algorithm(in, algorithm))
      return info.set(malformed(material), "the encrypted private key does not decode");
    if (!can_decrypt(algorithm)) return info.set(errc::unsupported, lacks(true));
    const int n = wc_DecryptPKCS8Key(reinterpret_cast<unsigned char*>(der.data()), static_cast<word32>(der.size()),
                                     material.password.c_str(), static_cast<int>(material.password.size()));
    if (n <= 0) return refuse(info, n, errc::bad_password, {});
    detail::wipe(der.data() + n, der.size() - static_cast<std::size_t>(n));
    der.resize(static_cast<std::size_t>(n));
    return errc::success;
  }

  static bool knows_cipher(const pem_block& block) noexcept {
    const std::string_view info = block.header("DEK-Info");
    const std::string_view cipher = info.substr(0, info.find(','));
    for (const std::string_view known : {"AES-128-CBC", "AES-192-CBC", "AES-256-CBC", "DES-EDE3-CBC", "DES-CBC"})
      if (cipher == known) return true;
    return false;
  }

  static std::string lacks(bool encryption) {
    return encryption ? "wolfSSL lacks the algorithm that the private key is encrypted with; one that it has: "
                        "openssl pkcs8 -topk8 -v2 aes256"
                      : "wolfSSL reads RSA, ECDSA and Ed25519 keys on named curves; this one is of another kind";
  }

  [[gnu::cold]] static errc recognise(byte_view der, const key_material& material, error_info& info) {
    byte_view content;
    const bool whole = detail::der::read_single(der, detail::der::tag::sequence, content);
    unsigned char out[2048];
    if (whole && write_public(der, out, sizeof out) > 0) return errc::success;
    // PKCS#8 of a kind of key that is not there (RFC 5958 §2).
    detail::der::reader in(content);
    byte_view version;
    detail::algorithm_identifier algorithm;
    if (whole && in.next(detail::der::tag::integer, version) && in.next_is(detail::der::tag::sequence) &&
        detail::read_algorithm(in, algorithm) && in.next_is(detail::der::tag::octet_string) && !is_read(algorithm))
      return info.set(errc::unsupported, lacks(false));
    if (material.encrypted) return info.set(errc::bad_password);
    return info.set(malformed(material), "the private key does not decode");
  }

  static bool is_read(const detail::algorithm_identifier& algorithm) {
    namespace oid = detail::oid;
    if (oid::is(algorithm.oid, oid::ec_public_key)) {
      byte_view curve;
      return detail::der::read_single(algorithm.parameters, detail::der::tag::oid, curve) &&
             !detail::describe_curve(curve).name.empty();
    }
    return oid::is(algorithm.oid, oid::rsa_encryption) || oid::is(algorithm.oid, oid::ed25519);
  }

  // Reads a key by trying each kind, and writes its SubjectPublicKeyInfo. Returns its size.
  static int write_public(byte_view der, unsigned char* out, word32 room) {
    word32 at = 0;
    if (rsa_handle rsa; rsa && wc_RsaPrivateKeyDecode(data(der), &at, rsa.get(), size(der)) == 0)
      return wc_RsaKeyToPublicDer(rsa.get(), out, room);
    at = 0;
    if (ecc_handle ecc; ecc && wc_EccPrivateKeyDecode(data(der), &at, ecc.get(), size(der)) == 0)
      return wc_ecc_make_pub(ecc.get(), nullptr) == 0 ? wc_EccPublicKeyToDer(ecc.get(), out, room, 1) : 0;
    return write_ed25519(der, out, room);
  }

  static int write_ed25519(byte_view der, unsigned char* out, word32 room) {
    word32 at = 0;
    ed25519_handle key;
    unsigned char raw[ED25519_PUB_KEY_SIZE];
    if (!key || wc_Ed25519PrivateKeyDecode(data(der), &at, key.get(), size(der)) != 0 ||
        wc_ed25519_make_public(key.get(), raw, sizeof raw) != 0 ||
        wc_ed25519_import_public(raw, sizeof raw, key.get()) != 0)
      return 0;
    return wc_Ed25519PublicKeyToDer(key.get(), out, room, 1);
  }

  secret der_;
  std::shared_ptr<const detail::external_key> external_;
};

}  // namespace plugtls::wolfssl
