// SPDX-License-Identifier: BSL-1.0
#include "plugtls/chain_policy.hpp"

#include <initializer_list>

#include "made_path.hpp"
#include "support/catch.hpp"
#include "support/certificate_maker.hpp"

using namespace plugtls;
using namespace plugtls_test;

namespace plugtls {
// Makes failures readable in Catch2.
inline std::ostream& operator<<(std::ostream& out, const problem& p) { return out << name(p.what) << '@' << p.depth; }
}  // namespace plugtls

namespace {

constexpr unix_time now_2026 = 1770000000;

// A chain to be changed by a test: leaf, intermediate, root.
struct chain {
  certificate_maker leaf;
  certificate_maker intermediate = make_ca("intermediate", "root", 'I');
  certificate_maker root = make_ca("root", "root", 'R');

  chain() { leaf.issuer = dn("intermediate"); }
};

problem_list check(std::initializer_list<certificate_maker> makers, bool anchored = true,
                   policy_settings settings = {}) {
  const made_path path(makers);
  if (settings.now == 0) settings.now = now_2026;
  problem_list problems;
  check_path(path.views, anchored, settings, problems);
  return problems;
}
problem_list check(const chain& c, policy_settings settings = {}) {
  return check({c.leaf, c.intermediate, c.root}, true, settings);
}

const problem_list none;
problem_list one(errc what, int depth) { return {{what, depth}}; }

std::string leaf_with(const std::string& extensions) {
  return basic_constraints(false) + alt_names(dns("www.example.test")) + extensions;
}

}  // namespace

TEST_CASE("a good chain has no problem, and an empty path none either") {
  CHECK(check(chain()) == none);
  CHECK(check({}) == none);
}

TEST_CASE("dates are checked for every certificate, the anchor too") {
  const auto field = {&chain::leaf, &chain::intermediate, &chain::root};
  int depth = 0;
  for (certificate_maker chain::*which : field) {
    chain c;
    (c.*which).not_after = tlv(0x17, "210101000000Z");
    CHECK(check(c) == one(errc::certificate_expired, depth));
    c = chain();
    (c.*which).not_before = tlv(0x17, "480101000000Z");
    CHECK(check(c) == one(errc::certificate_not_yet_valid, depth));
    ++depth;
  }
}

TEST_CASE("both ends of the validity belong to it") {
  const auto at = [](unix_time t) {
    policy_settings settings;
    settings.now = t;
    return check(chain(), settings);
  };
  const unix_time begin = to_unix_time({2020, 1, 1, 0, 0, 0});
  const unix_time end = to_unix_time({2049, 12, 31, 23, 59, 59});
  CHECK(at(begin) == none);
  CHECK(at(end) == none);
  CHECK(at(begin - 1).size() == 3);
  CHECK(at(end + 1).size() == 3);
}

TEST_CASE("an issuer must be a certification authority") {
  chain c;
  c.intermediate.extensions = basic_constraints(false) + key_usage_bits(0x04);
  CHECK(check(c) == one(errc::not_a_ca, 1));
  c.intermediate.extensions = key_usage_bits(0x04);
  CHECK(check(c) == one(errc::not_a_ca, 1));
  c.intermediate.extensions = basic_constraints(true) + key_usage_bits(0x80);
  CHECK(check(c) == one(errc::not_a_ca, 1));
  c.intermediate.extensions = basic_constraints(true);
  CHECK(check(c) == none);
  c.intermediate.version.clear();
  c.intermediate.extensions.clear();
  CHECK(check(c) == one(errc::not_a_ca, 1));

  c = chain();
  c.root.extensions = key_usage_bits(0x04);
  CHECK(check(c) == one(errc::not_a_ca, 2));
  c.root.extensions = basic_constraints(true) + key_usage_bits(0x80);
  CHECK(check(c) == one(errc::not_a_ca, 2));
}

TEST_CASE("a root of version 1 that signed itself may issue; nothing else without extensions may") {
  chain c;
  c.root.version.clear();
  c.root.extensions.clear();
  CHECK(check(c) == none);
  CHECK(check({c.leaf, c.intermediate, c.root}, false) == one(errc::not_a_ca, 2));
  c.root.issuer = dn("another");
  CHECK(check(c) == one(errc::not_a_ca, 2));
  c.root.issuer = c.root.subject;
  c.root.version = tlv(0xa0, tlv(0x02, "\x02"));
  CHECK(check(c) == one(errc::not_a_ca, 2));
}

