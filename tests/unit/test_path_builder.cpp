// SPDX-License-Identifier: BSL-1.0
#include "plugtls/path_builder.hpp"

#include <initializer_list>

#include "made_path.hpp"
#include "plugtls/certificate.hpp"
#include "plugtls/chain_policy.hpp"
#include "plugtls/peer_name.hpp"
#include "support/catch.hpp"
#include "support/certificate_maker.hpp"
#include "support/corpus.hpp"

using namespace plugtls;
using namespace plugtls_test;

namespace {

// In these tests the last character of a key's bytes signs: a signature is good when it is that character.
errc one_character(byte_view spki, byte_view, byte_view, byte_view signature) {
  if (signature.size() != 10 || signature[5] != signature[9]) return errc::unsupported;
  return signature.back() == spki.back() ? errc::success : errc::bad_signature;
}

certificate_maker signed_by(certificate_maker m, char key) {
  m.signature = bit_string(ecdsa_value(key));
  return m;
}
certificate_maker ca(const std::string& subject, const std::string& issuer, char key, char signer,
                     const std::string& more = {}) {
  return signed_by(make_ca(subject, issuer, key, more), signer);
}
certificate_maker leaf_of(const std::string& issuer, char signer, const std::string& more = {}) {
  certificate_maker m;
  m.issuer = dn(issuer);
  m.extensions += more;
  return signed_by(m, signer);
}

struct search {
  made_path presented, anchors;
  int verified = 0;
  path_limits limits;

  search(std::initializer_list<certificate_maker> chain, std::initializer_list<certificate_maker> trusted)
      : presented(chain), anchors(trusted) {}
  template <class Accept>
  path_result run(Accept accept) {
    const auto verify = [this](byte_view spki, byte_view algorithm, byte_view tbs, byte_view signature) {
      ++verified;
      return one_character(spki, algorithm, tbs, signature);
    };
    path_result r = build_path(presented.views, anchors.views, limits, verify, accept);
    CHECK(r.anchored == (r.reason == errc::success));
    return r;
  }
  path_result run() {
    return run([](std::span<const certificate_view>) { return true; });
  }
};

// Tells a path by the keys in it.
std::string keys(const path_result& r) {
  std::string out;
  for (const certificate_view& c : r.path) out += static_cast<char>(c.spki_der().back());
  return out;
}

}  // namespace

TEST_CASE("a path is found from the leaf to the anchor") {
  search s({leaf_of("low", 'l'), ca("low", "high", 'l', 'h'), ca("high", "root", 'h', 'R')},
           {ca("root", "root", 'R', 'R')});
  const path_result r = s.run();
  CHECK(r.reason == errc::success);
  CHECK(keys(r) == "LlhR");
  CHECK(s.verified == 3);
}

TEST_CASE("order, strangers and the root itself in what the peer sent do not matter") {
  const auto root = ca("root", "root", 'R', 'R');
  search s({leaf_of("low", 'l'), root, ca("stranger", "strange", 's', 'x'), ca("high", "root", 'h', 'R'),
            ca("low", "high", 'l', 'h')},
           {ca("other", "other", 'o', 'o'), root});
  CHECK(keys(s.run()) == "LlhR");
}

TEST_CASE("a leaf may come from the anchor directly, and an anchor need not be self-signed") {
  CHECK(keys(search({leaf_of("root", 'R')}, {ca("root", "root", 'R', 'R')}).run()) == "LR");
  CHECK(keys(search({leaf_of("low", 'l')}, {ca("low", "root", 'l', 'R')}).run()) == "Ll");
}

TEST_CASE("a self-signed leaf among the anchors is a path of its own") {
  certificate_maker self = leaf_of("leaf", 'L');
  search s({self}, {self});
  const path_result r = s.run();
  CHECK(r.reason == errc::success);
  CHECK(keys(r) == "L");
  CHECK(s.verified == 0);
}

