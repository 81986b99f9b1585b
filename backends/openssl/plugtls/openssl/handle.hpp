// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "plugtls/bytes.hpp"
#include "plugtls/detail/c_handle.hpp"
#include "plugtls/openssl/compat.hpp"

namespace plugtls::openssl {

inline void free_stack(STACK_OF(X509) * certificates) noexcept { sk_X509_pop_free(certificates, X509_free); }
inline void free_bytes(unsigned char* bytes) noexcept { OPENSSL_free(bytes); }

using ssl_ctx_handle = detail::c_handle<SSL_CTX, SSL_CTX_free>;
using ssl_handle = detail::c_handle<SSL, SSL_free>;
using bio_handle = detail::c_handle<BIO, BIO_free>;
using bio_method_handle = detail::c_handle<BIO_METHOD, BIO_meth_free>;
using pkey_handle = detail::c_handle<EVP_PKEY, EVP_PKEY_free>;
using pkey_ctx_handle = detail::c_handle<EVP_PKEY_CTX, EVP_PKEY_CTX_free>;
using params_handle = detail::c_handle<OSSL_PARAM, OSSL_PARAM_free>;
using x509_handle = detail::c_handle<X509, X509_free>;
using x509_stack_handle = detail::c_handle<STACK_OF(X509), free_stack>;
using cipher_ctx_handle = detail::c_handle<EVP_CIPHER_CTX, EVP_CIPHER_CTX_free>;
using store_handle = detail::c_handle<X509_STORE, X509_STORE_free>;
using store_ctx_handle = detail::c_handle<X509_STORE_CTX, X509_STORE_CTX_free>;
using algor_handle = detail::c_handle<X509_ALGOR, X509_ALGOR_free>;
using asn1_type_handle = detail::c_handle<ASN1_TYPE, ASN1_TYPE_free>;
using bit_string_handle = detail::c_handle<ASN1_BIT_STRING, ASN1_BIT_STRING_free>;
using session_handle = detail::c_handle<SSL_SESSION, SSL_SESSION_free>;
using bytes_handle = detail::c_handle<unsigned char, free_bytes>;

inline const unsigned char* data(byte_view bytes) noexcept {
  return reinterpret_cast<const unsigned char*>(bytes.data());
}

/// Reads DER by one of OpenSSL's functions for it; holds nothing where that cannot.
template <class Handle, class Read>
Handle read_der(Read* read, byte_view der) noexcept {
  const unsigned char* p = data(der);
  return Handle(read(nullptr, &p, static_cast<long>(der.size())));
}

}  // namespace plugtls::openssl