TEST_CASE("path lengths count intermediates that are not self-issued") {
  certificate_maker leaf;
  leaf.issuer = dn("low");
  const auto low = make_ca("low", "high", 'l');
  const auto high = make_ca("high", "root", 'h');
  const auto root = make_ca("root", "root", 'R');
  CHECK(check({leaf, low, high, root}) == none);
  CHECK(check({leaf, low, make_ca("high", "root", 'h', "", 0), root}) == one(errc::path_length_exceeded, 2));
  CHECK(check({leaf, low, make_ca("high", "root", 'h', "", 1), root}) == none);
  CHECK(check({leaf, make_ca("low", "high", 'l', "", 0), high, root}) == none);
  CHECK(check({leaf, low, high, make_ca("root", "root", 'R', "", 1)}) == one(errc::path_length_exceeded, 3));
  CHECK(check({leaf, low, high, make_ca("root", "root", 'R', "", 2)}) == none);
  const auto rolled_over = make_ca("high", "high", 'H');
  CHECK(check({leaf, low, rolled_over, make_ca("high", "root", 'h', "", 1), root}) == none);
}

TEST_CASE("the depth limit counts the same way") {
  policy_settings settings;
  settings.max_depth = 1;
  CHECK(check(chain(), settings) == none);
  settings.max_depth = 0;
  CHECK(check(chain(), settings) == one(errc::path_length_exceeded, 1));
  certificate_maker leaf;
  CHECK(check({leaf, make_ca("root", "root", 'R')}, true, settings) == none);
  settings.max_depth = -1;
  CHECK(check(chain(), settings) == one(errc::path_length_exceeded, 1));
}

TEST_CASE("the leaf's key must be allowed to sign") {
  chain c;
  c.leaf.extensions = leaf_with(key_usage_bits(0x80));
  CHECK(check(c) == none);
  c.leaf.extensions = leaf_with(key_usage_bits(0x20));  // keyEncipherment only
  CHECK(check(c) == one(errc::invalid_purpose, 0));
}

TEST_CASE("extended key usage holds for the leaf and for intermediates, not for the anchor") {
  policy_settings client;
  client.usage = purpose::client_auth;
  chain c;
  c.leaf.extensions = leaf_with(ext_key_usage(server_auth()));
  CHECK(check(c) == none);
  CHECK(check(c, client) == one(errc::invalid_purpose, 0));
  c.leaf.extensions = leaf_with(ext_key_usage(client_auth()));
  CHECK(check(c) == one(errc::invalid_purpose, 0));
  CHECK(check(c, client) == none);
  c.leaf.extensions = leaf_with(ext_key_usage(oid("\x55\x1d\x25\x00"s)));
  CHECK(check(c) == none);
  CHECK(check(c, client) == none);

  c = chain();
  c.intermediate = make_ca("intermediate", "root", 'I', ext_key_usage(client_auth()));
  CHECK(check(c) == one(errc::invalid_purpose, 1));
  CHECK(check(c, client) == none);
  c = chain();
  c.root = make_ca("root", "root", 'R', ext_key_usage(client_auth()));
  CHECK(check(c) == none);
}

TEST_CASE("a certification authority is no leaf, unless it is trusted by itself") {
  chain c;
  c.leaf.extensions = basic_constraints(true) + alt_names(dns("www.example.test"));
  CHECK(check(c) == one(errc::invalid_purpose, 0));
  CHECK(check({c.leaf}, false) == one(errc::invalid_purpose, 0));
  c.leaf.subject = c.leaf.issuer = dn("self");
  CHECK(check({c.leaf}) == none);
  CHECK(check({c.leaf}, false) == none);
  c.leaf.extensions = basic_constraints(true) + ext_key_usage(client_auth());
  CHECK(check({c.leaf}) == one(errc::invalid_purpose, 0));
}

TEST_CASE("critical extensions must be understood, on every certificate") {
  const std::string unknown = extension("\x2a\x03", "x", true);
  chain c;
  c.leaf.extensions = leaf_with(unknown);
  CHECK(check(c) == one(errc::unsupported_critical_extension, 0));
  c = chain();
  c.intermediate = make_ca("intermediate", "root", 'I', unknown);
  CHECK(check(c) == one(errc::unsupported_critical_extension, 1));
  c.intermediate = make_ca("intermediate", "root", 'I', extension("\x55\x1d\x24", sequence(tlv(0x80, "\0"s)), true));
  CHECK(check(c) == one(errc::unsupported_critical_extension, 1));  // policyConstraints
  c.intermediate =
      make_ca("intermediate", "root", 'I', extension("\x55\x1d\x20", sequence(sequence(oid("\x2a\x03"))), true));
  CHECK(check(c) == none);  // certificatePolicies
}

