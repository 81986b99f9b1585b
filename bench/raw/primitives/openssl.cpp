// SPDX-License-Identifier: BSL-1.0
// What OpenSSL's cryptography costs without a protocol, and how this OpenSSL was built.
#include <openssl/crypto.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <test_pki.hpp>

#include <array>
#include <string_view>

#include "../../product/register.hpp"

namespace {

using key_handle = std::unique_ptr<EVP_PKEY, decltype([](EVP_PKEY* k) { EVP_PKEY_free(k); })>;
using key_context = std::unique_ptr<EVP_PKEY_CTX, decltype([](EVP_PKEY_CTX* c) { EVP_PKEY_CTX_free(c); })>;
using digest_context = std::unique_ptr<EVP_MD_CTX, decltype([](EVP_MD_CTX* c) { EVP_MD_CTX_free(c); })>;
using cipher_context = std::unique_ptr<EVP_CIPHER_CTX, decltype([](EVP_CIPHER_CTX* c) { EVP_CIPHER_CTX_free(c); })>;
using bench::require;

key_handle load(std::string_view pem) {
  BIO* bio = BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size()));
  key_handle key(PEM_read_bio_PrivateKey(bio, nullptr, nullptr, nullptr));
  BIO_vfree(bio);
  require(key != nullptr, "reading a key");
  return key;
}
key_handle generate(int group) {
  return key_handle(group == 0x1d ? EVP_PKEY_Q_keygen(nullptr, nullptr, "X25519")
                                  : EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-256"));
}

struct signing {
  explicit signing(const bench::task& what)
      : key(load(what.is_rsa != 0 ? plugtls::test_pki::server_rsa_key : plugtls::test_pki::server_key)) {
    sign();
  }
  void sign() {
    digest_context c(EVP_MD_CTX_new());
    size = made.size();
    require(EVP_DigestSignInit(c.get(), nullptr, EVP_sha256(), nullptr, key.get()) == 1 &&
                EVP_DigestSign(c.get(), made.data(), &size, text.data(), text.size()) == 1,
            "signing");
  }
  void verify() {
    digest_context c(EVP_MD_CTX_new());
    require(EVP_DigestVerifyInit(c.get(), nullptr, EVP_sha256(), nullptr, key.get()) == 1 &&
                EVP_DigestVerify(c.get(), made.data(), size, text.data(), text.size()) == 1,
            "verifying");
  }
  key_handle key;
  std::array<unsigned char, 130> text{};  // about what is signed in TLS 1.3
  std::array<unsigned char, 512> made{};
  std::size_t size = 0;
};

struct agreement {
  explicit agreement(int group) : own(generate(group)), peer(generate(group)) { require(own && peer, "making a key"); }
  void derive() {
    key_context c(EVP_PKEY_CTX_new(own.get(), nullptr));
    std::array<unsigned char, 64> secret{};
    std::size_t size = secret.size();
    require(EVP_PKEY_derive_init(c.get()) == 1 && EVP_PKEY_derive_set_peer(c.get(), peer.get()) == 1 &&
                EVP_PKEY_derive(c.get(), secret.data(), &size) == 1,
            "deriving");
  }
  key_handle own, peer;
};

struct sealing {
  explicit sealing(const bench::task& what) : size(what.size), context(EVP_CIPHER_CTX_new()) {
    const EVP_CIPHER* cipher = what.suite == 0x1303 ? EVP_chacha20_poly1305() : EVP_aes_128_gcm();
    require(EVP_EncryptInit_ex(context.get(), cipher, nullptr, key.data(), nonce.data()) == 1, "a key");
  }
  void seal() {
    static std::array<unsigned char, 16384> in{}, out{};
    int n = 0;
    ++nonce[11];
    require(EVP_EncryptInit_ex(context.get(), nullptr, nullptr, nullptr, nonce.data()) == 1 &&
                EVP_EncryptUpdate(context.get(), nullptr, &n, key.data(), 5) == 1 &&
                EVP_EncryptUpdate(context.get(), out.data(), &n, in.data(), static_cast<int>(size)) == 1 &&
                EVP_EncryptFinal_ex(context.get(), out.data(), &n) == 1 &&
                EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_AEAD_GET_TAG, 16, out.data()) == 1,
            "sealing");
  }
  std::size_t size;
  cipher_context context;
  std::array<unsigned char, 32> key{};
  std::array<unsigned char, 12> nonce{};
};

std::unique_ptr<bench::job> make_job(const bench::task& what) {
  const std::string_view work = what.work;
  if (work == "sign") return bench::repeat([s = std::make_shared<signing>(what)] { s->sign(); });
  if (work == "verify") return bench::repeat([s = std::make_shared<signing>(what)] { s->verify(); });
  if (work == "keygen") return bench::repeat([g = what.group] { require(generate(g) != nullptr, "making a key"); });
  if (work == "derive") return bench::repeat([a = std::make_shared<agreement>(what.group)] { a->derive(); });
  if (work == "seal") return bench::repeat([s = std::make_shared<sealing>(what)] { s->seal(); });
  throw bench::not_offered("no such primitive here");
}

#ifdef OPENSSL_NO_ASM
constexpr const char* assembly = "no";
#else
constexpr const char* assembly = "yes";
#endif

// Null in a build without assembly, which looks for none.
const char* processor_features() {
  const char* found = OPENSSL_info(OPENSSL_INFO_CPU_SETTINGS);
  return found != nullptr ? found : "none";
}

const bool added = bench::add_side(bench::make_side<make_job>("primitives")) &&
                   bench::add_facts({{"assembly", assembly},
                                     {"AES instructions", assembly},
                                     {"processor features in use", processor_features()},
                                     {"compiled with", OpenSSL_version(OPENSSL_CFLAGS)}});

}  // namespace
