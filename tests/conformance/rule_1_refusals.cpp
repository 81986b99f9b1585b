// SPDX-License-Identifier: BSL-1.0
#include <unistd.h>
#include <cstdio>
#include <cstdlib>
#include <fstream>

#include "client_hello.hpp"
#include "plugtls/unix_time.hpp"

using namespace plugtls;
using namespace plugtls_test;

namespace {

template <class Settings>
void check_refusals(const Settings& good) {
  const auto with = [&good](auto&& change) {
    Settings s = good;
    change(s);
    return refusal(s);
  };
  CHECK(with([](Settings& s) { s.min_version = tls_version::tls1_0; }) == errc::unsupported);
  CHECK(with([](Settings& s) { s.min_version = tls_version::tls1_1; }) == errc::unsupported);
  CHECK(with([](Settings& s) { s.max_version = tls_version::tls1_1; }) == errc::unsupported);
  CHECK(with([](Settings& s) { s.max_version = static_cast<tls_version>(0x0305); }) == errc::invalid_argument);
  CHECK(with([](Settings& s) { s.min_version = static_cast<tls_version>(0x0300); }) == errc::invalid_argument);
  CHECK(with([](Settings& s) { s.min_version = static_cast<tls_version>(1); }) == errc::invalid_argument);
  CHECK(with([](Settings& s) {
          s.min_version = tls_version::tls1_3;
          s.max_version = tls_version::tls1_2;
        }) == errc::invalid_argument);

  // Numbers that are no suite, no longer safe, or not TLS.
  for (const unsigned n : {0x0000U, 0x000aU, 0x002fU, 0x009cU, 0xc013U, 0x00ffU, 0x5600U, 0x13ffU, 0xffffU}) {
    CAPTURE(n);
    const auto suite = static_cast<cipher_suite>(n);
    CHECK(with([&](Settings& s) { s.cipher_suites = {suite}; }) == errc::unsupported);
    CHECK(with([&](Settings& s) {
            s.cipher_suites = {cipher_suite::ecdhe_ecdsa_with_aes_128_gcm_sha256, suite};
          }) == errc::unsupported);
  }
  for (const unsigned n : {0x0000U, 0x0001U, 0x0015U, 0x0016U, 0x001aU, 0x01ffU, 0x2a2aU, 0xffffU}) {
    CAPTURE(n);
    CHECK(with([&](Settings& s) { s.groups = {static_cast<named_group>(n)}; }) == errc::unsupported);
    CHECK(with([&](Settings& s) {
            s.groups = {named_group::secp256r1, static_cast<named_group>(n)};
          }) == errc::unsupported);
  }
  CHECK(with([](Settings& s) {
          s.cipher_suites = {cipher_suite::ecdhe_ecdsa_with_aes_128_gcm_sha256,
                             cipher_suite::ecdhe_ecdsa_with_aes_128_gcm_sha256};
        }) == errc::invalid_argument);
  CHECK(with([](Settings& s) {
          s.groups = {named_group::secp256r1, named_group::secp256r1};
        }) == errc::invalid_argument);

  // A window and a list that cannot both be meant.
  CHECK(with([](Settings& s) {
          s.min_version = tls_version::tls1_2;
          s.max_version = tls_version::tls1_2;
          s.cipher_suites = {cipher_suite::aes_128_gcm_sha256};
        }) == errc::invalid_argument);
  CHECK(with([](Settings& s) {
          s.max_version = tls_version::tls1_3;
          s.cipher_suites = {cipher_suite::ecdhe_ecdsa_with_aes_128_gcm_sha256};
        }) == errc::invalid_argument);

  CHECK(with([](Settings& s) { s.alpn = {""}; }) == errc::invalid_argument);
  CHECK(with([](Settings& s) { s.alpn = {"ok", ""}; }) == errc::invalid_argument);
  CHECK(with([](Settings& s) { s.alpn = {std::string(256, 'x')}; }) == errc::invalid_argument);
  CHECK(with([](Settings& s) { s.alpn.assign(300, std::string(255, 'x')); }) == errc::invalid_argument);

  // What no backend could honour counts before what this one may lack.
  const auto lacking = {+[](Settings& s) { s.min_version = tls_version::tls1_3; },
                        +[](Settings& s) { s.cipher_suites = {cipher_suite::aes_128_gcm_sha256}; },
                        +[](Settings& s) { s.groups = {named_group::x25519mlkem768}; },
                        +[](Settings& s) { s.signature_schemes = {signature_scheme::ecdsa_secp256r1_sha256}; },
                        +[](Settings& s) { s.alpn = {"with,comma"}; },
                        +[](Settings& s) { s.limit.max_chain_length = 10; },
                        +[](Settings& s) { s.release_buffers = true; },
                        +[](Settings& s) { s.insecure_key_log = [](std::string_view) {}; },
                        +[](Settings& s) { s.post_handshake_auth = true; }};
  for (const auto& lacks_one : lacking) {
    const auto beside = [&](auto&& change) {
      return with([&](Settings& s) {
        lacks_one(s);
        change(s);
      });
    };
    CHECK(beside([](Settings& s) {
            s.min_version = tls_version::tls1_3;
            s.max_version = tls_version::tls1_2;
          }) == errc::invalid_argument);
    CHECK(beside([](Settings& s) {
            s.cipher_suites = {cipher_suite::ecdhe_ecdsa_with_aes_128_gcm_sha256,
                               cipher_suite::ecdhe_ecdsa_with_aes_128_gcm_sha256};
          }) == errc::invalid_argument);
    CHECK(beside([](Settings& s) {
            s.signature_schemes = {signature_scheme::rsa_pkcs1_sha256, signature_scheme::rsa_pkcs1_sha256};
          }) == errc::invalid_argument);
    CHECK(beside([](Settings& s) { s.floors.rsa_bits = 1024; }) == errc::invalid_argument);
  }

  CHECK(with([](Settings& s) { s.limit.max_handshake_size = 4095; }) == errc::invalid_argument);
  CHECK(with([](Settings& s) { s.limit.max_chain_length = 0; }) == errc::invalid_argument);
  CHECK(with([](Settings& s) { s.limit.max_chain_length = 65; }) == errc::invalid_argument);
  CHECK(with([](Settings& s) { s.limit.max_record_size = 511; }) == errc::invalid_argument);
  CHECK(with([](Settings& s) { s.limit.max_record_size = 16385; }) == errc::invalid_argument);
}

}  // namespace