TEST_CASE("reasons are told apart") {
  const auto root = ca("root", "root", 'R', 'R');
  const auto reason = [](search s, int depth) {
    const path_result r = s.run();
    CHECK(r.depth == depth);
    return r.reason;
  };
  CHECK(reason({{leaf_of("leaf", 'L')}, {root}}, 0) == errc::self_signed);
  CHECK(reason({{leaf_of("leaf", 'L')}, {}}, 0) == errc::self_signed);
  CHECK(reason({{leaf_of("leaf", 'x')}, {root}}, 0) == errc::bad_signature);  // claims to have signed itself
  CHECK(reason({{leaf_of("leaf", 'x', authority_key_id("x") + subject_key_id("L"))}, {root}}, 0) ==
        errc::unknown_issuer);
  CHECK(reason({{leaf_of("nobody", 'n')}, {root}}, 0) == errc::unknown_issuer);
  CHECK(reason({{leaf_of("root", 'R')}, {}}, 0) == errc::unknown_issuer);
  CHECK(reason({{leaf_of("root", 'x')}, {root}}, 0) == errc::bad_signature);
  CHECK(reason({{leaf_of("low", 'l'), ca("low", "root", 'l', 'x')}, {root}}, 1) == errc::bad_signature);
  CHECK(reason({{leaf_of("low", 'l'), ca("low", "high", 'l', 'h')}, {root}}, 1) == errc::unknown_issuer);
  // An untrusted root is sent along, also one with the name of a trusted one.
  CHECK(reason({{leaf_of("bad", 'b'), ca("bad", "bad", 'b', 'b')}, {root}}, 1) == errc::unknown_issuer);
  CHECK(reason({{leaf_of("root", 'b'), ca("root", "root", 'b', 'b')}, {root}}, 1) == errc::unknown_issuer);
  // A signature of a kind that the backend does not know.
  certificate_maker md5 = leaf_of("root", 'R');
  md5.inner_algorithm = rsa_md5();
  md5.signature = bit_string("??");
  CHECK(reason({{md5}, {root}}, 0) == errc::weak_algorithm);
  md5.inner_algorithm = ecdsa_sha256();
  md5.signature = bit_string(ecdsa_value('R', '?'));
  CHECK(reason({{md5}, {root}}, 0) == errc::bad_certificate);
}

TEST_CASE("no library is asked about a signature that the issuer's kind of key does not make") {
  const auto root = ca("root", "root", 'R', 'R');
  certificate_maker leaf = leaf_of("root", 'R');
  leaf.inner_algorithm = sequence(oid("\x2b\x65\x70"));  // Ed25519
  search s{{leaf}, {root}};
  CHECK(s.run().reason == errc::bad_signature);
  CHECK(s.verified == 0);
}

TEST_CASE("a key for RSASSA-PSS makes no other signatures") {
  const std::string pss = oid("\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0a");
  const std::string rsa = rsa_key(2048), numbers = rsa.substr(rsa.size() - 271 - 4);
  const auto can = [](const std::string& spki, const std::string& algorithm) {
    public_key_view key;
    REQUIRE(public_key_view::parse(as_bytes(spki), key));
    detail::der::reader in(as_bytes(algorithm));
    detail::algorithm_identifier id;
    REQUIRE(detail::read_algorithm(in, id));
    return key.can_sign_with(id);
  };
  const std::string restricted = sequence(sequence(pss) + numbers);
  CHECK(can(rsa, rsa_md5()));
  CHECK(can(rsa, sequence(pss)));
  CHECK(can(restricted, sequence(pss)));
  CHECK_FALSE(can(restricted, rsa_md5()));
  CHECK_FALSE(can(ec_key('L'), sequence(pss)));
  CHECK(can(ec_key('L'), ecdsa_sha256()));
}

TEST_CASE("nothing gives no path") {
  CHECK(search({}, {}).run().reason == errc::unknown_issuer);
  CHECK(search({}, {}).run().path.empty());
}

TEST_CASE("anchors of one name are all tried, the one with the right key identifier first") {
  const auto wrong = ca("root", "root", 'W', 'W', subject_key_id("W"));
  const auto right = ca("root", "root", 'R', 'R', subject_key_id("R"));
  search with_id({leaf_of("root", 'R', authority_key_id("R"))}, {wrong, right});
  CHECK(keys(with_id.run()) == "LR");
  CHECK(with_id.verified == 1);
  search without({leaf_of("root", 'R')}, {wrong, right});
  CHECK(keys(without.run()) == "LR");
  CHECK(without.verified == 2);
  search misleading({leaf_of("root", 'R', authority_key_id("W"))}, {wrong, right});
  CHECK(keys(misleading.run()) == "LR");
}

TEST_CASE("a path that policy refuses gives way to one that it accepts") {
  const auto r1 = ca("root1", "root1", '1', '1');
  const auto r2 = ca("root2", "root2", '2', '2');
  search s({leaf_of("low", 'l'), ca("low", "root1", 'l', '1'), ca("low", "root2", 'l', '2')}, {r1, r2});
  CHECK(keys(s.run()) == "Ll1");
  const auto ends_in = [](char key) {
    return [key](std::span<const certificate_view> path) {
      return path.back().spki_der().back() == static_cast<std::byte>(key);
    };
  };
  CHECK(keys(s.run(ends_in('2'))) == "Ll2");
  CHECK(keys(s.run(ends_in('3'))) == "Ll1");  // none is accepted: the first, for its problems to be told
}