TEST_CASE("weak signatures are refused but for the anchor's own") {
  policy_settings with_sha1;
  with_sha1.floors.hash_bits = 160;
  chain c;
  c.root.inner_algorithm = rsa_md5();
  CHECK(check(c) == none);
  c.intermediate.inner_algorithm = ecdsa_sha1();
  CHECK(check(c) == one(errc::weak_algorithm, 1));
  CHECK(check(c, with_sha1) == none);
  c.intermediate.inner_algorithm = rsa_md5();
  CHECK(check(c, with_sha1) == one(errc::weak_algorithm, 1));
  c = chain();
  c.leaf.inner_algorithm = ecdsa_sha1();
  CHECK(check(c) == one(errc::weak_algorithm, 0));
  c.leaf.inner_algorithm = sequence(oid("\x2a\x03"));  // nobody knows how strong that is
  CHECK(check(c, with_sha1) == one(errc::weak_algorithm, 0));
  const std::string pss = "\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0a";
  const auto pss_with = [&](const std::string& parameters) {
    c.leaf.inner_algorithm = sequence(oid(pss) + parameters);
    return check(c);
  };
  const std::string sha256 = sequence(oid("\x60\x86\x48\x01\x65\x03\x04\x02\x01"));
  const std::string mgf1 = oid("\x2a\x86\x48\x86\xf7\x0d\x01\x01\x08");
  CHECK(pss_with(sequence(tlv(0xa0, sha256) + tlv(0xa1, sequence(mgf1 + sha256)))) == none);
  CHECK(pss_with(sequence(tlv(0xa0, sha256))) == one(errc::weak_algorithm, 0));  // a mask of SHA-1
  CHECK(pss_with("") == one(errc::weak_algorithm, 0));                           // SHA-1 by default
  CHECK(pss_with(sequence("")) == one(errc::weak_algorithm, 0));                 //
  CHECK(pss_with(sequence(tlv(0xa0, sequence(oid("\x2a\x03"))))) == one(errc::weak_algorithm, 0));
  const std::string proper = tlv(0xa0, sha256) + tlv(0xa1, sequence(mgf1 + sha256));
  CHECK(pss_with(sequence(proper + tlv(0xa3, tlv(0x02, "\x01")))) == none);
  CHECK(pss_with(sequence(proper + tlv(0xa3, tlv(0x02, "\x02")))) == one(errc::weak_algorithm, 0));  // no such trailer
  CHECK(pss_with(sequence(proper + tlv(0x05, ""))) == one(errc::weak_algorithm, 0));
  CHECK(pss_with(sequence(tlv(0xa0, sha256) + tlv(0xa1, sequence(oid("\x2a\x03") + sha256)))) ==
        one(errc::weak_algorithm, 0));
}

TEST_CASE("small keys are refused everywhere") {
  chain c;
  c.leaf.key = rsa_key(2048);
  CHECK(check(c) == none);
  c.leaf.key = rsa_key(2040);
  CHECK(check(c) == one(errc::weak_algorithm, 0));
  policy_settings settings;
  settings.floors.rsa_bits = 1024;
  CHECK(check(c, settings) == none);
  settings.floors.rsa_bits = 2049;
  c.leaf.key = rsa_key(2048);
  CHECK(check(c, settings) == one(errc::weak_algorithm, 0));
  settings.floors.ec_bits = 256;
  c = chain();
  CHECK(check(c, settings) == none);
  c.leaf.key = sequence(sequence(oid("\x2b\x65\x70")) + bit_string(std::string(32, 'e')));  // Ed25519
  CHECK(check(c, settings) == none);
  settings.floors.ec_bits = 257;
  CHECK(check(c, settings) ==
        problem_list{{errc::weak_algorithm, 0}, {errc::weak_algorithm, 1}, {errc::weak_algorithm, 2}});
  c = chain();
  c.root.key = rsa_key(1024);
  CHECK(check(c) == one(errc::weak_algorithm, 2));
  c = chain();
  c.intermediate.key = ec_key('I', "\x2a\x86\x48\xce\x3d\x03\x01\x01", 24);  // P-192
  CHECK(check(c) == one(errc::weak_algorithm, 1));
  c.intermediate.key = ec_key('I', "\x2a\x03");
  CHECK(check(c) == one(errc::weak_algorithm, 1));
}

TEST_CASE("problems add up, and the one that stands first in errc leads") {
  chain c;
  c.leaf.not_after = tlv(0x17, "210101000000Z");
  c.leaf.key = rsa_key(1024);
  c.intermediate.extensions = basic_constraints(false);
  const problem_list problems = check(c);
  CHECK(problems.size() == 3);
  CHECK(leading(problems) == errc::not_a_ca);
}

