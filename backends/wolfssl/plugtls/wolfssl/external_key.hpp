// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <climits>
#include <cstring>

#include "plugtls/detail/external_key.hpp"
#include "plugtls/wolfssl/signature.hpp"

// Keys that are elsewhere, by wolfSSL's callbacks for operations with public keys (HAVE_PK_CALLBACKS).
namespace plugtls::wolfssl::external {

/// Writes one element of DER, of less than 16 MiB.
inline byte_vector wrap(detail::der::tag_type tag, byte_view content) {
  byte_vector out{static_cast<std::byte>(tag)};
  const std::size_t n = content.size();
  const unsigned more = n > 0xffff ? 3 : n > 0xff ? 2 : n > 0x7f ? 1 : 0;
  if (more != 0) out.push_back(static_cast<std::byte>(0x80U | more));
  for (unsigned i = more == 0 ? 1 : more; i-- != 0;) out.push_back(static_cast<std::byte>(n >> (8 * i) & 0xff));
  out.insert(out.end(), content.begin(), content.end());
  return out;
}

/// What wolfSSL is given in place of the private key: 5.7 wants one in TLS 1.3, and takes the size of signatures from
/// it. For RSA the public numbers stand in it and a 1 for each secret one, for ECDSA the curve and a 1. Nobody can sign
/// with it.
inline byte_vector stand_in(const public_key_view& key) {
  const auto append = [](byte_vector& to, byte_view what) { to.insert(to.end(), what.begin(), what.end()); };
  byte_vector fields;
  if (key.kind() == key_kind::rsa) {  // RSAPrivateKey (RFC 8017 §A.1.2)
    const std::byte zero{0}, one{1};
    byte_view numbers;
    detail::der::read_single(key.key_bytes(), detail::der::tag::sequence, numbers);
    append(fields, wrap(detail::der::tag::integer, {&zero, 1}));
    append(fields, numbers);
    for (int i = 0; i < 6; ++i) append(fields, wrap(detail::der::tag::integer, {&one, 1}));
  } else {  // ECPrivateKey (RFC 5915 §3)
    const std::byte version{1};
    byte_vector scalar((key.bits() + 7) / 8);
    scalar.back() = std::byte{1};
    append(fields, wrap(detail::der::tag::integer, {&version, 1}));
    append(fields, wrap(detail::der::tag::octet_string, scalar));
    append(fields, wrap(detail::der::tag::constructed(0), key.parameters()));
  }
  return wrap(detail::der::tag::sequence, fields);
}

/// Hands one request over, and the signature back. wolfSSL takes any number but 0 for a failure.
inline int sign(const void* key, signature_scheme scheme, byte_view digest, unsigned char* out,
                word32* out_size) noexcept {
  byte_vector signature;
  if (key == nullptr ||
      !detail::make_signature(*static_cast<const detail::external_key*>(key), scheme, digest, verify_digest, signature))
    return BAD_FUNC_ARG;
  if (signature.size() > *out_size) return BUFFER_E;
  std::memcpy(out, signature.data(), signature.size());
  *out_size = static_cast<word32>(signature.size());
  return 0;
}

inline byte_view view(const unsigned char* bytes, word32 size) noexcept {
  return std::as_bytes(std::span(bytes, size));
}

inline int sign_ecdsa(WOLFSSL*, const unsigned char* in, unsigned size, unsigned char* out, word32* out_size,
                      const unsigned char*, unsigned, void* key) noexcept {
  return sign(key, detail::scheme_of(detail::scheme_family::ecdsa, size), view(in, size), out, out_size);
}

// What comes is a DigestInfo (RFC 8017 §9.2): its last field is the digest.
inline int sign_pkcs1(WOLFSSL*, const unsigned char* in, unsigned size, unsigned char* out, word32* out_size,
                      const unsigned char*, unsigned, void* key) noexcept {
  byte_view content, algorithm, digest;
  detail::der::read_single(view(in, size), detail::der::tag::sequence, content);
  detail::der::reader fields(content);
  fields.next(detail::der::tag::sequence, algorithm);
  fields.next(detail::der::tag::octet_string, digest);
  return sign(key, detail::scheme_of(detail::scheme_family::rsa_pkcs1, digest.size()), digest, out, out_size);
}

inline int sign_pss(WOLFSSL*, const unsigned char* in, unsigned size, unsigned char* out, unsigned* out_size, int, int,
                    const unsigned char*, unsigned, void* key) noexcept {
  return sign(key, detail::scheme_of(detail::scheme_family::rsa_pss, size), view(in, size), out, out_size);
}

// wolfSSL checks RSA signatures after they are made, with the private key that is not there (5.7 crashes over it). They
// have been verified; 0 says so.
inline int skip_check(WOLFSSL*, unsigned char*, unsigned, unsigned char**, const unsigned char*, unsigned,
                      void*) noexcept {
  return 0;
}
inline int skip_check_pss(WOLFSSL*, unsigned char*, unsigned, unsigned char**, int, int, const unsigned char*, unsigned,
                          void*) noexcept {
  return 0;
}

/// Has the connections of a context ask the signer.
inline void install(WOLFSSL_CTX* ctx) noexcept {
  compat::set_sign_callbacks(ctx, sign_ecdsa, sign_pkcs1, skip_check, sign_pss, skip_check_pss);
}
/// Tells a connection whose signatures it is about.
inline void install(WOLFSSL* ssl, const detail::external_key* key) noexcept {
  compat::set_sign_pointer(ssl, const_cast<detail::external_key*>(key));
}

}  // namespace plugtls::wolfssl::external
