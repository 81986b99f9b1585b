// SPDX-License-Identifier: BSL-1.0
#include "plugtls/reason.hpp"

#include <functional>

#include "plugtls/key_pin.hpp"
#include "support/catch.hpp"
#include "support/certificate_maker.hpp"

using namespace plugtls;
using namespace plugtls_test;

namespace {

constexpr unix_time noon_2026 = 1795348800;  // 2026-11-22T12:00:00Z

certificate read(const certificate_maker& m) {
  errc e = errc::success;
  const auto c = certificate::from_der(as_bytes(m.der()), e);
  REQUIRE(c);
  return *c;
}

// A chain to be changed by a test: leaf, intermediate, root.
struct scene {
  certificate_maker leaf;
  certificate_maker intermediate = make_ca("inter", "root", 'I');
  certificate_maker root = make_ca("root", "root", 'R');
  std::string peer = "www.example.test";
  role own = role::client;
  std::size_t known = 3;  // certificates of the path

  scene() { leaf.issuer = dn("inter"); }

  std::string say(errc what, int depth) const {
    const std::vector<certificate> chain{read(leaf), read(intermediate)};
    std::vector<certificate> path{chain[0], chain[1], read(root)};
    path.erase(path.begin() + static_cast<std::ptrdiff_t>(known), path.end());
    const problem_list problems{{what, depth}};
    return explain(problems[0], verify_context{own, peer, chain, path, problems, noon_2026});
  }
};

std::string said(errc what, int depth, const std::function<void(scene&)>& change = {}) {
  scene s;
  if (change) change(s);
  return s.say(what, depth);
}

std::string utc(const std::string& text) { return tlv(0x17, text); }

}  // namespace

TEST_CASE("dates are told with their distance, and whose they are") {
  CHECK(said(errc::certificate_expired, 1, [](scene& s) { s.intermediate.not_after = utc("260103110000Z"); }) ==
        "the certificate at depth 1 expired 2026-01-03, 323 days ago: CN=inter");
  CHECK(said(errc::certificate_expired, 0, [](scene& s) { s.leaf.not_after = utc("261121110000Z"); }) ==
        "the certificate expired 2026-11-21, 1 day ago: CN=leaf");
  CHECK(said(errc::certificate_expired, 0, [](scene& s) { s.leaf.not_after = utc("261122110000Z"); }) ==
        "the certificate expired 2026-11-22, less than a day ago: CN=leaf");
  CHECK(said(errc::certificate_not_yet_valid, 0, [](scene& s) { s.leaf.not_before = utc("261124120000Z"); }) ==
        "the certificate is valid from 2026-11-24, in 2 days (is the clock right?): CN=leaf");
}

TEST_CASE("a wrong name is told with the names that the certificate has, at most five") {
  const auto names = [](const std::string& list) {
    return said(errc::hostname_mismatch, 0, [&](scene& s) {
      s.leaf.extensions = basic_constraints(false) + (list.empty() ? "" : alt_names(list));
      s.peer = "www.example";
    });
  };
  CHECK(names(dns("a.example") + dns("b.example") + email("c@d.example") + ip("\x7f\0\0\x01"s)) ==
        "the certificate is for a.example, b.example, 127.0.0.1; expected www.example");
  CHECK(names(dns("127.0.0.1")) ==
        "the certificate is for DNS name 127.0.0.1; expected www.example (an address "
        "counts as iPAddress only)");
  CHECK(names(dns("www.*.example")) ==
        "the certificate is for www.*.example; expected www.example (a wildcard stands for one whole label, the first "
        "of three)");
  CHECK(names(dns("*.example")).ends_with("the first of three)"));
  CHECK(names(dns("*.other.test")) == "the certificate is for *.other.test; expected www.example");
  CHECK(names(email("c@d.example")) ==
        "the certificate has no host name and no address in subjectAltName (a common name does not count); expected "
        "www.example");
  CHECK(names("") == names(email("c@d.example")));
  std::string many;
  for (int i = 0; i < 200; ++i) many += dns("n" + std::to_string(i));
  CHECK(names(many) == "the certificate is for n0, n1, n2, n3, n4 and 195 more; expected www.example");
  CHECK(names(dns(std::string(70000, 'x'))).size() < 200);
  CHECK(names(dns("a\n\x1b[2Jb\0c"s)) == "the certificate is for a\\0a\\1b[2Jb\\00c; expected www.example");
}

