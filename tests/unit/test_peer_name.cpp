// SPDX-License-Identifier: BSL-1.0
#include "plugtls/peer_name.hpp"

#include "support/catch.hpp"
#include "support/certificate_maker.hpp"

using namespace plugtls;
using namespace plugtls_test;

namespace {

std::optional<peer_name> parse(std::string_view text) {
  errc e = errc::io_error;
  auto name = peer_name::parse(text, e);
  CHECK(e == (name ? errc::success : errc::invalid_argument));
  return name;
}

bool matches(std::string_view name, const std::string& san) {
  const auto peer = parse(name);
  REQUIRE(peer);
  certificate_maker m;
  m.subject = dn(std::string(name));  // a common name that would match must not count
  m.extensions = basic_constraints(false) + alt_names(san);
  const std::string der = m.der();
  errc e = errc::success;
  const auto view = certificate_view::parse(as_bytes(der), e);
  REQUIRE(view);
  return peer->matches(*view);
}

}  // namespace

TEST_CASE("host names are normalised") {
  CHECK(parse("WWW.Example.TEST")->text() == "www.example.test");
  CHECK(parse("example.test.")->text() == "example.test");
  CHECK(parse("localhost")->server_name() == "localhost");
  CHECK(parse("a_b.example.test"));
  CHECK(parse("xn--bcher-kva.example"));
  CHECK(parse("-x.example"));
  CHECK(parse("1.example"));
  CHECK(parse("4you"));
  CHECK(parse(std::string(63, 'a') + ".example"));
  CHECK(parse(std::string(61, 'a') + "." + std::string(63, 'b') + "." + std::string(63, 'c') + "." +
              std::string(63, 'd')));
  CHECK_FALSE(parse("localhost")->is_address());
}

TEST_CASE("addresses become addresses, and have no server name") {
  for (const std::string_view text : {"::1", "[::1]", "0:0::1"}) {
    const auto peer = parse(text);
    REQUIRE(peer);
    CHECK(peer->is_address());
    CHECK(peer->text() == "::1");
    CHECK(peer->server_name().empty());
  }
  CHECK(parse("127.0.0.1")->is_address());
}

TEST_CASE("what is no host name is refused") {
  const std::string long_name =
      std::string(62, 'a') + "." + std::string(63, 'b') + "." + std::string(63, 'c') + "." + std::string(63, 'd');
  for (const std::string& bad : {""s,
                                 "."s,
                                 ".."s,
                                 ".example"s,
                                 "a..b"s,
                                 "example.."s,
                                 "*.example.test"s,
                                 "a b"s,
                                 "a/b"s,
                                 "a:443"s,
                                 "user@host"s,
                                 "b\xc3\xbc"s
                                 "cher.example"s,
                                 "www.example.test\0.evil"s,
                                 "a\0"s,
                                 std::string(64, 'a') + ".example",
                                 long_name,
                                 "[::1"s,
                                 "::1]"s,
                                 "[127.0.0.1]"s,
                                 "[]"s,
                                 "fe80::1%eth0"s,
                                 "[example.test]"s,
                                 "256.1.1.1"s,
                                 "127.1"s,
                                 "1.2.3.4."s,
                                 "2130706433"s,
                                 "0x7f.1"s,
                                 "0x7f000001"s,
                                 "example.0x"s,
                                 "a.1"s}) {
    CAPTURE(bad);
    CHECK_FALSE(parse(bad));
  }
}

