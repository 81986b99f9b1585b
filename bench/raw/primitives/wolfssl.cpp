// SPDX-License-Identifier: BSL-1.0
// What wolfSSL's cryptography costs without a protocol, and how this wolfSSL was built.
#include <wolfssl/options.h>
// After the options.
#include <wolfssl/ssl.h>
#include <wolfssl/wolfcrypt/aes.h>
#include <wolfssl/wolfcrypt/asn_public.h>
#include <wolfssl/wolfcrypt/chacha20_poly1305.h>
#include <wolfssl/wolfcrypt/curve25519.h>
#include <wolfssl/wolfcrypt/ecc.h>
#include <wolfssl/wolfcrypt/random.h>
#include <wolfssl/wolfcrypt/rsa.h>

#include <array>
#include <string_view>
#include <test_pki.hpp>

#include "../../product/register.hpp"

namespace {

using bench::require;

WC_RNG& rng() {
  static WC_RNG one;
  static const bool ready = wc_InitRng(&one) == 0;
  require(ready, "the random numbers");
  return one;
}

// The key in the form that wc_ functions read: PKCS#8's wrapping taken off.
struct plain_key {
  explicit plain_key(std::string_view pem) {
    size = wc_KeyPemToDer(reinterpret_cast<const unsigned char*>(pem.data()), static_cast<int>(pem.size()), der.data(),
                          static_cast<int>(der.size()), nullptr);
    require(size > 0, "reading a key");
    if (wc_GetPkcs8TraditionalOffset(der.data(), &begin, static_cast<word32>(size)) < 0) begin = 0;
  }
  std::array<unsigned char, 4096> der{};
  int size = 0;
  word32 begin = 0;
};

struct ecdsa {
  ecdsa() {
    plain_key bytes(plugtls::test_pki::server_key);
    require(wc_ecc_init(&key) == 0 &&
                wc_EccPrivateKeyDecode(bytes.der.data(), &bytes.begin, &key, static_cast<word32>(bytes.size)) == 0,
            "reading a key");
    wc_ecc_set_rng(&key, &rng());
    wc_ecc_make_pub(&key, nullptr);
    sign();
  }
  ~ecdsa() { wc_ecc_free(&key); }
  ecdsa(const ecdsa&) = delete;
  ecdsa& operator=(const ecdsa&) = delete;
  void sign() {
    size = static_cast<word32>(made.size());
    require(wc_ecc_sign_hash(hash.data(), static_cast<word32>(hash.size()), made.data(), &size, &rng(), &key) == 0,
            "signing");
  }
  void verify() {
    int good = 0;
    require(wc_ecc_verify_hash(made.data(), size, hash.data(), static_cast<word32>(hash.size()), &good, &key) == 0 &&
                good == 1,
            "verifying");
  }
  ecc_key key;
  std::array<unsigned char, 32> hash{};
  std::array<unsigned char, 128> made{};
  word32 size = 0;
};

struct rsa {
  rsa() {
    plain_key bytes(plugtls::test_pki::server_rsa_key);
    require(wc_InitRsaKey(&key, nullptr) == 0 &&
                wc_RsaPrivateKeyDecode(bytes.der.data(), &bytes.begin, &key, static_cast<word32>(bytes.size)) == 0,
            "reading a key");
    wc_RsaSetRNG(&key, &rng());
    sign();
  }
  ~rsa() { wc_FreeRsaKey(&key); }
  rsa(const rsa&) = delete;
  rsa& operator=(const rsa&) = delete;
  void sign() {
    size = wc_RsaSSL_Sign(hash.data(), static_cast<word32>(hash.size()), made.data(), static_cast<word32>(made.size()),
                          &key, &rng());
    require(size > 0, "signing");
  }
  void verify() {
    std::array<unsigned char, 512> out{};
    require(
        wc_RsaSSL_Verify(made.data(), static_cast<word32>(size), out.data(), static_cast<word32>(out.size()), &key) > 0,
        "verifying");
  }
  RsaKey key;
  std::array<unsigned char, 51> hash{};  // as long as a SHA-256 hash with its algorithm
  std::array<unsigned char, 512> made{};
  int size = 0;
};

struct x25519 {
  x25519() { generate(); }
  void generate() {
    wc_curve25519_init(&key);
    require(wc_curve25519_make_key(&rng(), CURVE25519_KEYSIZE, &key) == 0, "making a key");
  }
  void derive() {
    word32 size = static_cast<word32>(secret.size());
    require(wc_curve25519_shared_secret_ex(&key, &key, secret.data(), &size, EC25519_LITTLE_ENDIAN) == 0, "deriving");
  }
  curve25519_key key;
  std::array<unsigned char, 32> secret{};
};

struct p256 {
  p256() {
    wc_ecc_init(&key);
    generate();
  }
  ~p256() { wc_ecc_free(&key); }
  p256(const p256&) = delete;
  p256& operator=(const p256&) = delete;
  void generate() {
    wc_ecc_free(&key);
    wc_ecc_init(&key);
    require(wc_ecc_make_key_ex(&rng(), 32, &key, ECC_SECP256R1) == 0, "making a key");
    wc_ecc_set_rng(&key, &rng());
  }
  void derive() {
    word32 size = static_cast<word32>(secret.size());
    require(wc_ecc_shared_secret(&key, &key, secret.data(), &size) == 0, "deriving");
  }
  ecc_key key;
  std::array<unsigned char, 32> secret{};
};

struct sealing {
  explicit sealing(const bench::task& what) : size(static_cast<word32>(what.size)), is_chacha(what.suite == 0x1303) {
    require(wc_AesInit(&aes, nullptr, INVALID_DEVID) == 0 && wc_AesGcmSetKey(&aes, key.data(), 16) == 0, "a key");
  }
  void seal() {
    static std::array<unsigned char, 16384> in{}, out{};
    ++nonce[11];
    const int result = is_chacha ? wc_ChaCha20Poly1305_Encrypt(key.data(), nonce.data(), key.data(), 5, in.data(), size,
                                                               out.data(), tag.data())
                                 : wc_AesGcmEncrypt(&aes, out.data(), in.data(), size, nonce.data(), 12, tag.data(), 16,
                                                    key.data(), 5);
    require(result == 0, "sealing");
  }
  word32 size;
  bool is_chacha;
  Aes aes;
  std::array<unsigned char, 32> key{};
  std::array<unsigned char, 12> nonce{};
  std::array<unsigned char, 16> tag{};
};

template <class T>
std::unique_ptr<bench::job> sign_or_verify(std::string_view work) {
  if (work == "sign") return bench::repeat([k = std::make_shared<T>()] { k->sign(); });
  return bench::repeat([k = std::make_shared<T>()] { k->verify(); });
}
template <class T>
std::unique_ptr<bench::job> generate_or_derive(std::string_view work) {
  if (work == "keygen") return bench::repeat([k = std::make_shared<T>()] { k->generate(); });
  return bench::repeat([k = std::make_shared<T>()] { k->derive(); });
}

std::unique_ptr<bench::job> make_job(const bench::task& what) {
  require(wolfSSL_Init() == WOLFSSL_SUCCESS, "wolfSSL_Init");
  const std::string_view work = what.work;
  if (work == "sign" || work == "verify")
    return what.is_rsa != 0 ? sign_or_verify<rsa>(work) : sign_or_verify<ecdsa>(work);
  if (work == "keygen" || work == "derive")
    return what.group == 0x1d ? generate_or_derive<x25519>(work) : generate_or_derive<p256>(work);
  if (work == "seal") return bench::repeat([s = std::make_shared<sealing>(what)] { s->seal(); });
  throw bench::not_offered("no such primitive here");
}

#ifdef WOLFSSL_AESNI
constexpr const char* aes = "yes";
#else
constexpr const char* aes = "no";
#endif
#ifdef USE_INTEL_SPEEDUP
constexpr const char* assembly = "yes";
#else
constexpr const char* assembly = "no";
#endif
#ifdef WOLFSSL_SP_ASM
constexpr const char* sp_assembly = "yes";
#else
constexpr const char* sp_assembly = "no";
#endif

const bool added =
    bench::add_side(bench::make_side<make_job>("primitives")) &&
    bench::add_facts(
        {{"assembly", assembly}, {"AES instructions", aes}, {"assembly for public keys (SP)", sp_assembly}});

}  // namespace
