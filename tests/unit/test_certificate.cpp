// SPDX-License-Identifier: BSL-1.0
#include "plugtls/certificate.hpp"

#include "support/catch.hpp"
#include "support/certificate_maker.hpp"
#include "support/corpus.hpp"

using namespace plugtls;
using namespace plugtls_test;

namespace {

bool parses(const std::string& der) {
  errc e = errc::io_error;
  const bool good = certificate_view::parse(as_bytes(der), e).has_value();
  CHECK(e == (good ? errc::success : errc::malformed_certificate));
  return good;
}
bool parses(const certificate_maker& m) { return parses(m.der()); }

bool parses_with(const std::string& extensions) {
  certificate_maker m;
  m.extensions = extensions;
  return parses(m);
}

certificate read_pem(const std::string& path) {
  errc e = errc::success;
  const auto c = certificate::from_pem(read_data(path), e);
  CAPTURE(path, name(e));
  REQUIRE(c);
  return *c;
}

}  // namespace

// Expected values come from python-cryptography and the openssl command.
TEST_CASE("a certificate tells what it says") {
  const certificate c = read_pem("corpus/ok-basic/leaf.pem");
  CHECK(c.subject().oneline() == "CN=www.example.test,O=Corpus");
  CHECK(c.issuer().oneline() == "CN=Corpus Intermediate,O=Corpus");
  CHECK(c.serial_hex() == "7f861bcee185de001377d79e");
  CHECK(to_rfc3339(c.not_before()) == "2020-01-01T00:00:00Z");
  CHECK(to_rfc3339(c.not_after()) == "2049-12-31T23:59:59Z");
  CHECK(c.key_description() == "EC P-256");
  CHECK(c.signature_algorithm() == "ecdsa-with-SHA256");
  CHECK_FALSE(c.is_ca());
  CHECK(c.subject_alt_names() == std::vector<std::string>{"DNS:www.example.test"});
  CHECK(c.sha256_hex() == "b1122197d211d7b3348726c429b9fe66b8a6de4c1eee2c5385095e05ce610829");
  CHECK(c.spki_sha256_hex() == "c642ff45813642ed257b40809602ab4acb97de00b15d5d49ff31a350ac286328");
  CHECK(c.pem() == read_data("corpus/ok-basic/leaf.pem"));
  CHECK(c.view().version() == 3);
  CHECK_FALSE(c.view().has_unknown_critical_extension());
}

TEST_CASE("keys and signatures have names") {
  const certificate rsa = read_pem("corpus/ok-rsa2048/leaf.pem");
  CHECK(rsa.key_description() == "RSA 2048");
  CHECK(rsa.signature_algorithm() == "sha256WithRSAEncryption");
  CHECK(rsa.spki_sha256_hex() == "d3692a356db38c4dd8dfcca045566a2323b76674e3fba7414d34b8244e72085c");
  CHECK(read_pem("corpus/ok-ed25519/leaf.pem").key_description() == "Ed25519");
  CHECK(read_pem("corpus/ok-p384/leaf.pem").key_description() == "EC P-384");
  CHECK(read_pem("corpus/rsa512-leaf/leaf.pem").key_description() == "RSA 512");
  CHECK(read_pem("corpus/md5-leaf/leaf.pem").signature_algorithm() == "md5WithRSAEncryption");
  CHECK(read_pem("corpus/sha1-leaf/leaf.pem").signature_algorithm() == "sha1WithRSAEncryption");
  CHECK(read_pem("corpus/ok-basic/roots.pem").is_ca());
  CHECK(read_pem("corpus/ok-serial-20-octets/leaf.pem").serial_hex() == "4000000000000000000000000000000000000005");
  CHECK(to_rfc3339(read_pem("corpus/ok-generalizedtime/leaf.pem").not_after()) == "2099-12-31T23:59:59Z");
}

