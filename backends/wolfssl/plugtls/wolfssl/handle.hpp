// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstddef>

#include "plugtls/bytes.hpp"
#include "plugtls/detail/c_handle.hpp"
#include "plugtls/wolfssl/compat.hpp"

extern "C" WOLFSSL_API void wolfSSL_X509_STORE_free(WOLFSSL_X509_STORE* store);  // 5.9 hides it in our view

namespace plugtls::wolfssl {

using ctx_handle = detail::c_handle<WOLFSSL_CTX, wolfSSL_CTX_free>;
using ssl_handle = detail::c_handle<WOLFSSL, wolfSSL_free>;
using session_handle = detail::c_handle<WOLFSSL_SESSION, wolfSSL_SESSION_free>;
using rng_handle = detail::c_handle<WC_RNG, wc_rng_free>;
using x509_handle = detail::c_handle<WOLFSSL_X509, wolfSSL_X509_free>;
using store_handle = detail::c_handle<WOLFSSL_X509_STORE, wolfSSL_X509_STORE_free>;
using ecc_point_handle = detail::c_handle<ecc_point, wc_ecc_del_point>;

/// Holds a key of wolfCrypt's from its init to its free function. The library's own structure may be larger than our
/// view of it (5.5.4: an RsaKey of 8696 bytes, seen as 8632), so it gets twice the room, and no field of it is touched.
template <class T, auto Init, auto Free>
class roomy {
 public:
  roomy() noexcept : ready_(Init(get()) == 0) {}
  ~roomy() {
    if (ready_) Free(get());
  }
  roomy(const roomy&) = delete;
  roomy& operator=(const roomy&) = delete;

  T* get() noexcept { return reinterpret_cast<T*>(room_); }
  explicit operator bool() const noexcept { return ready_; }

 private:
  alignas(64) unsigned char room_[2 * sizeof(T)] = {};
  bool ready_;
};

/// For each thread that computes on elliptic curves wolfSSL keeps tables of points, of some 13 MB, and leaves them
/// behind when the thread ends. Called before such work, this has them freed with the thread.
inline void free_tables_with_thread() noexcept {
  struct tables {
    ~tables() { wc_ecc_fp_free(); }
  };
  static thread_local const tables own;
  static_cast<void>(&own);
}

inline int init_rsa(RsaKey* key) noexcept { return wc_InitRsaKey(key, nullptr); }

inline int init_ecc(ecc_key* key) noexcept {
  free_tables_with_thread();
  return wc_ecc_init(key);
}

inline int init_aes(Aes* aes) noexcept { return wc_AesInit(aes, nullptr, INVALID_DEVID); }

using aes_handle = roomy<Aes, init_aes, wc_AesFree>;
using rsa_handle = roomy<RsaKey, init_rsa, wc_FreeRsaKey>;
using ecc_handle = roomy<ecc_key, init_ecc, wc_ecc_free>;
using ed25519_handle = roomy<ed25519_key, wc_ed25519_init, wc_ed25519_free>;

/// RSA keys of more bits are not computed with.
inline constexpr unsigned most_rsa_bits = 4096;

inline const unsigned char* data(byte_view bytes) noexcept {
  return reinterpret_cast<const unsigned char*>(bytes.data());
}
inline word32 size(byte_view bytes) noexcept { return static_cast<word32>(bytes.size()); }

}  // namespace plugtls::wolfssl
