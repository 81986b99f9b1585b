// SPDX-License-Identifier: BSL-1.0
#include <fstream>

#include "made_path.hpp"
#include "plugtls/certificate.hpp"
#include "plugtls/chain_policy.hpp"
#include "support/catch.hpp"
#include "support/certificate_maker.hpp"

using namespace plugtls;
using namespace plugtls_test;

// RFC 5280 section 4: what a certificate may hold, and what makes the reader or the policy refuse it.

namespace {

bool reads(const certificate_maker& m) {
  errc e = errc::success;
  return certificate_view::parse(as_bytes(m.der()), e).has_value();
}
bool reads_with(const std::string& extensions) {
  certificate_maker m;
  m.extensions = extensions;
  return reads(m);
}

const std::string ski_oid = "\x55\x1d\x0e", aki_oid = "\x55\x1d\x23";

/// The verdict about leaf, intermediate, root.
errc judge(const std::vector<certificate_maker>& makers) {
  const made_path path(makers);
  policy_settings settings;
  settings.now = 1767225600;  // 2026
  problem_list problems;
  check_path(path.views, true, settings, problems);
  return leading(problems);
}
errc judge_leaf(const std::string& extensions, const std::string& subject = "leaf") {
  certificate_maker leaf;
  leaf.subject = dn(subject);
  leaf.extensions = extensions;
  return judge({leaf, make_ca("root", "root", 'R')});
}
errc judge_intermediate(const std::string& extensions, const std::string& subject = "low") {
  certificate_maker leaf, low = make_ca(subject, "root", 'I');
  leaf.issuer = dn(subject);
  low.extensions = extensions;
  return judge({leaf, low, make_ca("root", "root", 'R')});
}
errc judge_root(const std::string& extensions) {
  certificate_maker root = make_ca("root", "root", 'R');
  root.extensions = extensions;
  return judge({certificate_maker(), root});
}

const std::string san = alt_names(dns("www.example.test"));
const std::string issuing = basic_constraints(true) + key_usage_bits(0x04);
const std::string loose_bc = extension("\x55\x1d\x13", sequence(tlv(0x01, "\xff")));
constexpr errc malformed = errc::malformed_certificate;

}  // namespace

TEST_CASE("profile: names") {
  CHECK(judge_leaf(san, "") == malformed);
  CHECK(judge_leaf(extension("\x55\x1d\x11", sequence(dns("a.test")), true), "") == errc::success);
  CHECK(judge_leaf(basic_constraints(false), "") == malformed);
  CHECK(judge_intermediate(issuing, "") == malformed);
  certificate_maker leaf, nameless = make_ca("", "", 'R');
  leaf.issuer = dn("");
  CHECK(judge({leaf, nameless}) == malformed);
}

TEST_CASE("profile: what only a CA may have, and how it marks it") {
  CHECK(judge_leaf(san + basic_constraints(false) + key_usage_bits(0x84)) == malformed);
  CHECK(judge_leaf(san + basic_constraints(false, 0)) == malformed);
  CHECK(judge_leaf(san + name_constraints({dns("a.test")})) == malformed);
  CHECK(judge_intermediate(issuing) == errc::success);
  CHECK(judge_intermediate(loose_bc) == errc::success);  // knows no keyUsage, as roots of 2004
  CHECK(judge_intermediate(loose_bc + key_usage_bits(0x04)) == malformed);
  CHECK(judge_root(loose_bc) == errc::success);
  CHECK(judge_root(loose_bc + key_usage_bits(0x04)) == malformed);
}

TEST_CASE("profile: a breach is told whatever else is wrong, and leads") {
  certificate_maker leaf, low = make_ca("low", "root", 'I');
  leaf.issuer = dn("low");
  leaf.serial = tlv(0x02, std::string(21, '\x7f'));
  leaf.not_after = tlv(0x17, "210101000000Z");
  low.extensions = issuing + extension("\x2a\x03", "", true) + extension(ski_oid, octets("I"), true);
  const auto problems_of = [&](bool anchored) {
    const made_path path(std::vector{leaf, low, make_ca("root", "root", 'R')});
    policy_settings settings;
    settings.now = 1767225600;  // 2026
    problem_list problems;
    check_path(path.views, anchored, settings, problems);
    return problems;
  };
  const problem_list expected{{errc::certificate_expired, 0},
                              {errc::malformed_certificate, 0},
                              {errc::unsupported_critical_extension, 1},
                              {errc::malformed_certificate, 1}};
  CHECK(leading(expected) == malformed);
  CHECK(problems_of(true) == expected);
  CHECK(problems_of(false) == expected);
}