TEST_CASE("a chain without an anchor says which issuer is missing, and what to do") {
  const auto missing = [](std::size_t known, role own = role::client) {
    return said(errc::unknown_issuer, static_cast<int>(known) - 1, [&](scene& s) {
      s.known = known;
      s.own = own;
    });
  };
  CHECK(missing(1) ==
        "no issuer was found for the certificate, issued by CN=inter: add it to the trust anchors, or have the server "
        "send its intermediates");
  CHECK(missing(2) ==
        "no issuer was found for the certificate at depth 1, issued by CN=root: add it to the trust anchors, or have "
        "the server send its intermediates");
  CHECK(missing(1, role::server).find("have the client send") != std::string::npos);
  CHECK(missing(3) ==
        "the chain ends at a certificate that is not among the trust anchors: CN=root; add it to them if "
        "you trust it");
  scene self;
  self.leaf.issuer = self.leaf.subject;
  CHECK(self.say(errc::self_signed, 0) == "the certificate is self-signed and not among the trust anchors (SHA-256 " +
                                              read(self.leaf).sha256_hex() + "): CN=leaf");
}

TEST_CASE("an issuer that may not issue says why") {
  const auto extensions = [](const std::string& list) {
    return said(errc::not_a_ca, 1, [&](scene& s) { s.intermediate.extensions = list; });
  };
  CHECK(extensions(basic_constraints(false)) ==
        "the certificate at depth 1 issued the one below and is not a CA (basicConstraints does not say so): CN=inter");
  CHECK(extensions(key_usage_bits(0x04)).find("(it has no basicConstraints)") != std::string::npos);
  CHECK(extensions(basic_constraints(true) + key_usage_bits(0x80)).find("(keyUsage lacks keyCertSign)") !=
        std::string::npos);
}

TEST_CASE("path lengths are told in numbers") {
  CHECK(said(errc::path_length_exceeded, 2, [](scene& s) { s.root = make_ca("root", "root", 'R', {}, 0); }) ==
        "the certificate at depth 2 allows 0 intermediates below it, and there is 1: CN=root");
  CHECK(said(errc::path_length_exceeded, 1) ==
        "the path has more intermediates than limit.max_intermediates allows; the first too many is at depth 1: "
        "CN=inter");
}

TEST_CASE("a violated name constraint names the name, the constraints and whose they are") {
  const auto constrained = [](const std::string& constraints, const std::string& names) {
    return said(errc::name_constraint_violated, 0, [&](scene& s) {
      s.intermediate.extensions += constraints;
      s.leaf.extensions = basic_constraints(false) + names;
    });
  };
  CHECK(constrained(name_constraints({dns("other.test")}), alt_names(dns("a.other.test") + dns("www.example.test"))) ==
        "the certificate has a name that its issuer at depth 1 may not certify, DNS:www.example.test (constraints of "
        "CN=inter: permitted DNS:other.test): CN=leaf");
  CHECK(constrained(name_constraints({dns("test")}, {dns("example.test"), email("x.test")}),
                    alt_names(dns("www.example.test")))
            .find("(constraints of CN=inter: permitted DNS:test; excluded DNS:example.test, email:x.test)") !=
        std::string::npos);
  CHECK(constrained(name_constraints({}, {ip("\x7f\0\0\0\xff\0\0\0"s)}), alt_names(ip("\x7f\0\0\x01"s)))
            .find(", IP:127.0.0.1 (constraints of CN=inter: excluded IP:127.0.0.0/255.0.0.0)") != std::string::npos);
  CHECK(constrained(name_constraints({directory(dn("other"))}), "").find(", its subject (") != std::string::npos);
  const std::vector<std::string> many(1000, dns("other.test"));
  const std::string text = constrained(name_constraints(many), alt_names(dns("www.example.test")));
  CHECK(text.find(", ...)") != std::string::npos);
  CHECK(text.size() < 500);
}

TEST_CASE("a critical extension that is not understood is named by its number") {
  CHECK(said(errc::unsupported_critical_extension, 1, [](scene& s) {
          s.intermediate.extensions += extension("\x2a\x03\x04", "x", true);
        }) == "the certificate at depth 1 has a critical extension that is not understood, 1.2.3.4: CN=inter");
}

