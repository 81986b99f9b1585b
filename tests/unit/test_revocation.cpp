// SPDX-License-Identifier: BSL-1.0
#include <stdexcept>
#include <thread>

#include "plugtls/detail/revocation_check.hpp"
#include "support/catch.hpp"
#include "support/crl_maker.hpp"
#include "support/print.hpp"

using namespace plugtls;
using namespace plugtls_test;

namespace {

// A key of the makers is one character; its signature is that character.
std::atomic<int> verified{0};
errc signed_by(byte_view spki, byte_view, byte_view, byte_view signature) {
  ++verified;
  return signature.back() == spki.back() ? errc::success : errc::bad_signature;
}

constexpr unsigned issuer_usage = 0x06;  // keyCertSign and cRLSign

certificate_maker make_issuer(const std::string& subject, char key, unsigned usage = issuer_usage,
                              const std::string& more = {}) {
  certificate_maker m = make_ca(subject, "root", key);
  m.extensions = basic_constraints(true) + (usage != 0 ? key_usage_bits(usage) : "") + more;
  m.signature = bit_string(ecdsa_value('R'));
  return m;
}

std::string lists(unsigned serial) { return crl_entry_der(serial_number(std::string(1, static_cast<char>(serial)))); }

// A leaf (serial 1) of an intermediate (2) of a root, and CRLs of both that list neither.
struct scene {
  certificate_maker leaf;
  certificate_maker intermediate = make_issuer("intermediate", 'I');
  certificate_maker root = make_issuer("root", 'R');
  std::vector<certificate_maker> presented, anchors;
  crl_maker by_intermediate, by_root;
  std::vector<crl_maker> more;
  revocation_policy policy{revocation_mode::chain, false};
  policy_settings settings;

  scene() {
    leaf.issuer = by_intermediate.issuer = dn("intermediate");
    intermediate.serial = tlv(0x02, "\x02");
    by_intermediate.signature = bit_string(ecdsa_value('I'));
    by_root.signature = bit_string(ecdsa_value('R'));
    settings.now = 1770000000;  // 2026
  }

  detail::revocation_rules rules() const {
    detail::revocation_rules out{policy, {}};
    std::vector<crl_maker> all{by_intermediate, by_root};
    all.insert(all.end(), more.begin(), more.end());
    for (const crl_maker& m : all) {
      errc e = errc::success;
      if (m.issuer.empty()) continue;
      auto made = crl::from_der(as_bytes(m.der()), e);
      REQUIRE(made);
      out.lists.push_back({*made});
    }
    return out;
  }
  problem_list check() const { return check(rules()); }
  problem_list check(const detail::revocation_rules& rules) const {
    const auto read = [](const std::vector<certificate_maker>& makers) {
      std::vector<certificate> out;
      for (const certificate_maker& m : makers) {
        errc e = errc::success;
        const auto made = certificate::from_der(as_bytes(m.der()), e);
        if (!made) throw std::logic_error("a maker's certificate does not parse");  // also thrown in threads
        out.push_back(*made);
      }
      return out;
    };
    const std::vector<certificate> chain = read({leaf, intermediate, root}), others = read(presented),
                                   trusted = read(anchors);
    std::vector<certificate_view> path;
    for (const certificate& c : chain) path.push_back(c.view());
    problem_list out;
    detail::revocation_check(rules, &signed_by, settings, others, trusted).run(path, out);
    return out;
  }
};

const problem_list none;
const problem_list unknown_leaf{{errc::revocation_unknown, 0}};

problem_list with(void (*change)(scene&)) {
  scene s;
  change(s);
  return s.check();
}
// The same, changing what the intermediate's CRL is; it lists the leaf then, so that using it would be seen.
problem_list with_list(void (*change)(crl_maker&)) {
  scene s;
  change(s.by_intermediate);
  const problem_list said = s.check();
  s.policy.soft = true;
  s.by_intermediate.entries += lists(1);
  CHECK(s.check() == (said.empty() ? problem_list{{errc::revoked, 0}} : none));
  return said;
}

}  // namespace