TEST_CASE("profile: that an issuer is no CA has its own name, and no second one") {
  CHECK(judge_intermediate(key_usage_bits(0x04)) == errc::not_a_ca);
  CHECK(judge_intermediate(basic_constraints(true, 0) + key_usage_bits(0x80)) == errc::not_a_ca);
  CHECK(judge_intermediate(key_usage_bits(0x04) + extension(ski_oid, octets("I"), true)) == malformed);
}

TEST_CASE("profile: serial numbers of 20 octets at most, and no unique identifiers") {
  const auto numbered = [](const std::string& serial) {
    certificate_maker leaf;
    leaf.serial = tlv(0x02, serial);
    return judge({leaf, make_ca("root", "root", 'R')});
  };
  CHECK(numbered(std::string(20, '\x7f')) == errc::success);
  CHECK(numbered("\0"s + std::string(20, '\xff')) == errc::success);  // the first octet only keeps it positive
  CHECK(numbered(std::string(21, '\x7f')) == malformed);
  certificate_maker leaf;
  leaf.after_key = tlv(0x81, "\0i"s);
  CHECK(judge({leaf, make_ca("root", "root", 'R')}) == malformed);
}

TEST_CASE("profile: anyPolicy is mapped neither from nor to") {
  const std::string any = oid("\x55\x1d\x20\x00"s), one = oid("\x2a\x03"), two = oid("\x2a\x04");
  const auto mapping = [](const std::string& from, const std::string& to) {
    return judge_intermediate(issuing + extension("\x55\x1d\x21", sequence(sequence(from + to))));
  };
  CHECK(mapping(one, two) == errc::success);
  CHECK(mapping(any, two) == malformed);
  CHECK(mapping(one, any) == malformed);
}

TEST_CASE("profile: extensions that must or must not be critical") {
  const auto policy = [](const char* id, const std::string& value, bool critical) {
    return judge_intermediate(issuing + extension(id, value, critical));
  };
  const std::string zero = tlv(0x80, "\0"s);
  CHECK(policy("\x55\x1d\x24", sequence(zero), false) == malformed);  // policyConstraints
  CHECK(policy("\x55\x1d\x24", sequence(zero), true) == errc::unsupported_critical_extension);
  CHECK(policy("\x55\x1d\x36", tlv(0x02, "\0"s), false) == malformed);  // inhibitAnyPolicy
  CHECK(policy("\x55\x1d\x36", tlv(0x02, "\0"s), true) == errc::success);
  CHECK(judge_intermediate(issuing + extension(ski_oid, octets("I"), true) + authority_key_id("R")) == malformed);
  CHECK(judge_intermediate(issuing + subject_key_id("I") + extension(aki_oid, sequence(tlv(0x80, "R")), true)) ==
        malformed);
}

TEST_CASE("profile: key identifiers are written whole, or not at all") {
  CHECK(judge_leaf(san) == errc::success);
  CHECK(judge_leaf(san + authority_key_id("R")) == errc::success);
  CHECK(judge_leaf(san + authority_key_id("R") + subject_key_id("L")) == errc::success);
  CHECK(judge_leaf(san + subject_key_id("L")) == malformed);
  CHECK(judge_intermediate(issuing) == errc::success);
  CHECK(judge_intermediate(issuing + subject_key_id("I")) == malformed);
  CHECK(judge_intermediate(issuing + authority_key_id("R")) == malformed);
  CHECK(judge_intermediate(issuing + authority_key_id("R") + subject_key_id("I")) == errc::success);
  CHECK(judge_root(issuing + subject_key_id("R")) == errc::success);
  CHECK(judge_root(issuing + authority_key_id("R")) == errc::success);
  CHECK(judge_root(issuing + extension(aki_oid, sequence(""))) == malformed);
}