TEST_CASE("alternative names have one spelling each, which none can imitate") {
  const certificate server = read_pem("pki/server.pem");
  CHECK(server.subject_alt_names() == std::vector<std::string>{"DNS:localhost", "DNS:plugtls.test",
                                                               "DNS:*.wild.plugtls.test", "IP:127.0.0.1", "IP:::1"});
  certificate_maker m;
  m.extensions = alt_names(email("a@b.example") + uri("https://x/") + directory(dn("X")) + tlv(0x88, "\x2a\x03") +
                           dns("a\0b\\\x7f"s) + tlv(0xa0, oid("\x2a") + tlv(0xa0, tlv(0x0c, "x"))));
  errc e = errc::success;
  const auto c = certificate::from_der(as_bytes(m.der()), e);
  REQUIRE(c);
  CHECK(c->subject_alt_names() == std::vector<std::string>{"email:a@b.example", "URI:https://x/", "dirName:CN=X",
                                                           "RID:1.2.3", "DNS:a\\00b\\5c\\7f",
                                                           "other:06012aa0030c0178"});
}

TEST_CASE("copies share the bytes and outlive the original") {
  errc e = errc::success;
  auto first = certificate::from_der(as_bytes(certificate_maker().der()), e);
  REQUIRE(first);
  const certificate copy = *first;
  first.reset();
  CHECK(copy.subject().oneline() == "CN=leaf");
  const certificate moved_to = certificate(copy);
  CHECK(moved_to == copy);
  CHECK(moved_to.der().data() == copy.der().data());
}

TEST_CASE("the structure of RFC 5280 is enforced") {
  CHECK(parses(certificate_maker()));
  const auto with = [](std::string certificate_maker::*field, const std::string& value) {
    certificate_maker m;
    m.*field = value;
    return parses(m);
  };
  using m = certificate_maker;
  CHECK_FALSE(with(&m::trailing, "\0\0\0\0"s));
  CHECK_FALSE(with(&m::version, tlv(0xa0, tlv(0x02, "\x03"))));  // version 4
  CHECK_FALSE(with(&m::version, tlv(0xa0, tlv(0x02, "\0"s))));   // the default, written
  CHECK_FALSE(with(&m::version, tlv(0xa0, tlv(0x02, "\xff"))));  // negative
  CHECK_FALSE(with(&m::version, ""));                            // version 1 with extensions
  CHECK_FALSE(with(&m::version, tlv(0xa0, tlv(0x02, "\x01"))));  // version 2 with extensions
  CHECK_FALSE(with(&m::serial, tlv(0x02, "\xff")));              // negative
  CHECK_FALSE(with(&m::serial, tlv(0x02, "")));
  CHECK_FALSE(with(&m::serial, tlv(0x02, "\0\x01"s)));   // not minimal
  CHECK_FALSE(with(&m::outer_algorithm, ecdsa_sha1()));  // inner and outer differ
  CHECK_FALSE(with(&m::outer_algorithm, sequence(oid("\x2a\x86\x48\xce\x3d\x04\x03\x02") + tlv(0x05, ""))));
  CHECK_FALSE(with(&m::not_after, tlv(0x17, "201301000000Z")));  // month 13
  CHECK_FALSE(with(&m::not_after, tlv(0x17, "2013010000Z")));
  CHECK_FALSE(with(&m::not_after, tlv(0x0c, "200101000000Z")));
  CHECK(with(&m::not_after, tlv(0x18, "20991231235959Z")));
  CHECK_FALSE(with(&m::issuer, tlv(0x31, "")));
  CHECK_FALSE(with(&m::subject, sequence(tlv(0x31, ""))));
  CHECK(with(&m::subject, sequence("")));
  CHECK_FALSE(with(&m::signature, tlv(0x03, "\x01\x02")));  // not whole bytes
  CHECK_FALSE(with(&m::signature, tlv(0x04, "\0x"s)));
  CHECK_FALSE(with(&m::signature, bit_string("x") + tlv(0x05, "")));
  CHECK(with(&m::after_key, tlv(0x81, "\0x"s) + tlv(0x82, "\0x"s)));
  CHECK_FALSE(with(&m::after_key, tlv(0x82, "\0x"s) + tlv(0x81, "\0x"s)));
  CHECK_FALSE(with(&m::after_key, tlv(0x81, "")));
  CHECK_FALSE(with(&m::after_extensions, tlv(0x05, "")));
  CHECK_FALSE(with(&m::after_extensions, tlv(0xa3, sequence(basic_constraints(false)))));

  certificate_maker v1;
  v1.version.clear();
  v1.extensions.clear();
  CHECK(parses(v1));
  v1.after_key = tlv(0x81, "\0x"s);  // unique identifiers came with version 2
  CHECK_FALSE(parses(v1));
  certificate_maker empty;
  empty.extensions.clear();
  empty.after_key = tlv(0xa3, sequence(""));
  CHECK_FALSE(parses(empty));
}