TEST_CASE("rule 1: what cannot be honoured is refused when a client's context is made") {
  check_refusals(client_defaults());
  client_settings s = client_defaults();
  s.identities = {client_identity(), client_identity()};
  CHECK(refusal(s) == errc::unsupported);
  s = client_defaults();
  s.replayable_early_data = 1;
  CHECK(refusal(s) == errc::invalid_argument);
}

TEST_CASE("rule 1: what cannot be honoured is refused when a server's context is made") {
  check_refusals(server_defaults());
  CHECK(refusal(server_settings{}) == errc::invalid_argument);
  server_settings s = server_defaults();
  s.identities.push_back(server_identity());
  CHECK(refusal(s) == errc::invalid_argument);
}

TEST_CASE("rule 1: refusals throw, in the form that throws") {
  client_settings s = client_defaults();
  s.alpn = {""};
  try {
    static_cast<void>(context::client(s));
    FAIL("nothing was thrown");
  } catch (const tls_error& e) {
    CHECK(e.code() == errc::invalid_argument);
    CHECK(std::string(e.what()).find("invalid_argument") == 0);
  }
}

TEST_CASE("rule 1: an empty context is false, and its connections say so") {
  const context none;
  CHECK_FALSE(none);
  endpoint<engine> e{engine(none, server_name)};
  CHECK_FALSE(e.step());
  CHECK(e.handshake_error == errc::invalid_argument);
}

// Run by the next test, in a process of its own: libraries read their configuration once.
TEST_CASE("prints the hexadecimal of its offer", "[.offer]") {
  const auto print = [](std::string_view bytes) {
    std::string hex = "offer ";
    for (const char c : bytes) {
      constexpr const char* digits = "0123456789abcdef";
      hex += digits[static_cast<unsigned char>(c) >> 4];
      hex += digits[static_cast<unsigned char>(c) & 15];
    }
    std::puts(hex.c_str());
  };
  const client_hello h = decode_client_hello(first_flight(make_client()));
  std::string known;
  for (const auto* list : {&h.suites, &h.groups, &h.versions, &h.schemes, &h.extensions})
    for (const unsigned n : *list) known += {static_cast<char>(n >> 8), static_cast<char>(n & 255)};
  print(known);
  connection c;
  c.connect();
  print(std::string(name(c.server.engine.version())) + std::string(name(c.server.engine.cipher_suite())) +
        std::string(name(c.server.engine.group())));
}

TEST_CASE("rule 1: no configuration file of the library's changes an offer or a choice") {
  char self[4096] = {};
  REQUIRE(readlink("/proc/self/exe", self, sizeof self - 1) > 0);
  const auto offers = [&](const std::string& environment) {
    const std::string command = environment + " '" + self + "' '[.offer]' 2>&1";
    FILE* out = popen(command.c_str(), "r");
    REQUIRE(out != nullptr);
    std::string text, line;
    for (int c = 0; (c = std::fgetc(out)) != EOF;) {
      line += static_cast<char>(c);
      if (c != '\n') continue;
      if (line.rfind("offer ", 0) == 0) text += line;
      line.clear();
    }
    CHECK(pclose(out) == 0);
    return text;
  };
  const std::string path = "/tmp/plugtls-conformance-" + std::to_string(getpid()) + ".cnf";
  std::ofstream(path) << "openssl_conf = all\n[all]\nssl_conf = ssl\n[ssl]\nsystem_default = policy\n[policy]\n"
                         "MinProtocol = TLSv1\nMaxProtocol = TLSv1.2\nCipherString = ALL:@SECLEVEL=0\n"
                         "Ciphersuites = TLS_AES_256_GCM_SHA384\nGroups = P-521\n"
                         "SignatureAlgorithms = RSA+SHA1:ECDSA+SHA256\nClientSignatureAlgorithms = RSA+SHA1\n"
                         "Options = -SessionTicket,UnsafeLegacyRenegotiation\n";
  const std::string plain = offers("env -u OPENSSL_CONF");
  CHECK(plain.size() > 20);
  CHECK(plain == offers("OPENSSL_CONF=" + path));
  std::remove(path.c_str());
}