TEST_CASE("revocation: what no CRL lists is good, what one lists is revoked") {
  CHECK(scene().check() == none);
  CHECK(with([](scene& s) { s.by_intermediate.entries = lists(1); }) == problem_list{{errc::revoked, 0}});
  CHECK(with([](scene& s) { s.by_root.entries = lists(2); }) == problem_list{{errc::revoked, 1}});
  CHECK(with([](scene& s) { s.by_root.entries = lists(1); }) == none);  // another issuer's number
  CHECK(with([](scene& s) { s.by_intermediate.entries = lists(2); }) == none);
  CHECK(with([](scene& s) {
          s.by_intermediate.entries = lists(1);
          s.by_root.entries = lists(2);
        }) == problem_list{{errc::revoked, 0}, {errc::revoked, 1}});
  CHECK(leading({{errc::revocation_unknown, 0}, {errc::revoked, 1}}) == errc::revoked);
  CHECK(leading({{errc::revocation_unknown, 0}, {errc::hostname_mismatch, 0}}) == errc::hostname_mismatch);
  CHECK(leading({{errc::revoked, 1}, {errc::certificate_expired, 0}}) == errc::revoked);
  CHECK(leading({{errc::revoked, 0}, {errc::bad_signature, 1}}) == errc::bad_signature);
}

TEST_CASE("revocation: none, leaf, chain; soft and hard") {
  const auto run = [](revocation_mode mode, bool soft, bool have) {
    scene s;
    s.policy = {mode, soft};
    if (!have) s.by_intermediate.issuer = s.by_root.issuer = "";
    return s.check();
  };
  for (const bool soft : {false, true}) {
    for (const revocation_mode m : {revocation_mode::none, revocation_mode::leaf, revocation_mode::chain})
      CHECK(run(m, soft, true) == none);
    CHECK(run(revocation_mode::none, soft, false) == none);
  }
  CHECK(run(revocation_mode::leaf, false, false) == unknown_leaf);
  CHECK(run(revocation_mode::chain, false, false) ==
        problem_list{{errc::revocation_unknown, 0}, {errc::revocation_unknown, 1}});
  CHECK(run(revocation_mode::leaf, true, false) == none);
  CHECK(run(revocation_mode::chain, true, false) == none);
  scene s;
  s.by_root.entries = lists(2);
  s.policy.mode = revocation_mode::leaf;
  CHECK(s.check() == none);
  s.policy = {revocation_mode::chain, true};
  CHECK(s.check() == problem_list{{errc::revoked, 1}});
}

TEST_CASE("revocation: a CRL counts from thisUpdate to nextUpdate, by the clock") {
  CHECK(with_list([](crl_maker& m) { m.next_update = tlv(0x17, "250101000000Z"); }) == unknown_leaf);
  CHECK(with_list([](crl_maker& m) { m.this_update = tlv(0x17, "480101000000Z"); }) == unknown_leaf);
  CHECK(with_list([](crl_maker& m) { m.next_update = ""; }) == unknown_leaf);
  scene s;
  for (const auto& [now, good] :
       {std::pair(unix_time{1577836799}, false), {1577836800, true}, {2524607999, true}, {2524608000, false}}) {
    s.settings.now = now;
    CHECK(s.check().empty() == good);
  }
}

TEST_CASE("revocation: a CRL that is not wholly understood, or not whole, is not used") {
  CHECK(with_list([](crl_maker& m) { m.extensions = extension("\x2a\x03", "x", true); }) == unknown_leaf);
  CHECK(with_list([](crl_maker& m) { m.extensions = extension("\x2a\x03", "x"); }) == none);
  CHECK(with_list([](crl_maker& m) { m.extensions = ""; }) == none);
  CHECK(with_list([](crl_maker& m) { m.extensions = extension("\x55\x1d\x1b", tlv(0x02, "\x01"), true); }) ==
        unknown_leaf);
  CHECK(with_list([](crl_maker& m) {
          m.entries = crl_entry_der(serial_number("\x09"), extension("\x2a\x03", "x", true));
        }) == unknown_leaf);
  CHECK(with_list([](crl_maker& m) { m.extensions = issuing_distribution_point(tlv(0x84, "\xff")); }) == unknown_leaf);
}