TEST_CASE("an extension that only a library does not understand is named, and whose it is") {
  CHECK(said(errc::unsupported_critical_extension, 0, [](scene& s) {
          s.intermediate.extensions += name_constraints({dns("test")});
        }) == "this TLS library does not understand nameConstraints where it is critical: CN=inter");
  CHECK(said(errc::unsupported_critical_extension, 0) == describe(errc::unsupported_critical_extension));
}

TEST_CASE("what breaks the profile of RFC 5280 is named with its rule") {
  const auto broken = [](const std::function<void(scene&)>& change) {
    return said(errc::malformed_certificate, 1, change);
  };
  const std::string begin = "the certificate at depth 1 breaks a rule for certificates, and must be issued anew: ";
  CHECK(broken([](scene& s) { s.intermediate.serial = tlv(0x02, std::string(21, '\x11')); }) ==
        begin + "its serial number has more than 20 octets (RFC 5280 §4.1.2.2): CN=inter");
  CHECK(broken([](scene& s) { s.intermediate.issuer = dn(""); }) ==
        begin + "its issuer is empty (RFC 5280 §4.1.2.4): CN=inter");
  CHECK(broken([](scene& s) { s.intermediate.extensions += subject_key_id("I"); }) ==
        begin + "it has only one of authorityKeyIdentifier and subjectKeyIdentifier (RFC 5280 §4.2.1.1): CN=inter");
  CHECK(broken([](scene& s) { s.intermediate.extensions = basic_constraints(false, 1); }) ==
        begin + "it has a pathLenConstraint and is no CA's (RFC 5280 §4.2.1.9): CN=inter");
}

TEST_CASE("an issuer that authorityKeyIdentifier does not mean is not called missing") {
  CHECK(said(errc::unknown_issuer, 0,
             [](scene& s) {
               s.leaf.extensions += authority_key_id("x");
               s.intermediate.extensions += subject_key_id("y");
             }) ==
        "the certificate was issued by another key or certificate of CN=inter than the one at depth 1 "
        "(authorityKeyIdentifier): have the server send that one: CN=leaf");
}

TEST_CASE("a wrong purpose says what is lacking") {
  const auto leaf = [](const std::string& more, role own = role::client) {
    return said(errc::invalid_purpose, 0, [&](scene& s) {
      s.own = own;
      s.leaf.extensions = more;
    });
  };
  CHECK(leaf(ext_key_usage(client_auth())) ==
        "the certificate is not one for servers (extendedKeyUsage lacks serverAuth): CN=leaf");
  CHECK(leaf(ext_key_usage(server_auth()), role::server) ==
        "the certificate is not one for clients (extendedKeyUsage lacks clientAuth): CN=leaf");
  CHECK(leaf(key_usage_bits(0x04)) ==
        "the certificate may not sign handshakes (keyUsage lacks digitalSignature): CN=leaf");
  CHECK(leaf(basic_constraints(true)) ==
        "the certificate is a CA's own and not one of a server (basicConstraints says CA): CN=leaf");
  CHECK(said(errc::invalid_purpose, 1, [](scene& s) { s.intermediate.extensions += ext_key_usage(client_auth()); }) ==
        "the certificate at depth 1 may not issue for servers (extendedKeyUsage lacks serverAuth): CN=inter");
}

TEST_CASE("a weak key and a weak signature are named") {
  CHECK(said(errc::weak_algorithm, 1, [](scene& s) { s.intermediate.key = rsa_key(1024); }) ==
        "the certificate at depth 1 has a key that is too weak or not known, RSA 1024 (at least 2048 bits): CN=inter");
  CHECK(said(errc::weak_algorithm, 0, [](scene& s) { s.leaf.inner_algorithm = ecdsa_sha1(); }) ==
        "the certificate is signed with an algorithm that is too weak or not known, ecdsa-with-SHA1 (have it issued "
        "anew, with a hash of at least 256 bits): CN=leaf");
  CHECK(
      said(errc::weak_algorithm, 0,
           [](scene& s) {
             s.leaf.key = rsa_key(512);
             s.leaf.inner_algorithm = rsa_md5();
           }) ==
      "the certificate has a key that is too weak or not known, RSA 512 (at least 2048 bits), and is signed with an "
      "algorithm that is too weak or not known, md5WithRSAEncryption (have it issued anew, with a hash of at least 256 "
      "bits): CN=leaf");
  CHECK(said(errc::weak_algorithm, 0, [](scene& s) { s.leaf.key = rsa_key(2048, "\x01"); }) ==
        "the certificate has a key that protects nothing, RSA 2048 with such a modulus or exponent: CN=leaf");
  CHECK(said(errc::weak_algorithm, 2,
             [](scene& s) {
               s.root.key = rsa_key(1024);
               s.root.inner_algorithm = rsa_md5();  // an anchor's own signature counts for nothing
             }) ==
        "the certificate at depth 2 has a key that is too weak or not known, RSA 1024 (at least 2048 bits): CN=root");
}