TEST_CASE("loops end") {
  search s({leaf_of("a", 'a'), ca("a", "b", 'a', 'b'), ca("b", "a", 'b', 'a')}, {ca("root", "root", 'R', 'R')});
  const path_result r = s.run();
  CHECK(r.reason == errc::unknown_issuer);
  CHECK(keys(r) == "Lab");
  CHECK(s.verified < 10);
}

TEST_CASE("limits hold against hostile chains") {
  const auto root = ca("root", "root", 'R', 'R');
  search deep({leaf_of("0", '0')}, {root});
  for (int i = 0; i < 30; ++i)
    deep.presented.add(ca(std::to_string(i), i == 29 ? "root" : std::to_string(i + 1), static_cast<char>('0' + i),
                          i == 29 ? 'R' : static_cast<char>('1' + i)));
  CHECK(deep.run().reason == errc::unknown_issuer);
  CHECK(deep.run().path.size() <= 12);
  deep.limits.certificates = 32;
  CHECK(deep.run().reason == errc::success);

  // Every certificate could have issued every other.
  search wide({leaf_of("x", 'a')}, {root});
  for (int i = 0; i < 40; ++i) {
    certificate_maker m = ca("x", "x", static_cast<char>('a' + i), static_cast<char>('a' + i + 1));
    wide.presented.add(m);
  }
  wide.run();
  CHECK(wide.verified <= 2 * 64);
}

// Without a TLS library the signatures of the corpus cannot be verified: a link counts as good when the key identifiers
// agree, and the three cases whose signature bytes were changed are named. The backends' tests do it in earnest.
TEST_CASE("the corpus gets the expected verdicts") {
  int run = 0;
  for (const corpus_case& c : corpus_cases()) {
    if (c.category == "revocation") continue;
    CAPTURE(c.id);
    ++run;
    std::vector<byte_vector> ders, root_ders;
    REQUIRE(load_certificate_bytes(as_bytes(read_corpus(c, "leaf.pem")), ders) == errc::success);
    load_certificate_bytes(as_bytes(read_corpus(c, "chain.pem")), ders);
    REQUIRE(load_certificate_bytes(as_bytes(read_corpus(c, "roots.pem")), root_ders) == errc::success);
    problem_list problems;
    std::vector<certificate_view> presented, anchors;
    for (const byte_vector& der : ders) {
      errc e = errc::success;
      if (const auto view = certificate_view::parse(der, e)) presented.push_back(*view);
      if (e != errc::success) add_problem(problems, e, 0);
    }
    for (const byte_vector& der : root_ders) {
      errc e = errc::success;
      const auto view = certificate_view::parse(der, e);
      REQUIRE(view);
      anchors.push_back(*view);
    }
    if (problems.empty()) {
      const auto verify = [&](byte_view spki, byte_view, byte_view tbs, byte_view) {
        const certificate_view* issuer = nullptr;
        const certificate_view* child = nullptr;
        for (const auto* list : {&presented, &anchors})
          for (const certificate_view& v : *list) {
            if (detail::der::equal(v.spki_der(), spki)) issuer = &v;
            if (detail::der::equal(v.tbs(), tbs)) child = &v;
          }
        REQUIRE(issuer != nullptr);
        REQUIRE(child != nullptr);
        const bool is_leaf = *child == presented[0];
        if (is_leaf ? c.id == "bad-sig-leaf" || c.id == "tampered-tbs" : c.id == "bad-sig-intermediate")
          return errc::bad_signature;
        const byte_view want = child->authority_key_id();
        const bool good = want.empty() ? !child->is_self_issued() || detail::der::equal(child->spki_der(), spki)
                                       : detail::der::equal(want, issuer->subject_key_id());
        return good || issuer->subject_key_id().empty() ? errc::success : errc::bad_signature;
      };
      policy_settings settings;
      settings.now = 1770000000;
      settings.usage = c.role == "server" ? purpose::server_auth : purpose::client_auth;
      const auto accept = [&](std::span<const certificate_view> path) {
        problem_list found;
        check_path(path, true, settings, found);
        return found.empty();
      };
      const path_result r = build_path(presented, anchors, path_limits{}, verify, accept);
      if (r.reason != errc::success) add_problem(problems, r.reason, r.depth);
      check_path(r.path, r.anchored, settings, problems);
      if (!c.name.empty()) {
        errc e = errc::success;
        const auto peer = peer_name::parse(c.name, e);
        REQUIRE(peer);
        if (!peer->matches(presented[0])) add_problem(problems, errc::hostname_mismatch, 0);
      }
    }
    CHECK(name(leading(problems)) == c.expected);
    CHECK(problems.size() <= 1);
  }
  CHECK(run == 94);
}