TEST_CASE("revocation: name, key, keyUsage and strength of who signed it") {
  CHECK(with_list([](crl_maker& m) { m.issuer = dn("Intermediate", 0x13); }) == none);
  CHECK(with_list([](crl_maker& m) { m.issuer = dn("other"); }) == unknown_leaf);
  CHECK(with_list([](crl_maker& m) { m.signature = bit_string(ecdsa_value('R')); }) == unknown_leaf);
  CHECK(with_list([](crl_maker& m) { m.inner_algorithm = ecdsa_sha1(); }) == unknown_leaf);
  CHECK(with_list([](crl_maker& m) { m.inner_algorithm = rsa_md5(); }) == unknown_leaf);
  CHECK(with([](scene& s) { s.intermediate.extensions = basic_constraints(true) + key_usage_bits(0x04); }) ==
        unknown_leaf);
  CHECK(with([](scene& s) { s.intermediate.extensions = basic_constraints(true); }) == none);
  CHECK(with([](scene& s) { s.intermediate.key = ec_key('I', "\x2a\x86\x48\xce\x3d\x03\x01\x01", 24); }) ==
        unknown_leaf);
  CHECK(with([](scene& s) { s.root.extensions = basic_constraints(true) + key_usage_bits(0x04); }) ==
        problem_list{{errc::revocation_unknown, 1}});
  scene s;
  s.settings.floors.hash_bits = 160;
  s.by_intermediate.inner_algorithm = ecdsa_sha1();
  CHECK(s.check() == none);
}

TEST_CASE("revocation: another key of the issuer may sign, where an authority vouches for it") {
  scene s;
  s.by_intermediate.signature = bit_string(ecdsa_value('J'));
  CHECK(s.check() == unknown_leaf);
  const certificate_maker other = make_issuer("intermediate", 'J');
  const auto presented = [&s](certificate_maker m) {
    s.presented = {std::move(m)};
    return s.check();
  };
  CHECK(presented(other) == none);
  s.presented.clear();
  s.anchors = {other};
  CHECK(s.check() == none);
  s.anchors[0].not_after = tlv(0x17, "250101000000Z");
  CHECK(s.check() == unknown_leaf);
  s.anchors.clear();

  certificate_maker m = other;
  m.signature = bit_string(ecdsa_value('I'));  // by the CA's old key, under its own name
  CHECK(presented(m) == unknown_leaf);
  m.issuer = dn("intermediate");
  CHECK(presented(m) == none);
  m = other;
  m.signature = bit_string(ecdsa_value('X'));
  CHECK(presented(m) == unknown_leaf);
  m = other;
  m.subject = dn("somebody");
  CHECK(presented(m) == unknown_leaf);
  m = other;
  m.not_before = tlv(0x17, "480101000000Z");
  CHECK(presented(m) == unknown_leaf);
  m = other;
  m.inner_algorithm = ecdsa_sha1();
  CHECK(presented(m) == unknown_leaf);
  m = other;
  m.extensions = basic_constraints(false);  // nobody said that it may
  CHECK(presented(m) == unknown_leaf);
  CHECK(presented(make_issuer("intermediate", 'J', 0x04)) == unknown_leaf);
  CHECK(presented(make_issuer("intermediate", 'J', issuer_usage, extension("\x2a\x03", "x", true))) == unknown_leaf);

  s.by_intermediate.extensions = authority_key_id("j");
  CHECK(presented(make_issuer("intermediate", 'J', issuer_usage, subject_key_id("j"))) == none);
  CHECK(presented(make_issuer("intermediate", 'J', issuer_usage, subject_key_id("k"))) == unknown_leaf);
}

TEST_CASE("revocation: what a peer presents under a CA's name costs a bounded number of signatures") {
  scene s;
  s.by_intermediate.signature = bit_string(ecdsa_value('J'));
  for (int i = 0; i < 200; ++i) {
    certificate_maker m = make_issuer("intermediate", 'K');
    m.serial = tlv(0x02, "\x01" + std::string(1, static_cast<char>(i)));
    m.signature = bit_string(ecdsa_value('X'));
    s.presented.push_back(m);
  }
  verified = 0;
  CHECK(s.check() == unknown_leaf);
  CHECK(verified < 40);
}