TEST_CASE("keys are looked into") {
  const auto with_key = [](const std::string& key) {
    certificate_maker m;
    m.key = key;
    return parses(m);
  };
  const std::string rsa = sequence(oid("\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01") + tlv(0x05, ""));
  CHECK(with_key(rsa_key(2048)));
  CHECK_FALSE(with_key(sequence(rsa + bit_string("x"))));
  CHECK_FALSE(with_key(sequence(rsa + bit_string(sequence(tlv(0x02, "\x81") + tlv(0x02, "\x03"))))));  // negative
  CHECK_FALSE(with_key(sequence(rsa + bit_string(sequence(tlv(0x02, "\0"s) + tlv(0x02, "\x03"))))));   // zero
  CHECK_FALSE(with_key(sequence(rsa + bit_string(sequence(tlv(0x02, "\x05"))))));
  CHECK_FALSE(with_key(sequence(rsa)));
  CHECK_FALSE(with_key(sequence(bit_string("x"))));
  const std::string ed25519 = sequence(oid("\x2b\x65\x70"));
  CHECK(with_key(sequence(ed25519 + bit_string(std::string(32, 'k')))));
  CHECK_FALSE(with_key(sequence(ed25519 + bit_string(std::string(31, 'k')))));
  CHECK(with_key(sequence(sequence(oid("\x2a\x03")) + bit_string("whatever"))));  // not known: policy refuses it

  errc e = errc::success;
  certificate_maker m;
  m.key = ec_key('x', "\x2a\x03");
  const std::string der = m.der();
  const auto view = certificate_view::parse(as_bytes(der), e);
  REQUIRE(view);
  CHECK(view->public_key().bits() == 0);
  CHECK(view->public_key().description() == "EC");
}