TEST_CASE("profile: an issuer that the key identifiers do not mean is none") {
  const auto signed_by = [](const std::string& aki, const std::string& root_extensions) {
    certificate_maker leaf, root = make_ca("root", "root", 'R', root_extensions);
    leaf.extensions = san + aki;
    return judge({leaf, root});
  };
  const auto names = [](const std::string& issuer, const std::string& serial, const std::string& key = {}) {
    return extension(aki_oid, sequence(key + tlv(0xa1, directory(dn(issuer))) + tlv(0x82, serial)));
  };
  CHECK(signed_by(authority_key_id("x"), subject_key_id("y")) == errc::unknown_issuer);
  CHECK(signed_by(authority_key_id("x"), subject_key_id("x")) == errc::success);
  CHECK(signed_by(names("root", "\x01"), "") == errc::success);
  CHECK(signed_by(names("root", "\x02"), "") == errc::unknown_issuer);
  CHECK(signed_by(names("other", "\x01"), "") == errc::unknown_issuer);
  // A root that signed itself, and says that another did.
  CHECK(judge_root(issuing + subject_key_id("R") + names("root", "\x01", tlv(0x80, "R"))) == errc::success);
  CHECK(judge_root(issuing + subject_key_id("R") + names("root", "\x02", tlv(0x80, "R"))) == malformed);
}

TEST_CASE("reader: extensions that are not what they say") {
  const auto ext = [](const char* id, const std::string& value) { return reads_with(extension(id, value)); };
  const std::string any = oid("\x2a\x03");
  const char* const aia = "\x2b\x06\x01\x05\x05\x07\x01\x01";
  CHECK(ext(aia, sequence(sequence(any + uri("http://a.test/")))));
  CHECK_FALSE(ext(aia, sequence("")));
  CHECK_FALSE(ext(aia, sequence(sequence(any))));
  CHECK_FALSE(ext(aia, "malformed"));
  const char* const policies = "\x55\x1d\x20";
  CHECK(ext(policies, sequence(sequence(any))));
  CHECK_FALSE(ext(policies, sequence("")));
  CHECK_FALSE(ext(policies, sequence(any)));
  CHECK(ext("\x55\x1d\x21", sequence(sequence(any + any))));
  CHECK_FALSE(ext("\x55\x1d\x21", sequence(sequence(any))));
  CHECK(ext("\x55\x1d\x24", sequence(tlv(0x80, "\0"s) + tlv(0x81, "\x01"))));
  CHECK_FALSE(ext("\x55\x1d\x24", sequence("")));
  CHECK_FALSE(ext("\x55\x1d\x36", tlv(0x02, "\xff")));
  const char* const crls = "\x55\x1d\x1f";
  CHECK(ext(crls, sequence(sequence(tlv(0xa0, tlv(0xa0, uri("http://a.test/")))))));
  CHECK_FALSE(ext(crls, sequence("")));
  CHECK_FALSE(ext(crls, sequence(sequence(tlv(0x30, "")))));
  CHECK_FALSE(ext("\x55\x1d\x12", sequence("")));
  CHECK_FALSE(ext("\x55\x1d\x23", sequence(tlv(0x82, "\x01"))));  // a serial number without its issuer
}

TEST_CASE("reader: names and addresses in extensions") {
  CHECK_FALSE(reads_with(alt_names(dns("\xf0\x9f\x98\x80.test"))));
  CHECK_FALSE(reads_with(alt_names(email("\xe4@a.test"))));
  CHECK_FALSE(reads_with(alt_names(uri("http://\xe4/"))));
  CHECK_FALSE(reads_with(alt_names(tlv(0xa0, oid("\x2a\x03")))));
  const auto edi = [](const std::string& content) { return reads_with(alt_names(tlv(0xa5, content))); };
  CHECK(edi(tlv(0xa1, tlv(0x0c, "party"))));
  CHECK(edi(tlv(0xa0, tlv(0x13, "assigner")) + tlv(0xa1, tlv(0x0c, "party"))));
  CHECK_FALSE(edi(""));
  CHECK_FALSE(edi(tlv(0xa0, tlv(0x0c, "assigner"))));
  CHECK_FALSE(edi(tlv(0xa1, tlv(0x0c, "party")) + tlv(0xa0, tlv(0x0c, "assigner"))));
  CHECK_FALSE(edi(tlv(0xa1, tlv(0x0c, ""))));
  CHECK_FALSE(edi(tlv(0xa1, tlv(0x16, "party"))));
  CHECK_FALSE(edi(tlv(0x81, "party")));
  const auto range = [](const std::string& mask) {
    return reads_with(name_constraints({ip(std::string(mask.size(), '\x0a') + mask)}));
  };
  CHECK(range("\xff\xff\xff\xff"));
  CHECK(range("\xff\xf0\0\0"s));
  CHECK(range("\0\0\0\0"s));
  CHECK_FALSE(range("\xff\0\xff\0"s));
  CHECK_FALSE(range("\xff\x0f\0\0"s));
  CHECK_FALSE(range("\xff\xff\xff"s));
}

