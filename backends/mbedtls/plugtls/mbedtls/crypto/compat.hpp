// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <mbedtls/md.h>
#include <mbedtls/pk.h>
#include <mbedtls/version.h>
#include <psa/crypto.h>

#include <cstring>
#include <span>

#include "plugtls/bytes.hpp"
#include "plugtls/detail/algorithm.hpp"
#include "plugtls/mbedtls/handle.hpp"
#include "plugtls/mbedtls/process.hpp"

#if MBEDTLS_VERSION_NUMBER < 0x021c0000 || MBEDTLS_VERSION_NUMBER >= 0x05000000
#error "plugtls: the mbedtls backend needs mbedTLS 2.28, 3 or 4"
#elif MBEDTLS_VERSION_NUMBER < 0x04000000
#include <mbedtls/ctr_drbg.h>
#include <mbedtls/ecp.h>
#include <mbedtls/entropy.h>
#include <mbedtls/gcm.h>
#include <mbedtls/pkcs12.h>
#include <mbedtls/pkcs5.h>
#include <mbedtls/rsa.h>
#endif
#if !defined(MBEDTLS_SSL_CLI_C) || !defined(MBEDTLS_SSL_SRV_C) || !defined(MBEDTLS_SSL_PROTO_TLS1_2) ||             \
    !defined(MBEDTLS_SSL_ALPN) || !defined(MBEDTLS_SSL_SERVER_NAME_INDICATION) ||                                   \
    !defined(MBEDTLS_SSL_KEEP_PEER_CERTIFICATE) || !defined(MBEDTLS_PEM_PARSE_C) || !defined(MBEDTLS_PK_PARSE_C) || \
    !defined(MBEDTLS_SSL_SESSION_TICKETS) || !defined(MBEDTLS_PK_WRITE_C) || !defined(MBEDTLS_PSA_CRYPTO_C)
#error "plugtls: this mbedTLS is built without a part that the mbedtls backend needs; see backends/mbedtls/README.md"
#endif

/// What versions of mbedTLS call the cryptography that is used without a connection.
namespace plugtls::mbedtls::compat {

/// Whether an RSA key may be a set of functions: `Sign` gets the key's pointer, a hash and its digest, and writes a
/// signature that has as many bytes as `Size` tells. 4.0 has this no more; for ECDSA no version has it.
#if defined(MBEDTLS_PK_RSA_ALT_SUPPORT) && MBEDTLS_VERSION_NUMBER < 0x04000000
inline constexpr bool has_rsa_functions = true;

template <auto Sign, auto Size>
int set_rsa_functions(mbedtls_pk_context* key, void* pointer) noexcept {
  using random_function = int (*)(void*, unsigned char*, std::size_t);
  using bytes = const unsigned char*;
#if MBEDTLS_VERSION_NUMBER < 0x03000000
  const auto sign = [](void* p, random_function, void*, int, mbedtls_md_type_t hash, unsigned, bytes digest,
                       unsigned char* out) { return Sign(p, hash, digest, out); };
  const auto decrypt = [](void*, int, std::size_t*, bytes, unsigned char*, std::size_t) {
    return MBEDTLS_ERR_PK_FEATURE_UNAVAILABLE;
  };
#else
  const auto sign = [](void* p, random_function, void*, mbedtls_md_type_t hash, unsigned, bytes digest,
                       unsigned char* out) { return Sign(p, hash, digest, out); };
  const auto decrypt = [](void*, std::size_t*, bytes, unsigned char*, std::size_t) {
    return MBEDTLS_ERR_PK_FEATURE_UNAVAILABLE;
  };
#endif
  return mbedtls_pk_setup_rsa_alt(key, pointer, decrypt, sign, Size);
}
#else
inline constexpr bool has_rsa_functions = false;

template <auto Sign, auto Size>
int set_rsa_functions(mbedtls_pk_context*, void*) noexcept {
  return MBEDTLS_ERR_PK_FEATURE_UNAVAILABLE;
}
#endif

#if MBEDTLS_VERSION_NUMBER < 0x04000000
/// The random generator of one thread, so that no lock is needed.
class generator {
 public:
  generator() noexcept : state_(mbedtls_ctr_drbg_seed(drbg_.get(), mbedtls_entropy_func, entropy_.get(), nullptr, 0)) {}

  static generator& own() noexcept {
    thread_local generator instance;
    return instance;
  }

  int fill(unsigned char* out, std::size_t size) noexcept {
    int e = refresh();
    while (e == 0 && size != 0) {
      const std::size_t n = size < MBEDTLS_CTR_DRBG_MAX_REQUEST ? size : MBEDTLS_CTR_DRBG_MAX_REQUEST;
      e = mbedtls_ctr_drbg_random(drbg_.get(), out, n);
      out += n;
      size -= n;
    }
    return e;
  }