TEST_CASE("an extension may occur once, and what is known must decode") {
  const std::string other = extension("\x2a\x03", "anything");
  CHECK(parses_with(other));
  CHECK_FALSE(parses_with(other + alt_names(dns("x")) + other));
  CHECK_FALSE(parses_with(sequence(oid("\x2a\x03"))));
  CHECK_FALSE(parses_with(sequence(oid("\x2a\x03") + tlv(0x01, "\x01") + octets(""))));
  CHECK_FALSE(parses_with(sequence(oid("\x2a\x03") + octets("") + octets(""))));
  CHECK(parses_with(sequence(oid("\x2a\x03") + tlv(0x01, "\0"s) + octets(""))));  // FALSE written: harmless

  const std::string san = "\x55\x1d\x11";
  CHECK_FALSE(parses_with(extension(san, dns("x"))));
  CHECK_FALSE(parses_with(extension(san, sequence(""))));
  CHECK_FALSE(parses_with(extension(san, sequence(dns("x")) + "x")));
  CHECK_FALSE(parses_with(alt_names(ip("\x7f\0\0"s))));
  CHECK_FALSE(parses_with(alt_names(tlv(0x89, "x"))));             // no such form
  CHECK_FALSE(parses_with(alt_names(tlv(0x16, "x"))));             // not tagged
  CHECK_FALSE(parses_with(alt_names(tlv(0xa2, tlv(0x16, "x")))));  // constructed text
  CHECK_FALSE(parses_with(alt_names(directory("x"))));

  const std::string bc = "\x55\x1d\x13";
  CHECK(parses_with(extension(bc, sequence(""))));
  CHECK(parses_with(extension(bc, sequence(tlv(0x01, "\0"s)))));
  CHECK_FALSE(parses_with(extension(bc, "")));
  CHECK_FALSE(parses_with(extension(bc, "\x30\x03\x01\x01")));
  CHECK_FALSE(parses_with(extension(bc, sequence(tlv(0x01, "\x01")))));
  CHECK_FALSE(parses_with(extension(bc, sequence(tlv(0x01, "\xff") + tlv(0x02, "\xff")))));
  CHECK_FALSE(parses_with(extension(bc, sequence(tlv(0x01, "\xff") + tlv(0x02, "\x01") + tlv(0x02, "\x01")))));
  CHECK_FALSE(parses_with(extension(bc, sequence(tlv(0x01, "\xff")) + "x")));

  CHECK_FALSE(parses_with(extension("\x55\x1d\x0f", tlv(0x03, ""))));
  CHECK_FALSE(parses_with(extension("\x55\x1d\x0f", tlv(0x04, "\x07\x80"))));
  CHECK_FALSE(parses_with(extension("\x55\x1d\x25", sequence(""))));
  CHECK_FALSE(parses_with(ext_key_usage(tlv(0x0c, "x"))));
  CHECK_FALSE(parses_with(extension("\x55\x1d\x23", octets("x"))));
  CHECK_FALSE(parses_with(extension("\x55\x1d\x0e", sequence(""))));
  CHECK_FALSE(parses_with(extension("\x55\x1d\x1e", sequence(""))));
  CHECK_FALSE(parses_with(name_constraints({ip("\x7f\0\0\1"s)})));  // no mask
  CHECK(parses_with(name_constraints({ip("\x7f\0\0\0\xff\0\0\0"s)})));
  CHECK_FALSE(parses_with(extension("\x55\x1d\x1e", sequence(tlv(0xa0, "")))));
}

TEST_CASE("extensions are read") {
  certificate_maker m;
  m.extensions = basic_constraints(true, 3) + key_usage_bits(0x84) + ext_key_usage(client_auth()) +
                 subject_key_id("sk") + authority_key_id("ak") + extension("\x2a\x03", "value");
  std::string der = m.der();
  errc e = errc::success;
  auto view = certificate_view::parse(as_bytes(der), e);
  REQUIRE(view);
  CHECK(view->is_ca());
  CHECK(view->path_length() == 3U);
  CHECK(view->allows(plugtls::key_usage::digital_signature));
  CHECK(view->allows(plugtls::key_usage::key_cert_sign));
  CHECK_FALSE(view->allows(plugtls::key_usage::crl_sign));
  CHECK(view->allows_extended(detail::oid::client_auth));
  CHECK_FALSE(view->allows_extended(detail::oid::server_auth));
  CHECK(as_text(view->subject_key_id()) == "sk");
  CHECK(as_text(view->authority_key_id()) == "ak");
  CHECK(as_text(view->extension("\x2a\x03").value()) == "value");
  CHECK_FALSE(view->extension("\x2a\x04"));
  CHECK_FALSE(view->has_unknown_critical_extension());

  m.extensions = ext_key_usage(oid("\x55\x1d\x25\x00"s)) + extension("\x2a\x03", "value", true);
  der = m.der();
  view = certificate_view::parse(as_bytes(der), e);
  REQUIRE(view);
  CHECK(view->allows_extended(detail::oid::server_auth));  // any purpose
  CHECK(view->allows(plugtls::key_usage::crl_sign));       // no keyUsage: everything
  CHECK(view->has_unknown_critical_extension());
}

TEST_CASE("a flood of extensions is refused") {
  std::string many;
  for (int i = 0; i < 100; ++i) many += extension("\x2a\x03" + std::string(1, static_cast<char>(i + 1)), "");
  CHECK(parses_with(many));
  CHECK_FALSE(parses_with(many + extension("\x2a\x04", "")));
}