TEST_CASE("revocation: a CRL for other certificates says nothing about this one") {
  const auto scoped = [](const std::string& fields, const std::string& of_leaf = {}) {
    scene s;
    s.leaf.extensions += of_leaf;
    s.by_intermediate.extensions = issuing_distribution_point(fields);
    const problem_list said = s.check();
    s.by_intermediate.entries = lists(1);
    s.policy.soft = true;
    CHECK(s.check() == (said.empty() ? problem_list{{errc::revoked, 0}} : none));
    return said;
  };
  CHECK(scoped(tlv(0x81, "\xff")) == none);
  CHECK(scoped(tlv(0x82, "\xff")) == unknown_leaf);
  CHECK(scoped(tlv(0x85, "\xff")) == unknown_leaf);
  scene s;
  s.by_root.extensions = issuing_distribution_point(tlv(0x82, "\xff"));
  CHECK(s.check() == none);
  s.by_root.extensions = issuing_distribution_point(tlv(0x81, "\xff"));
  CHECK(s.check() == problem_list{{errc::revocation_unknown, 1}});

  const std::string here = full_name(uri("http://a/1")), there = full_name(uri("http://a/2"));
  CHECK(scoped(here) == unknown_leaf);
  CHECK(scoped(here, distribution_points(here)) == none);
  CHECK(scoped(here, distribution_points(there)) == unknown_leaf);
  CHECK(scoped(full_name(uri("http://b/") + uri("http://a/2")), distribution_points(there)) == none);
  CHECK(scoped(here, distribution_points(here + tlv(0x81, "\x06\x40"s))) == none);
  CHECK(scoped(here, distribution_points(here + tlv(0xa2, directory(dn("other"))))) == unknown_leaf);
  CHECK(scoped(here, distribution_points(full_name(dns("http://a/1")))) == unknown_leaf);
  CHECK(scoped(here, distribution_points(tlv(0x81, "\x06\x40"s))) == unknown_leaf);
  CHECK(scoped(full_name(directory(dn("INTERMEDIATE")))) == none);
  CHECK(scoped(full_name(directory(dn("other")))) == unknown_leaf);
  const std::string relative = tlv(0xa0, tlv(0xa1, sequence(oid("\x55\x04\x03") + tlv(0x0c, "x"))));
  CHECK(scoped(relative, distribution_points(relative)) == none);
  CHECK(scoped(relative, distribution_points(here)) == unknown_leaf);
  CHECK(scoped(relative) == unknown_leaf);
}

TEST_CASE("revocation: CRLs for some reasons make a certificate good together, and bad each alone") {
  scene s;
  s.by_intermediate.extensions = issuing_distribution_point(tlv(0x83, "\x01\x7e"s));  // reasons 1 to 6
  CHECK(s.check() == unknown_leaf);
  s.more = {s.by_intermediate};
  s.more[0].extensions = issuing_distribution_point(tlv(0x83, "\x07\x01\x80"s));  // 7 and 8
  CHECK(s.check() == none);
  s.more[0].entries = lists(1);
  CHECK(s.check() == problem_list{{errc::revoked, 0}});
  s.by_intermediate.issuer = "";
  CHECK(s.check() == problem_list{{errc::revoked, 0}});
  s.more[0].entries = "";
  CHECK(s.check() == unknown_leaf);
}

TEST_CASE("revocation: of several CRLs of one issuer, those that are no good do not spoil the one that is") {
  scene s;
  s.more = {s.by_intermediate, s.by_intermediate, s.by_intermediate};
  s.by_intermediate.next_update = tlv(0x17, "250101000000Z");
  s.more[0].signature = bit_string(ecdsa_value('X'));
  s.more[1].extensions = extension("\x2a\x03", "x", true);
  CHECK(s.check() == none);
  s.more[2].entries = lists(1);
  CHECK(s.check() == problem_list{{errc::revoked, 0}});
}

TEST_CASE("revocation: the anchor is not looked up, and a path of one certificate has nothing to look up") {
  scene s;
  s.by_root.entries = lists(1);  // the root's own serial number
  CHECK(s.check() == none);
  s.by_root.entries = lists(1) + lists(2);
  CHECK(s.check() == problem_list{{errc::revoked, 1}});
}

TEST_CASE("revocation: a CRL is verified once for each key, by however many threads") {
  const scene s;
  const detail::revocation_rules rules = s.rules();
  verified = 0;
  for (int i = 0; i < 5; ++i) CHECK(s.check(rules) == none);
  CHECK(verified == 2);
  scene bad;
  bad.by_intermediate.signature = bit_string(ecdsa_value('X'));
  const detail::revocation_rules bad_rules = bad.rules();
  verified = 0;
  for (int i = 0; i < 5; ++i) CHECK(bad.check(bad_rules) == unknown_leaf);
  CHECK(verified == 2);

  const detail::revocation_rules shared = s.rules();
  std::vector<int> right(8);
  std::vector<std::thread> threads;
  verified = 0;
  for (int& count : right)
    threads.emplace_back([&shared, &count] {
      const scene mine;
      for (int i = 0; i < 50; ++i) count += mine.check(shared).empty();
    });
  for (std::thread& t : threads) t.join();
  CHECK(right == std::vector<int>(8, 50));
  CHECK(verified <= 16);
}