 private:
  // Seeds it anew in a process that has its state from another one, which mbedTLS does not notice: both would draw the
  // same. Asked at every draw, since a handshake may go on in a child that began in its parent; it takes a system call.
  int refresh() noexcept {
    const process_mark here = this_process();
    if (state_ != 0 || seeded_in_ == here) return state_;
    const int e = mbedtls_ctr_drbg_reseed(drbg_.get(), nullptr, 0);
    if (e == 0) seeded_in_ = here;
    return e;
  }

  pinned<mbedtls_entropy_context, mbedtls_entropy_init, mbedtls_entropy_free> entropy_;
  pinned<mbedtls_ctr_drbg_context, mbedtls_ctr_drbg_init, mbedtls_ctr_drbg_free> drbg_;
  process_mark seeded_in_ = this_process();
  int state_;
};

inline int random(void*, unsigned char* out, std::size_t size) noexcept { return generator::own().fill(out, size); }
#endif

inline bool fill_random(std::span<std::byte> out) noexcept {
#if MBEDTLS_VERSION_NUMBER < 0x04000000
  return generator::own().fill(reinterpret_cast<unsigned char*>(out.data()), out.size()) == 0;
#else
  return psa_generate_random(reinterpret_cast<unsigned char*>(out.data()), out.size()) == PSA_SUCCESS;
#endif
}

/// Seals (or opens) by AES-256-GCM with a tag of 16 bytes; `out` has room for as many bytes as `in`. False where that
/// fails, or what is opened is not what was sealed.
inline bool gcm(bool seals, byte_view key, byte_view nonce, byte_view also, byte_view in, std::byte* out,
                std::byte* tag) noexcept {
  const auto raw = [](byte_view b) { return reinterpret_cast<const unsigned char*>(b.data()); };
  auto* to = reinterpret_cast<unsigned char*>(out);
  auto* seal = reinterpret_cast<unsigned char*>(tag);
#if MBEDTLS_VERSION_NUMBER < 0x04000000
  pinned<mbedtls_gcm_context, mbedtls_gcm_init, mbedtls_gcm_free> state;
  if (mbedtls_gcm_setkey(state.get(), MBEDTLS_CIPHER_ID_AES, raw(key), 256) != 0) return false;
  if (!seals)
    return mbedtls_gcm_auth_decrypt(state.get(), in.size(), raw(nonce), nonce.size(), raw(also), also.size(), seal, 16,
                                    raw(in), to) == 0;
  return mbedtls_gcm_crypt_and_tag(state.get(), MBEDTLS_GCM_ENCRYPT, in.size(), raw(nonce), nonce.size(), raw(also),
                                   also.size(), raw(in), to, 16, seal) == 0;
#else
  psa_key_attributes_t attributes = PSA_KEY_ATTRIBUTES_INIT;
  psa_set_key_usage_flags(&attributes, seals ? PSA_KEY_USAGE_ENCRYPT : PSA_KEY_USAGE_DECRYPT);
  psa_set_key_algorithm(&attributes, PSA_ALG_GCM);
  psa_set_key_type(&attributes, PSA_KEY_TYPE_AES);
  psa_key_id_t id = PSA_KEY_ID_NULL;
  if (psa_import_key(&attributes, raw(key), key.size(), &id) != PSA_SUCCESS) return false;
  // PSA puts the tag behind the bytes.
  byte_vector joined(in.size() + 16);
  auto* room = reinterpret_cast<unsigned char*>(joined.data());
  std::size_t size = 0;
  psa_status_t e = PSA_SUCCESS;
  if (seals) {
    e = psa_aead_encrypt(id, PSA_ALG_GCM, raw(nonce), nonce.size(), raw(also), also.size(), raw(in), in.size(), room,
                         joined.size(), &size);
    if (e == PSA_SUCCESS) {
      if (!in.empty()) std::memcpy(to, room, in.size());
      std::memcpy(seal, room + in.size(), 16);
    }
  } else {
    if (!in.empty()) std::memcpy(room, in.data(), in.size());
    std::memcpy(room + in.size(), tag, 16);
    e = psa_aead_decrypt(id, PSA_ALG_GCM, raw(nonce), nonce.size(), raw(also), also.size(), room, joined.size(), to,
                         in.size(), &size);
  }
  psa_destroy_key(id);
  return e == PSA_SUCCESS;
#endif
}

inline int parse_key(mbedtls_pk_context* key, const unsigned char* pem, std::size_t size, const unsigned char* password,
                     std::size_t password_size) noexcept {
#if MBEDTLS_VERSION_NUMBER >= 0x03000000 && MBEDTLS_VERSION_NUMBER < 0x04000000
  return mbedtls_pk_parse_key(key, pem, size, password, password_size, random, nullptr);
#else
  return mbedtls_pk_parse_key(key, pem, size, password, password_size);
#endif
}

/// Decrypts by PBES2, or PKCS#12's scheme with SHA-1 and Triple DES. What comes out may have its padding behind it.
inline int decrypt_pbe(const detail::algorithm_identifier& algorithm, byte_view password, byte_view ciphertext,
                       byte_vector& out) noexcept {
#if MBEDTLS_VERSION_NUMBER < 0x04000000 && defined(MBEDTLS_PKCS5_C) && defined(MBEDTLS_PKCS12_C)
  using namespace std::string_view_literals;
  const auto* p = reinterpret_cast<const unsigned char*>(password.data());
  const auto* in = reinterpret_cast<const unsigned char*>(ciphertext.data());
  auto* o = reinterpret_cast<unsigned char*>(out.data());
  byte_view content;
  if (!detail::der::read_single(algorithm.parameters, detail::der::tag::sequence, content))
    return MBEDTLS_ERR_PKCS5_FEATURE_UNAVAILABLE;
  mbedtls_asn1_buf parameters{};
  parameters.tag = MBEDTLS_ASN1_CONSTRUCTED | MBEDTLS_ASN1_SEQUENCE;
  parameters.p = const_cast<unsigned char*>(reinterpret_cast<const unsigned char*>(content.data()));
  parameters.len = content.size();
  const bool is_pbes2 = as_text(algorithm.oid) == "\x2a\x86\x48\x86\xf7\x0d\x01\x05\x0d"sv;
  if (!is_pbes2 && as_text(algorithm.oid) != "\x2a\x86\x48\x86\xf7\x0d\x01\x0c\x01\x03"sv)
    return MBEDTLS_ERR_PKCS12_FEATURE_UNAVAILABLE;
#if MBEDTLS_VERSION_NUMBER >= 0x03060000 && defined(MBEDTLS_CIPHER_PADDING_PKCS7)
  std::size_t size = 0;
  if (is_pbes2)
    return mbedtls_pkcs5_pbes2_ext(&parameters, MBEDTLS_PKCS5_DECRYPT, p, password.size(), in, ciphertext.size(), o,
                                   out.size(), &size);
  return mbedtls_pkcs12_pbe_ext(&parameters, MBEDTLS_PKCS12_PBE_DECRYPT, MBEDTLS_CIPHER_DES_EDE3_CBC, MBEDTLS_MD_SHA1,
                                p, password.size(), in, ciphertext.size(), o, out.size(), &size);
#else
  if (is_pbes2)
    return mbedtls_pkcs5_pbes2(&parameters, MBEDTLS_PKCS5_DECRYPT, p, password.size(), in, ciphertext.size(), o);
  return mbedtls_pkcs12_pbe(&parameters, MBEDTLS_PKCS12_PBE_DECRYPT, MBEDTLS_CIPHER_DES_EDE3_CBC, MBEDTLS_MD_SHA1, p,
                            password.size(), in, ciphertext.size(), o);
#endif
#else
  static_cast<void>(algorithm), static_cast<void>(password), static_cast<void>(ciphertext), static_cast<void>(out);
  return MBEDTLS_ERR_PK_FEATURE_UNAVAILABLE;
#endif
}

/// Checks that the public half of a key belongs to its private half.
inline int check_pair(const mbedtls_pk_context* key) noexcept {
#if MBEDTLS_VERSION_NUMBER >= 0x03000000 && MBEDTLS_VERSION_NUMBER < 0x04000000
  return mbedtls_pk_check_pair(key, key, random, nullptr);
#else
  return mbedtls_pk_check_pair(key, key);
#endif
}

/// Verifies an RSASSA-PSS signature whose mask uses the same hash; 4.0 takes any salt length.
inline int verify_pss(mbedtls_pk_context* key, mbedtls_md_type_t hash, int salt, byte_view digest,
                      byte_view signature) noexcept {
  const auto* d = reinterpret_cast<const unsigned char*>(digest.data());
  const auto* s = reinterpret_cast<const unsigned char*>(signature.data());
#if MBEDTLS_VERSION_NUMBER >= 0x04000000
  static_cast<void>(salt);
  return mbedtls_pk_verify_ext(MBEDTLS_PK_SIGALG_RSA_PSS, key, hash, d, digest.size(), s, signature.size());
#else
  const mbedtls_pk_rsassa_pss_options options{hash, salt};
  return mbedtls_pk_verify_ext(MBEDTLS_PK_RSASSA_PSS, &options, key, hash, d, digest.size(), s, signature.size());
#endif
}

}  // namespace plugtls::mbedtls::compat
