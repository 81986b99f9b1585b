// SPDX-License-Identifier: BSL-1.0
#include "plugtls/client_hello_view.hpp"
#include "plugtls/detail/hello_collector.hpp"
#include "plugtls/detail/identity_fit.hpp"
#include "support/catch.hpp"
#include "support/print.hpp"

namespace choice_units {

using namespace plugtls;
using detail::hello_collector;
using detail::key_profile;
using status = hello_collector::status;

std::string u16(std::size_t n) {
  return {static_cast<char>(static_cast<unsigned char>(n >> 8)),
          static_cast<char>(static_cast<unsigned char>(n & 0xff))};
}
std::string v16(const std::string& s) { return u16(s.size()) + s; }
std::string extension(unsigned type, const std::string& content) { return u16(type) + v16(content); }
std::string body_with(const std::string& extensions) {
  return "\x03\x03" + std::string(32, 'r') + std::string(1, '\0') + v16("\x13\x01\xc0\x2b") + std::string("\1\0", 2) +
         v16(extensions);
}
std::string whole() {
  return body_with(extension(0, v16(std::string(1, '\0') + v16("a.test"))) + extension(10, v16(u16(0x1d) + u16(0x17))) +
                   extension(13, v16(u16(0x0403))) + extension(16, v16("\2h2\x8http/1.1")) +
                   extension(43, "\x06" + u16(0x0a0a) + u16(0x0304) + u16(0x0303)));
}
bool reads(const std::string& body) {
  client_hello_view hello;
  return detail::read_client_hello(as_bytes(body), hello);
}
status feed(hello_collector& c, std::string_view bytes, std::size_t piece) {
  status s = status::more;
  while (s == status::more && !bytes.empty()) {
    const std::size_t n = std::min({piece, bytes.size(), c.wanted()});
    s = c.take(as_bytes(bytes).data(), n);
    bytes.remove_prefix(n);
  }
  if (s == status::done) CHECK(bytes.empty());
  return s;
}

TEST_CASE("a ClientHello is read whole or not at all") {
  const std::string body = whole();
  client_hello_view hello;
  REQUIRE(detail::read_client_hello(as_bytes(body), hello));
  CHECK(hello.server_name == "a.test");
  CHECK(hello.alpn == std::vector<std::string_view>{"h2", "http/1.1"});
  CHECK(hello.versions == std::vector{tls_version::tls1_3, tls_version::tls1_2});
  CHECK(hello.groups == std::vector{named_group::x25519, named_group::secp256r1});
  CHECK(hello.names_groups);
  CHECK(hello.signature_schemes == std::vector{signature_scheme::ecdsa_secp256r1_sha256});
  CHECK(hello.cipher_suites.size() == 2);
  for (std::size_t i = 0; i < body.size(); ++i) CHECK(reads(body.substr(0, i)) == (i == 43));  // there: no extensions
  CHECK_FALSE(reads(body + "x"));
  CHECK(reads(body_with("")));
  for (const unsigned type : {10U, 13U}) {
    CHECK(reads(body_with(extension(type, v16(u16(0x17))))));
    CHECK_FALSE(reads(body_with(extension(type, v16(u16(0x17))) + extension(type, v16(u16(0x17))))));
    CHECK_FALSE(reads(body_with(extension(type, v16("")))));
    CHECK_FALSE(reads(body_with(extension(type, v16("abc")))));
    CHECK_FALSE(reads(body_with(extension(type, v16(u16(0x17)) + "x"))));
  }
  CHECK_FALSE(reads(body_with(extension(16, v16(std::string(1, '\0'))))));
  CHECK_FALSE(reads(body_with(extension(16, v16("\3h2")))));
  CHECK_FALSE(reads(body_with(extension(43, std::string(1, '\0')))));
  CHECK(reads(body_with(extension(4711, "any") + extension(4711, "thing"))));
}

TEST_CASE("a ClientHello is collected from pieces and records, and nothing beyond it") {
  const std::string body = whole();
  const std::string message = std::string("\1\0", 2) + u16(body.size()) + body;
  for (const std::size_t record : {1U, 5U, 60U, 16384U}) {
    std::string wire;
    for (std::size_t i = 0; i < message.size(); i += record) wire += "\x16\x03\x01" + v16(message.substr(i, record));
    for (const std::size_t piece : {1U, 4U, 100000U}) {
      hello_collector c;
      REQUIRE(feed(c, wire, piece) == status::done);
      CHECK(as_text(c.body()) == body);
      CHECK(as_text(c.release().view()) == wire);
      hello_collector cut;
      CHECK(feed(cut, std::string_view(wire).substr(0, wire.size() - 1), piece) == status::more);
    }
  }
  const auto ends = [](std::string_view wire) {
    hello_collector c;
    return feed(c, wire, 1);
  };
  CHECK(ends({"\x16\x03\x01\0\0", 5}) == status::unexpected);
  CHECK(ends({"\x16\x03\x01\0\1\2", 6}) == status::unexpected);
  CHECK(ends({"\x14\x03\x01\0\1\1", 6}) == status::unexpected);
  CHECK(ends({"\x16\x03\x01\x40\1", 5}) == status::unexpected);
  CHECK(ends({"\x15\x03\x01\0\2\1\0", 7}) == status::unexpected);
  CHECK(ends({"\x15\x03\x01\0\3", 5}) == status::unexpected);
  CHECK(ends({"\x16\x03\x01\0\1\1\x15\x03\x01\0\2", 11}) == status::unexpected);  // in the midst of the message
}

TEST_CASE("a key suits a client by version, schemes, suites and curve") {
  const signature_scheme schemes[] = {signature_scheme::ecdsa_secp256r1_sha256, signature_scheme::rsa_pkcs1_sha256,
                                      signature_scheme::rsa_pss_rsae_sha256, signature_scheme::ecdsa_secp384r1_sha384,
                                      signature_scheme::ed25519};
  const cipher_suite suites[] = {cipher_suite::aes_128_gcm_sha256, cipher_suite::ecdhe_ecdsa_with_aes_128_gcm_sha256,
                                 cipher_suite::ecdhe_rsa_with_aes_128_gcm_sha256};
  const named_group groups[] = {named_group::x25519, named_group::secp256r1, named_group::secp384r1};
  const detail::own_offer own{tls_version::tls1_3, suites, groups, schemes};
  const detail::own_offer old{tls_version::tls1_2, suites, groups, schemes};
  const key_profile rsa{key_kind::rsa, named_group::none}, p256{key_kind::ec, named_group::secp256r1},
      p384{key_kind::ec, named_group::secp384r1}, ed{key_kind::ed25519, named_group::none}, other{};
  client_hello_view hello;
  hello.versions = {tls_version::tls1_3, tls_version::tls1_2};
  hello.cipher_suites.assign(std::begin(suites), std::end(suites));
  hello.signature_schemes = {signature_scheme::ecdsa_secp256r1_sha256, signature_scheme::rsa_pkcs1_sha256};

  // In TLS 1.3 the scheme names the curve, and PKCS#1 signs no handshake.
  CHECK(suits(p256, hello, own));
  CHECK_FALSE(suits(p384, hello, own));
  CHECK_FALSE(suits(rsa, hello, own));
  CHECK_FALSE(suits(ed, hello, own));
  CHECK_FALSE(suits(other, hello, own));
  // In TLS 1.2 neither holds, but for the curves that the client names.
  CHECK(suits(p256, hello, old));
  CHECK(suits(p384, hello, old));
  CHECK(suits(rsa, hello, old));
  CHECK_FALSE(suits(ed, hello, old));
  hello.names_groups = true;
  hello.groups = {named_group::x25519, named_group::secp384r1};
  CHECK_FALSE(suits(p256, hello, old));
  CHECK(suits(p384, hello, old));
  CHECK(suits(p256, hello, own));
  hello.cipher_suites = {cipher_suite::ecdhe_rsa_with_aes_128_gcm_sha256};
  CHECK_FALSE(suits(p384, hello, old));
  CHECK(suits(rsa, hello, old));
  hello.signature_schemes = {signature_scheme::ed25519, signature_scheme::rsa_pss_rsae_sha256};
  CHECK(suits(rsa, hello, own));
  CHECK(suits(ed, hello, own));
  CHECK_FALSE(suits(ed, hello, old));  // no suite of ECDSA's
  hello.signature_schemes.clear();     // TLS 1.2 means SHA-1 then
  for (const key_profile& k : {rsa, p256, p384, ed}) CHECK_FALSE(suits(k, hello, old));
}

}  // namespace choice_units