namespace {

// What a constraint in the intermediate says to a name in the leaf.
problem_list constrained(const std::string& constraints, const std::string& names,
                         const std::string& subject = "leaf") {
  chain c;
  c.intermediate = make_ca("intermediate", "root", 'I', constraints);
  c.leaf.subject = dn(subject);
  c.leaf.extensions = basic_constraints(false) + (names.empty() ? "" : alt_names(names));
  return check(c);
}
const problem_list violated = {{errc::name_constraint_violated, 0}};

}  // namespace

TEST_CASE("name constraints on host names") {
  const auto permit = [](const std::string& base, const std::string& name) {
    const problem_list p = constrained(name_constraints({dns(base)}), dns(name));
    CHECK((p == none || p == violated));
    return p == none;
  };
  const auto exclude = [](const std::string& base, const std::string& name) {
    return constrained(name_constraints({}, {dns(base)}), dns(name)) == violated;
  };
  CHECK(permit("example.test", "example.test"));
  CHECK(permit("example.test", "www.EXAMPLE.test"));
  CHECK(permit("example.test", "*.example.test"));
  CHECK(permit("example.test", "a.b.example.test."));
  CHECK(permit("", "anything.test"));
  CHECK_FALSE(permit("example.test", "badexample.test"));
  CHECK_FALSE(permit("example.test", "test"));
  CHECK_FALSE(permit("www.example.test", "*.example.test"));  // covers more than is permitted
  CHECK_FALSE(permit(".example.test", "www.example.test"));   // not defined: refused

  CHECK(exclude("example.test", "example.test"));
  CHECK(exclude("example.test", "WWW.example.test"));
  CHECK(exclude("www.example.test", "*.example.test"));
  CHECK(exclude("", "anything.test"));
  CHECK(exclude(".example.test", "other.test"));
  CHECK_FALSE(exclude("example.test", "badexample.test"));
  CHECK_FALSE(exclude("a.b.example.test", "*.example.test"));

  CHECK(constrained(name_constraints({dns("a.test"), dns("b.test")}), dns("x.a.test") + dns("x.b.test")) == none);
  CHECK(constrained(name_constraints({dns("a.test")}), dns("x.a.test") + dns("x.b.test")) == violated);
  CHECK(constrained(name_constraints({dns("a.test")}, {dns("x.a.test")}), dns("y.a.test")) == none);
  CHECK(constrained(name_constraints({dns("a.test")}, {dns("x.a.test")}), dns("x.a.test")) == violated);
}

TEST_CASE("a name whose form is not constrained is allowed") {
  CHECK(constrained(name_constraints({dns("a.test")}), ip("\x7f\0\0\1"s)) == none);
  CHECK(constrained(name_constraints({ip("\x7f\0\0\0\xff\0\0\0"s)}), dns("a.test")) == none);
  CHECK(constrained(name_constraints({dns("a.test")}), "") == none);
}

TEST_CASE("name constraints on addresses") {
  const std::string net = ip("\x7f\0\0\0\xff\0\0\0"s);
  CHECK(constrained(name_constraints({net}), ip("\x7f\1\2\3"s)) == none);
  CHECK(constrained(name_constraints({net}), ip("\x0a\1\2\3"s)) == violated);
  CHECK(constrained(name_constraints({}, {net}), ip("\x7f\1\2\3"s)) == violated);
  CHECK(constrained(name_constraints({}, {net}), ip("\x0a\1\2\3"s)) == none);
  CHECK(constrained(name_constraints({net}), ip(std::string(15, '\0') + '\1')) == violated);
}

TEST_CASE("name constraints on mail addresses") {
  const auto permit = [](const std::string& base, const std::string& name) {
    return constrained(name_constraints({email(base)}), email(name)) == none;
  };
  CHECK(permit("a@example.test", "a@EXAMPLE.test"));
  CHECK_FALSE(permit("a@example.test", "A@example.test"));
  CHECK_FALSE(permit("a@example.test", "b@example.test"));
  CHECK(permit("example.test", "b@example.test"));
  CHECK_FALSE(permit("example.test", "b@www.example.test"));
  CHECK(permit(".example.test", "b@www.example.test"));
  CHECK_FALSE(permit(".example.test", "b@example.test"));
  CHECK_FALSE(permit("example.test", "no-address"));
  CHECK_FALSE(permit("example.test", "a@b@example.test"));

  // Without a mail address in subjectAltName, the one in the subject counts.
  const std::string subject =
      sequence(tlv(0x31, sequence(oid("\x2a\x86\x48\x86\xf7\x0d\x01\x09\x01") + tlv(0x16, "x@bad.test"))));
  chain c;
  c.intermediate = make_ca("intermediate", "root", 'I', name_constraints({email("example.test")}));
  c.leaf.subject = subject;
  CHECK(check(c) == violated);
  c.leaf.extensions = basic_constraints(false) + alt_names(email("x@example.test"));
  CHECK(check(c) == none);
}