TEST_CASE("reader: parameters of algorithms") {
  const auto signed_with = [](const std::string& algorithm) {
    certificate_maker m;
    m.inner_algorithm = sequence(algorithm);
    return reads(m);
  };
  const std::string ecdsa = oid("\x2a\x86\x48\xce\x3d\x04\x03\x02"), rsa = oid("\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0b");
  const std::string null = tlv(0x05, "");
  CHECK(signed_with(ecdsa));
  CHECK_FALSE(signed_with(ecdsa + null));
  CHECK(signed_with(rsa));
  CHECK(signed_with(rsa + null));
  CHECK_FALSE(signed_with(rsa + sequence("")));
  CHECK_FALSE(signed_with(oid("\x2b\x65\x70") + null));
  certificate_maker m;
  m.key = sequence(sequence(oid("\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01")) +
                   bit_string(sequence(tlv(0x02, "\x7f") + tlv(0x02, "\x03"))));
  CHECK_FALSE(reads(m));
}

TEST_CASE("policy: keys that protect nothing") {
  const auto with_key = [](const std::string& key) {
    certificate_maker leaf;
    leaf.key = key;
    return judge({leaf, make_ca("root", "root", 'R')});
  };
  CHECK(with_key(rsa_key(2048)) == errc::success);
  CHECK(with_key(rsa_key(2048, "\x03")) == errc::success);
  CHECK(with_key(rsa_key(2048, "\x01")) == errc::weak_algorithm);
  CHECK(with_key(rsa_key(2048, "\x04")) == errc::weak_algorithm);
  CHECK(with_key(rsa_key(2048, "\0"s)) == errc::weak_algorithm);
  CHECK(with_key(rsa_key(2048, "\x01\0\0\0\0\0\0\0\x01"s)) == errc::weak_algorithm);
  CHECK(with_key(rsa_key(2048, "\x03", '\x02')) == errc::weak_algorithm);
  certificate_maker m;
  m.key = ec_key('L', "\x2a\x86\x48\xce\x3d\x03\x01\x07", 31);
  CHECK_FALSE(reads(m));
  const std::string p256 = sequence(oid("\x2a\x86\x48\xce\x3d\x02\x01") + oid("\x2a\x86\x48\xce\x3d\x03\x01\x07"));
  CHECK(with_key(sequence(p256 + bit_string("\x02" + std::string(32, 'x')))) == errc::weak_algorithm);
  m.key = sequence(p256 + bit_string("\x06" + std::string(64, 'x')));  // hybrid
  CHECK_FALSE(reads(m));
}

TEST_CASE("the machine's CA bundle is readable in full, and its roots may issue") {
  std::ifstream file("/etc/ssl/certs/issuing-certificates.crt", std::ios::binary);
  if (!file) return;
  const std::string pem{std::istreambuf_iterator<char>(file), {}};
  std::vector<byte_vector> ders;
  REQUIRE(load_certificate_bytes(as_bytes(pem), ders) == errc::success);
  CHECK(ders.size() > 50);
  for (const byte_vector& der : ders) {
    errc e = errc::success;
    const auto root = certificate_view::parse(der, e);
    REQUIRE(root);
    CAPTURE(root->subject().oneline());
    CHECK(root->is_ca());
    CHECK_FALSE(root->has_unknown_critical_extension());
    CHECK_FALSE(detail::key_is_weak(root->public_key(), certificate_floors()));
    CHECK(detail::breach_of_profile(*root, true).empty());
  }
}
