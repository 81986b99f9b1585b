// SPDX-License-Identifier: BSL-1.0
#include "conformance.hpp"
#include "support/certificate_maker.hpp"

using namespace plugtls;
using namespace plugtls_test;

namespace anchors_test {

// What may be an anchor, and which path is taken, as trust_store tells it. Each case is a handshake in every version
// and a chain alone.

namespace {

struct said {
  problem_list problems;
  std::vector<std::string> path;  // names of the certificates of the accepted path
  bool operator==(const said&) const = default;
};

std::ostream& operator<<(std::ostream& out, const said& s) {
  for (const problem& p : s.problems) out << name(p.what) << " at " << p.depth << ", ";
  for (const std::string& name : s.path) out << name << " <- ";
  return out;
}

std::vector<std::string> names_of(const std::vector<certificate>& path) {
  struct known {
    const char* name;
    std::string_view pem;
  };
  constexpr known list[] = {
      {"leaf", pki::server},      {"inter", pki::intermediate},    {"root", pki::root},
      {"other", pki::other_root}, {"old root", pki::expired_root}, {"cross", pki::cross_valid},
      {"old cross", pki::cross},  {"self", pki::self_signed},
  };
  std::vector<std::string> names;
  for (const certificate& c : path)
    for (const known& k : list)
      if (c.pem() == k.pem) names.emplace_back(k.name);
  CHECK(names.size() == path.size());
  return names;
}

template <class... Pem>
std::string join(Pem... pem) {
  return (std::string() + ... + std::string(pem));
}

said verdict(const std::string& anchors, const std::string& presented, std::string_view key = pki::server_key) {
  const identity id = make_identity(presented, key);
  client_settings s = client_defaults();
  s.trust = trust(anchors);
  const chain_verdict alone = make_client(s).verify_chain(id.chain(), {server_name, {}});
  CHECK(alone.ok() == alone.error.problems.empty());
  const said out{alone.error.problems, alone.ok() ? names_of(alone.path) : std::vector<std::string>()};
  for (const tls_version v : versions()) {
    connection c(with_version(s, v), server_defaults(id));
    c.run();
    const bool up = c.client.up();
    CHECK(out == said{c.client.engine.error().problems,
                      up ? names_of(c.client.engine.verified_path()) : std::vector<std::string>()});
  }
  return out;
}

said good(std::vector<std::string> path) { return {{}, std::move(path)}; }
said bad(errc what, int depth) { return {{{what, depth}}, {}}; }

const std::string full = join(pki::server, pki::intermediate);

}  // namespace

TEST_CASE("rule 7: a path ends at the first anchor that it reaches, be it a root or an intermediate") {
  CHECK(verdict(join(pki::intermediate), full) == good({"leaf", "inter"}));
  CHECK(verdict(join(pki::intermediate), join(pki::server)) == good({"leaf", "inter"}));
  CHECK(verdict(join(pki::intermediate, pki::root), full) == good({"leaf", "inter"}));
  CHECK(verdict(join(pki::root, pki::intermediate), join(full, pki::root)) == good({"leaf", "inter"}));
  CHECK(verdict(join(pki::intermediate), join(full, pki::root)) == good({"leaf", "inter"}));
  CHECK(verdict(join(pki::intermediate), join(pki::server, pki::root)) == good({"leaf", "inter"}));
}

TEST_CASE("rule 7: an anchor of another name or key does not help, and an expired one that is not a root is expired") {
  CHECK(verdict(join(pki::broken_ca), full) == bad(errc::unknown_issuer, 1));
  CHECK(verdict(join(pki::cross), full) == bad(errc::certificate_expired, 1));
  CHECK(verdict(join(pki::cross, pki::intermediate), full) == good({"leaf", "inter"}));
  CHECK(verdict(join(pki::cross, pki::root), full) == good({"leaf", "inter", "root"}));
}

TEST_CASE("rule 7: a leaf among the anchors is a path of its own, whoever issued it and whatever comes with it") {
  for (const std::string& chain : {join(pki::server), full, join(full, pki::root), join(pki::server, pki::other_root)})
    CHECK(verdict(join(pki::server), chain) == good({"leaf"}));
  CHECK(verdict(join(pki::server, pki::root), full) == good({"leaf"}));
  CHECK(verdict(join(pki::expired), join(pki::expired_chain), pki::expired_key) == bad(errc::certificate_expired, 0));
  CHECK(verdict(join(pki::client), full) == bad(errc::unknown_issuer, 1));
  CHECK(verdict(join(pki::self_signed), join(pki::self_signed), pki::self_signed_key) == good({"self"}));
  CHECK(verdict(join(pki::self_signed), join(pki::self_signed, pki::intermediate, pki::root), pki::self_signed_key) ==
        good({"self"}));
  CHECK(verdict(join(pki::root), join(pki::self_signed), pki::self_signed_key) == bad(errc::self_signed, 0));
}

TEST_CASE("rule 7: an expired root beside a valid one of the same name and key does no harm, in any order") {
  CHECK(verdict(join(pki::expired_root, pki::root), full) == good({"leaf", "inter", "root"}));
  CHECK(verdict(join(pki::root, pki::expired_root), full) == good({"leaf", "inter", "root"}));
  CHECK(verdict(join(pki::expired_root), full) == bad(errc::certificate_expired, 2));
  CHECK(verdict(join(pki::root), join(full, pki::expired_root)) == good({"leaf", "inter", "root"}));
  CHECK(verdict(join(pki::expired_root), join(full, pki::root)) == bad(errc::certificate_expired, 2));
}

TEST_CASE("rule 7: an expired cross certificate beside a valid path does no harm, in any order") {
  const std::string both = join(pki::root, pki::other_root);
  for (const std::string& roots : {join(pki::root), both, join(pki::other_root, pki::root)}) {
    CHECK(verdict(roots, join(pki::server, pki::cross, pki::intermediate)) == good({"leaf", "inter", "root"}));
    CHECK(verdict(roots, join(pki::server, pki::intermediate, pki::cross)) == good({"leaf", "inter", "root"}));
  }
  CHECK(verdict(join(pki::other_root), join(pki::server, pki::cross)) == bad(errc::certificate_expired, 1));
  CHECK(verdict(join(pki::other_root), join(pki::server, pki::intermediate, pki::cross)) ==
        bad(errc::certificate_expired, 1));
  CHECK(verdict(join(pki::other_root), join(pki::server, pki::intermediate, pki::cross_valid)) ==
        good({"leaf", "cross", "other"}));
}

TEST_CASE("rule 7: of several good paths every backend takes the same, and of several bad ones too") {
  const std::string both = join(pki::root, pki::other_root);
  CHECK(verdict(both, join(pki::server, pki::intermediate, pki::cross_valid)) == good({"leaf", "inter", "root"}));
  CHECK(verdict(both, join(pki::server, pki::cross_valid, pki::intermediate)) == good({"leaf", "cross", "other"}));
  const std::string bad_both = join(pki::expired_root, pki::other_root);
  CHECK(verdict(bad_both, join(pki::server, pki::intermediate, pki::cross)) == bad(errc::certificate_expired, 2));
  CHECK(verdict(bad_both, join(pki::server, pki::cross, pki::intermediate)) == bad(errc::certificate_expired, 1));
}

TEST_CASE("rule 7: order, duplicates, strangers and a presented root change nothing") {
  const std::string strangers = join(pki::foreign, pki::client, pki::broken_ca, pki::self_signed);
  for (const std::string& presented :
       {join(pki::server, pki::root, pki::intermediate), join(full, pki::intermediate, pki::intermediate),
        join(pki::server, full), join(pki::server, strangers, pki::intermediate), join(full, strangers, pki::root),
        join(pki::server, pki::root, pki::root, strangers, pki::intermediate)})
    CHECK(verdict(join(pki::root), presented) == good({"leaf", "inter", "root"}));
  CHECK(verdict(join(pki::root), join(pki::server, strangers)) == bad(errc::unknown_issuer, 0));
  CHECK(verdict(join(pki::root, pki::root, pki::root), full) == good({"leaf", "inter", "root"}));
}

TEST_CASE("rule 7: an anchor that the library cannot read does no harm beside another") {
  // Of more bytes than OpenSSL takes for a name, with a key that is none.
  certificate_maker m = make_ca(std::string(1100000, 'n'), "root", 'R');
  m.issuer = m.subject;
  errc e = errc::success;
  const auto unread = certificate::from_der(as_bytes(m.der()), e);
  REQUIRE(unread);
  client_settings s = client_defaults();
  for (const bool is_first : {true, false}) {
    s.trust = trust_store::none();
    if (is_first) s.trust.add(*unread);
    s.trust.add(*certificate::from_pem(pki::root, e));
    if (!is_first) s.trust.add(*unread);
    CHECK(make_client(s).verify_chain(server_identity().chain(), {server_name, {}}).ok());
    connection(s).connect();
    const std::vector<certificate> stranger = make_identity(pki::foreign_chain, pki::foreign_key).chain();
    CHECK(make_client(s).verify_chain(stranger).error.code == errc::unknown_issuer);
  }
  // With nothing else to trust, a context is refused, or trusts nobody.
  s.trust = trust_store::none();
  s.trust.add(*unread);
  error_info info;
  const context alone = context::client(s, info);
  if (alone)
    CHECK(alone.verify_chain(server_identity().chain()).error.code == errc::unknown_issuer);
  else
    CHECK(info.code == errc::unsupported);
}

}  // namespace anchors_test