TEST_CASE("a dNSName matches a host name (RFC 9525 6.3)") {
  CHECK(matches("www.example.test", dns("www.example.test")));
  CHECK(matches("www.example.test", dns("WWW.EXAMPLE.test")));
  CHECK(matches("www.example.test", dns("www.example.test.")));
  CHECK(matches("www.example.test.", dns("www.example.test")));
  CHECK(matches("localhost", dns("localhost")));
  CHECK(matches("www.example.test", dns("other.test") + ip("\x7f\0\0\1"s) + dns("www.example.test")));
  CHECK_FALSE(matches("www.example.test", dns("example.test")));
  CHECK_FALSE(matches("example.test", dns("www.example.test")));
  CHECK_FALSE(matches("www.example.test", dns("ww.example.test")));
  CHECK_FALSE(matches("www.example.test", dns("www.example.test\0.evil.invalid"s)));
  CHECK_FALSE(matches("www.example.test", dns("www.example.test\0"s)));
  CHECK_FALSE(matches("www.example.test", dns(".example.test")));
  CHECK_FALSE(matches("www.example.test", dns(".www.example.test")));
  CHECK_FALSE(matches("www.example.test", dns("www.example.test..")));
  CHECK_FALSE(matches("www.example.test", dns("")));
  CHECK_FALSE(matches("www.example.test", email("www.example.test")));
  CHECK_FALSE(matches("www.example.test", uri("https://www.example.test/")));
  CHECK_FALSE(matches("www.example.test", directory(dn("www.example.test"))));
}

TEST_CASE("a wildcard is one whole left-most label, with two labels behind it") {
  CHECK(matches("www.example.test", dns("*.example.test")));
  CHECK(matches("www.example.test", dns("*.EXAMPLE.test.")));
  CHECK(matches("xn--bcher-kva.example.test", dns("*.example.test")));
  CHECK_FALSE(matches("a.b.example.test", dns("*.example.test")));
  CHECK_FALSE(matches("example.test", dns("*.example.test")));
  CHECK_FALSE(matches("example.test", dns("*.test")));
  CHECK_FALSE(matches("www.example.test", dns("*.test.")));
  CHECK_FALSE(matches("localhost", dns("*")));
  CHECK_FALSE(matches("www.example.test", dns("*")));
  CHECK_FALSE(matches("www.example.test", dns("*.")));
  CHECK_FALSE(matches("www.example.test", dns("*..test")));
  CHECK_FALSE(matches("www.example.test", dns("w*.example.test")));
  CHECK_FALSE(matches("www.example.test", dns("*w.example.test")));
  CHECK_FALSE(matches("www.example.test", dns("www.*.test")));
  CHECK_FALSE(matches("www.example.test", dns("*.*.test")));
  CHECK_FALSE(matches("xn--bcher-kva.example.test", dns("xn--*.example.test")));
}

TEST_CASE("an iPAddress matches an address and nothing else does") {
  const std::string v4_mapped = std::string(10, '\0') + "\xff\xff\x7f\0\0\1"s;
  CHECK(matches("127.0.0.1", ip("\x7f\0\0\1"s)));
  CHECK(matches("::1", ip(std::string(15, '\0') + '\1')));
  CHECK(matches("[::1]", ip(std::string(15, '\0') + '\1')));
  CHECK_FALSE(matches("127.0.0.1", ip("\x7f\0\0\2"s)));
  CHECK_FALSE(matches("127.0.0.1", ip(v4_mapped)));
  CHECK_FALSE(matches("::ffff:127.0.0.1", ip("\x7f\0\0\1"s)));
  CHECK_FALSE(matches("127.0.0.1", dns("127.0.0.1")));
  CHECK_FALSE(matches("127.0.0.1", dns("*.0.0.1")));
  CHECK_FALSE(matches("abcd", ip("abcd")));
  CHECK_FALSE(matches("97.46.98.99", dns("a.bc")));  // the same four bytes
  CHECK_FALSE(matches("97.46.98.99", email("a.bc") + uri("a.bc")));
}

TEST_CASE("a certificate without subjectAltName matches no name") {
  certificate_maker m;
  m.subject = dn("www.example.test");
  m.extensions = basic_constraints(false);
  const std::string der = m.der();
  errc e = errc::success;
  const auto view = certificate_view::parse(as_bytes(der), e);
  REQUIRE(view);
  CHECK_FALSE(parse("www.example.test")->matches(*view));
}
