// SPDX-License-Identifier: BSL-1.0
// What mbedTLS's cryptography costs without a protocol, and how this mbedTLS was built.
#include <mbedtls/chachapoly.h>
#include <mbedtls/ecdh.h>
#include <mbedtls/gcm.h>
#include <mbedtls/pk.h>
#include <mbedtls/version.h>
#include <psa/crypto.h>
#include <test_pki.hpp>

#include <array>
#include <string_view>

#include "../../product/register.hpp"

namespace {

using bench::require;

int random_bytes(void*, unsigned char* out, std::size_t n) {
  return psa_generate_random(out, n) == PSA_SUCCESS ? 0 : -1;
}

struct signing {
  explicit signing(const bench::task& what) {
    mbedtls_pk_init(&key);
    const std::string pem(what.is_rsa != 0 ? plugtls::test_pki::server_rsa_key : plugtls::test_pki::server_key);
    const auto* bytes = reinterpret_cast<const unsigned char*>(pem.c_str());
#if MBEDTLS_VERSION_NUMBER >= 0x03000000
    const int parsed = mbedtls_pk_parse_key(&key, bytes, pem.size() + 1, nullptr, 0, random_bytes, nullptr);
#else
    const int parsed = mbedtls_pk_parse_key(&key, bytes, pem.size() + 1, nullptr, 0);
#endif
    require(parsed == 0, "reading a key");
    sign();
  }
  ~signing() { mbedtls_pk_free(&key); }
  signing(const signing&) = delete;
  signing& operator=(const signing&) = delete;

  void sign() {
#if MBEDTLS_VERSION_NUMBER >= 0x03000000
    const int result = mbedtls_pk_sign(&key, MBEDTLS_MD_SHA256, hash.data(), hash.size(), made.data(), made.size(),
                                       &size, random_bytes, nullptr);
#else
    const int result =
        mbedtls_pk_sign(&key, MBEDTLS_MD_SHA256, hash.data(), hash.size(), made.data(), &size, random_bytes, nullptr);
#endif
    require(result == 0, "signing");
  }
  void verify() {
    require(mbedtls_pk_verify(&key, MBEDTLS_MD_SHA256, hash.data(), hash.size(), made.data(), size) == 0, "verifying");
  }
  mbedtls_pk_context key;
  std::array<unsigned char, 32> hash{};
  std::array<unsigned char, 512> made{};
  std::size_t size = 0;
};

struct agreement {
  explicit agreement(int iana) {
    mbedtls_ecp_group_init(&group);
    mbedtls_ecp_point_init(&own);
    mbedtls_mpi_init(&secret);
    mbedtls_mpi_init(&shared);
    require(mbedtls_ecp_group_load(&group, iana == 0x1d ? MBEDTLS_ECP_DP_CURVE25519 : MBEDTLS_ECP_DP_SECP256R1) == 0,
            "a curve");
    generate();
  }
  ~agreement() {
    mbedtls_mpi_free(&shared);
    mbedtls_mpi_free(&secret);
    mbedtls_ecp_point_free(&own);
    mbedtls_ecp_group_free(&group);
  }
  agreement(const agreement&) = delete;
  agreement& operator=(const agreement&) = delete;

  void generate() { require(mbedtls_ecdh_gen_public(&group, &secret, &own, random_bytes, nullptr) == 0, "a key"); }
  void derive() {
    require(mbedtls_ecdh_compute_shared(&group, &shared, &own, &secret, random_bytes, nullptr) == 0, "deriving");
  }
  mbedtls_ecp_group group;
  mbedtls_ecp_point own;
  mbedtls_mpi secret, shared;
};

struct sealing {
  explicit sealing(const bench::task& what) : size(what.size), is_chacha(what.suite == 0x1303) {
    mbedtls_gcm_init(&gcm);
    mbedtls_chachapoly_init(&chacha);
    const int result = is_chacha ? mbedtls_chachapoly_setkey(&chacha, key.data())
                                 : mbedtls_gcm_setkey(&gcm, MBEDTLS_CIPHER_ID_AES, key.data(), 128);
    require(result == 0, "a key");
  }
  ~sealing() {
    mbedtls_gcm_free(&gcm);
    mbedtls_chachapoly_free(&chacha);
  }
  sealing(const sealing&) = delete;
  sealing& operator=(const sealing&) = delete;

  void seal() {
    static std::array<unsigned char, 16384> in{}, out{};
    ++nonce[11];
    const int result = is_chacha
                           ? mbedtls_chachapoly_encrypt_and_tag(&chacha, size, nonce.data(), key.data(), 5, in.data(),
                                                                out.data(), tag.data())
                           : mbedtls_gcm_crypt_and_tag(&gcm, MBEDTLS_GCM_ENCRYPT, size, nonce.data(), nonce.size(),
                                                       key.data(), 5, in.data(), out.data(), tag.size(), tag.data());
    require(result == 0, "sealing");
  }
  std::size_t size;
  bool is_chacha;
  mbedtls_gcm_context gcm;
  mbedtls_chachapoly_context chacha;
  std::array<unsigned char, 32> key{};
  std::array<unsigned char, 12> nonce{};
  std::array<unsigned char, 16> tag{};
};

std::unique_ptr<bench::job> make_job(const bench::task& what) {
  require(psa_crypto_init() == PSA_SUCCESS, "psa_crypto_init");
  const std::string_view work = what.work;
  if (work == "sign") return bench::repeat([s = std::make_shared<signing>(what)] { s->sign(); });
  if (work == "verify") return bench::repeat([s = std::make_shared<signing>(what)] { s->verify(); });
  if (work == "keygen") return bench::repeat([a = std::make_shared<agreement>(what.group)] { a->generate(); });
  if (work == "derive") return bench::repeat([a = std::make_shared<agreement>(what.group)] { a->derive(); });
  if (work == "seal") return bench::repeat([s = std::make_shared<sealing>(what)] { s->seal(); });
  throw bench::not_offered("no such primitive here");
}

const char* feature(const char* name) { return mbedtls_version_check_feature(name) == 0 ? "yes" : "no"; }

const bool added = bench::add_side(bench::make_side<make_job>("primitives")) &&
                   bench::add_facts({{"assembly", feature("MBEDTLS_HAVE_ASM")},
                                     {"AES instructions", feature("MBEDTLS_AESNI_C")},
                                     {"small AES tables", feature("MBEDTLS_AES_FEWER_TABLES")}});

}  // namespace