TEST_CASE("name constraints on URIs") {
  const auto permit = [](const std::string& base, const std::string& name) {
    return constrained(name_constraints({uri(base)}), uri(name)) == none;
  };
  CHECK(permit("www.example.test", "https://www.EXAMPLE.test/path"));
  CHECK(permit("www.example.test", "https://user@www.example.test:443?q"));
  CHECK_FALSE(permit("example.test", "https://www.example.test/"));
  CHECK(permit(".example.test", "https://www.example.test/"));
  CHECK_FALSE(permit(".example.test", "https://example.test/"));
  CHECK_FALSE(permit(".example.test", "https://evil.invalid/www.example.test"));
  CHECK_FALSE(permit(".example.test", "urn:x"));
  CHECK_FALSE(permit("", "https://127.0.0.1/"));
  CHECK_FALSE(permit("", "https://[::1]/"));
}

TEST_CASE("name constraints on directory names") {
  const auto rdn = [](const std::string& value, const std::string& type) {
    return tlv(0x31, sequence(oid(type) + tlv(0x0c, value)));
  };
  const std::string o = rdn("Org", "\x55\x04\x0a");
  const std::string cn = rdn("leaf", "\x55\x04\x03");
  chain c;
  c.leaf.subject = sequence(o + cn);
  const auto with = [&](const std::string& constraints) {
    c.intermediate = make_ca("intermediate", "root", 'I', constraints);
    return check(c);
  };
  CHECK(with(name_constraints({directory(sequence(o))})) == none);
  CHECK(with(name_constraints({directory(sequence(rdn("ORG", "\x55\x04\x0a")))})) == none);
  CHECK(with(name_constraints({directory(sequence(cn))})) == violated);
  CHECK(with(name_constraints({directory(sequence(o + cn + cn))})) == violated);
  CHECK(with(name_constraints({}, {directory(sequence(o))})) == violated);
  CHECK(with(name_constraints({}, {directory(sequence(cn))})) == none);
  c.leaf.subject = sequence("");  // an empty subject is no name
  c.leaf.extensions = extension("\x55\x1d\x11", sequence(dns("www.example.test")), true);
  CHECK(with(name_constraints({directory(sequence(o))})) == none);
}

TEST_CASE("a form that cannot be judged violates a constraint on it") {
  const std::string other = tlv(0xa0, oid("\x2a\x03") + tlv(0xa0, tlv(0x0c, "x")));
  CHECK(constrained(name_constraints({other}), other) == violated);
  CHECK(constrained(name_constraints({}, {other}), other) == violated);
  CHECK(constrained(name_constraints({other}), dns("a.test")) == none);
}

TEST_CASE("constraints hold for everything below, not for self-issued intermediates") {
  const std::string only_a = name_constraints({directory(dn("a"))});
  certificate_maker leaf;
  leaf.subject = dn("a");
  leaf.issuer = dn("low");
  const auto root = make_ca("root", "root", 'R', only_a);
  CHECK(check({leaf, make_ca("low", "root", 'l'), root}) == one(errc::name_constraint_violated, 1));
  leaf.issuer = dn("root");
  CHECK(check({leaf, make_ca("root", "root", 'r'), root}) == none);
  leaf.subject = dn("b");
  CHECK(check({leaf, root}) == violated);
  // The constraints of a certificate do not hold for itself.
  leaf.issuer = dn("low");
  const auto low = make_ca("low", "root", 'l', name_constraints({directory(dn("b"))}));
  CHECK(check({leaf, low, make_ca("root", "root", 'R')}) == none);
}

TEST_CASE("work on name constraints is bounded") {
  std::vector<std::string> bases;
  std::string names;
  for (int i = 0; i < 700; ++i) {
    bases.push_back(dns("n" + std::to_string(i) + ".test"));
    names += dns("x" + std::to_string(i) + ".test");
  }
  CHECK(constrained(name_constraints({}, bases), names) == violated);
  CHECK(constrained(name_constraints({}, {bases[0], bases[1]}), names) == none);
}