TEST_CASE("no cut and no changed byte makes the reader read outside the certificate") {
  certificate_maker m;
  m.extensions = basic_constraints(true, 1) + key_usage_bits(0x84) + ext_key_usage(client_auth()) +
                 subject_key_id("sk") + authority_key_id("ak") +
                 name_constraints({dns("a")}, {ip("\x7f\0\0\0\xff\0\0\0"s)}) +
                 alt_names(dns("b") + ip("\x7f\0\0\1"s) + directory(dn("d")));
  const std::string der = m.der();
  REQUIRE(parses(der));
  errc e = errc::success;
  for (std::size_t n = 0; n < der.size(); ++n) {
    const std::vector<char> cut(der.begin(), der.begin() + static_cast<std::ptrdiff_t>(n));  // for the sanitizer
    CHECK_FALSE(certificate_view::parse(as_bytes({cut.data(), cut.size()}), e));
  }
  for (std::size_t i = 0; i < der.size(); ++i) {
    for (const unsigned flip : {0x01U, 0x80U, 0xffU, 0x20U}) {
      std::vector<char> changed(der.begin(), der.end());
      changed[i] = static_cast<char>(static_cast<unsigned char>(changed[i]) ^ flip);
      if (const auto c = certificate::from_der(as_bytes({changed.data(), changed.size()}), e)) {
        CHECK(c->der().size() == der.size());
        (void)c->subject().oneline();
        (void)c->subject_alt_names();
        (void)c->key_description();
      }
    }
  }
}

TEST_CASE("certificates are loaded from PEM and DER") {
  const std::string leaf = read_data("corpus/ok-deep3/leaf.pem");
  const std::string chain = read_data("corpus/ok-deep3/chain.pem");
  const auto load = [](const std::string& text, std::size_t count) {
    std::vector<certificate> all;
    std::vector<byte_vector> raw;
    const errc e = load_certificates(as_bytes(text), all);
    CHECK(load_certificate_bytes(as_bytes(text), raw) == (e == errc::bad_der ? errc::success : e));
    CHECK(all.size() == count);
    return e;
  };
  CHECK(load(leaf, 1) == errc::success);
  CHECK(load(leaf + chain, 4) == errc::success);
  CHECK(load(read_data("corpus/ok-basic/key.pem") + leaf, 1) == errc::success);
  CHECK(load(to_pem("TRUSTED CERTIFICATE", as_bytes("x")) + leaf, 1) == errc::success);
  CHECK(load(to_pem("X509 CERTIFICATE", as_bytes(certificate_maker().der())), 1) == errc::success);
  CHECK(load(certificate_maker().der(), 1) == errc::success);
  CHECK(load(certificate_maker().der() + make_ca("root", "root", 'R').der(), 2) == errc::success);

  CHECK(load("", 0) == errc::no_certificates_found);
  CHECK(load("hello", 0) == errc::no_certificates_found);
  CHECK(load(read_data("corpus/ok-basic/key.pem"), 0) == errc::no_certificates_found);
  CHECK(load(leaf.substr(0, leaf.size() - 10), 0) == errc::bad_pem);
  CHECK(load(leaf + "-----BEGIN CERTIFICATE-----\n", 0) == errc::bad_pem);
  CHECK(load(to_pem("CERTIFICATE", as_bytes("garbage")), 0) == errc::bad_der);
  CHECK(load(leaf + to_pem("CERTIFICATE", as_bytes("garbage")), 0) == errc::bad_der);

  std::vector<byte_vector> raw;
  const std::string der = certificate_maker().der();
  CHECK(load_certificate_bytes(as_bytes(der.substr(0, der.size() - 1)), raw) == errc::bad_der);
  CHECK(load_certificate_bytes(as_bytes(der + "x"), raw) == errc::bad_der);
  CHECK(raw.empty());

  errc e = errc::success;
  CHECK_FALSE(certificate::from_pem(read_data("corpus/ok-basic/key.pem"), e));
  CHECK(e == errc::no_certificates_found);
  CHECK_FALSE(certificate::from_pem(read_data("corpus/garbage-leaf/leaf.pem"), e));
  CHECK(e == errc::malformed_certificate);
}