TEST_CASE("signatures, revocation, pins and what has no certificate") {
  CHECK(said(errc::bad_signature, 0) ==
        "the certificate was not signed by the key of its issuer, CN=inter: it was changed or forged, or another "
        "authority has that name: CN=leaf");
  CHECK(said(errc::revoked, 0) == "the certificate is revoked, serial 01: CN=leaf");
  CHECK(said(errc::revocation_unknown, 1) ==
        "no valid source of CN=root tells whether the certificate at depth 1 is revoked; give one that is in force: "
        "CN=inter");
  CHECK(said(errc::pin_mismatch, 0) ==
        "no key of the path is pinned; the certificate's is " + key_pin(read(scene().leaf)).text() + ": CN=leaf");
  CHECK(
      said(errc::malformed_certificate, 1) ==
      "certificate 2 of those that the server presented is not valid DER, or breaks the structure of RFC 5280; it must "
      "be issued anew");
  for (const errc e : {errc::certificate_required, errc::rejected_by_callback, errc::bad_certificate})
    CHECK(said(e, 0) == describe(e));
}

TEST_CASE("whatever a peer sends, the sentence is one bounded line; a depth that is none has words too") {
  const std::string nasty_ascii = "a\nb\x7f" + std::string(100000, 'x');
  const std::string nasty = "\xc2\x85\xe2\x80\xae" + nasty_ascii;
  for (int i = 1; i <= static_cast<int>(errc::bad_certificate); ++i) {
    for (const int depth : {-1, 0, 1, 2, 3, 1000}) {
      const std::string text = said(static_cast<errc>(i), depth, [&](scene& s) {
        s.leaf.subject = s.intermediate.subject = s.root.subject = dn(nasty);
        s.leaf.issuer = s.intermediate.issuer = s.root.issuer = dn(nasty);
        s.leaf.serial = tlv(0x02, std::string(5000, '\x11'));
        s.leaf.extensions = alt_names(dns(nasty_ascii) + uri(nasty_ascii));
        s.intermediate.extensions += name_constraints({dns(nasty_ascii)});
      });
      CAPTURE(i, depth, text);
      CHECK_FALSE(text.empty());
      CHECK(text.size() < 1000);
      for (const char c : text) CHECK((static_cast<unsigned char>(c) >= ' ' && c != '\x7f'));
      CHECK(text.find("\xc2\x85") == std::string::npos);
      CHECK(text.find("\xe2\x80\xae") == std::string::npos);
    }
  }
}

TEST_CASE("a certificate without a subject is told by a name that it has, or by its serial number") {
  const auto expired = [](const std::string& extensions) {
    return said(errc::revoked, 0, [&](scene& s) {
      s.leaf.subject = dn("");
      s.leaf.extensions = extensions;
    });
  };
  CHECK(expired(alt_names(dns("a.example"))) == "the certificate is revoked, serial 01: DNS:a.example");
  CHECK(expired("") == "the certificate is revoked, serial 01: serial 01");
}

TEST_CASE("text is cut between characters, and what is not ASCII stays where it does no harm") {
  CHECK(detail::safe_text("Kön", 10) == "Kön");
  CHECK(detail::safe_text("Köln", 2) == "K...");
  CHECK(detail::safe_text("Köln", 3) == "Kö...");
  CHECK(detail::safe_text("\xe2\x81\xa6x", 20) == "\\e2\\81\\a6x");
  CHECK(detail::safe_text("\xff\x80", 20).size() == 2);
  CHECK(detail::safe_text("", 0).empty());
}
