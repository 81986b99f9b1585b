// SPDX-License-Identifier: BSL-1.0
#include <algorithm>

#include "native/presenter.hpp"
#include "support/any_pair.hpp"
#include "support/corpus.hpp"

using namespace plugtls;
using namespace plugtls_test;

// Every case as a real handshake: each backend presents it, and so does a peer that sends its bytes as they are; each
// backend judges it, and all verdicts must be the one that the manifest gives. What no backend can present (our loader
// rightly refuses malformed and weak leaves) stands in a list, so that nothing drops out unseen.

namespace {

// Refused when the presenting end's context is made: malformed, or a key that is too short.
constexpr std::string_view not_loadable[] = {
    "rsa1024-leaf",    "rsa512-leaf",      "sigalg-mismatch",
    "duplicate-san",   "malformed-san",    "malformed-basicconstraints",
    "serial-negative", "trailing-garbage", "truncated-der",
    "version-4",       "bad-time-month13", "garbage-leaf",
};

bool is_listed(std::string_view id) {
  return std::find(std::begin(not_loadable), std::end(not_loadable), id) != std::end(not_loadable);
}

identity identity_of(const corpus_case& c) {
  error_info info;
  return identity::from_pem(read_corpus(c, "leaf.pem") + read_corpus(c, "chain.pem"), read_corpus(c, "key.pem"), info);
}

trust_store roots_of(const corpus_case& c) {
  error_info info;
  trust_store store = trust_store::from_memory(as_bytes(read_corpus(c, "roots.pem")), info);
  if (const std::string crls = read_corpus(c, "crl.pem"); !crls.empty())
    REQUIRE(store.add_crls(as_bytes(crls), info) == errc::success);
  return store;
}

struct judged {
  bool presented = false;  // the judge got to see the chain
  errc verdict = errc::success;
  std::string what;
  problem_list problems;
  chain_verdict alone;  // of the same context, about the same chain, without a connection
};

judged judge_server(const corpus_case& c, const backend_entry& judge, const backend_entry& presenter, tls_version v) {
  error_info info;
  server_settings s;
  s.identities = {identity_of(c)};
  const any_context server = presenter.server(s, info);
  if (!server) return {false, info.code, explain(info), {}, {}};
  client_settings k = with_version(client_settings{}, v);
  k.trust = roots_of(c);
  const any_context client = make_client(judge, k);
  any_pair p(client, server, c.name);
  p.run();
  const bool seen = p.client.up() || !p.client.engine.peer_chain().empty();
  return {seen, p.client.handshake_error, p.describe(), p.client.engine.error().problems,
          client.verify_chain(identity_of(c).chain(), {c.name, {}})};
}

judged judge_client(const corpus_case& c, const backend_entry& judge, const backend_entry& presenter, tls_version v) {
  error_info info;
  client_settings k = with_version(client_defaults(), v);
  k.identities = {identity_of(c)};
  const any_context client = presenter.client(k, info);
  if (!client) return {false, info.code, explain(info), {}, {}};
  server_settings s = server_defaults();
  s.verify = verify_mode::required;
  s.trust = roots_of(c);
  const any_context server = make_server(judge, s);
  any_pair p(client, server);
  p.run();
  return {!p.server.engine.peer_chain().empty(), p.server.handshake_error, p.describe(),
          p.server.engine.error().problems, server.verify_chain(identity_of(c).chain())};
}

std::vector<std::string> raw_chain(const corpus_case& c) {
  const std::string text = read_corpus(c, "leaf.pem") + read_corpus(c, "chain.pem");
  std::vector<std::string> ders;
  pem_reader reader(text);
  pem_block block;
  for (errc e = errc::success; reader.next(block, e);) ders.emplace_back(as_text(block.der));
  return ders;
}

judged judge_raw(const corpus_case& c, const std::vector<std::string>& chain, const backend_entry& judge,
                 tls_version v) {
  const bool is_server = c.role == "server";
  presenter p(is_server ? role::server : role::client, chain, read_corpus(c, "key.pem"), v);
  if (!p.ready()) return {false, errc::success, "no raw presenter for such a key", {}, {}};
  client_settings k = with_version(client_settings{}, v);
  k.trust = roots_of(c);
  server_settings s = with_version(server_defaults(), v);
  s.verify = verify_mode::required;
  s.trust = roots_of(c);
  const any_context judging = is_server ? make_client(judge, k) : make_server(judge, s);
  endpoint<any_engine> e(is_server ? any_engine(judging, c.name) : any_engine(judging));
  for (int round = 0; round < 20 && !e.up() && e.handshake_error == errc::success; ++round) {
    e.step();
    const std::string sent(as_text(e.port.output()));
    e.port.consume_output(sent.size());
    CHECK(e.port.feed(as_bytes(p.step(sent))));
  }
  std::vector<byte_view> ders;
  for (const std::string& der : chain) ders.push_back(as_bytes(der));
  return {e.up() || e.handshake_error != errc::success, e.handshake_error, explain(e.engine.error()),
          e.engine.error().problems, is_server ? judging.verify_chain(ders, {c.name, {}}) : judging.verify_chain(ders)};
}

// What a judge must be able to do to accept a case.
constexpr std::pair<std::string_view, capability> needed[] = {
    {"ok-ed25519", capability::ed25519},
    {"ok-nc-permitted", capability::critical_name_constraints},
    {"ok-200-sans", capability::many_alt_names},
};

bool can_accept(const backend_entry& judge, const corpus_case& c) {
  for (const auto& [id, what] : needed)
    if (id == c.id && !judge.capabilities.has(what)) return false;
  return true;
}

}  // namespace

TEST_CASE("corpus: every backend gives the verdict and the reason of the manifest") {
  const std::vector<corpus_case> cases = corpus_cases();
  REQUIRE(cases.size() == 97);
  std::size_t shown = 0;
  for (const corpus_case& c : cases) {
    bool presented = false;
    std::string why;
    for (const backend_entry& judge : registered_backends()) {
      const auto check = [&](std::string_view by, tls_version v, const judged& j) {
        CAPTURE(c.id, judge.name, by, name(v), j.what);
        why += j.what + "; ";
        if (!j.presented) return;
        presented = true;
        INFO("without a connection: " << explain(j.alone));
        CHECK(j.alone.error.code == j.verdict);
        CHECK(j.alone.error.problems == j.problems);
        if (can_accept(judge, c))
          CHECK(std::string(name(j.verdict)) == c.expected);
        else
          CHECK(j.verdict != errc::success);
      };
      for (const tls_version v : versions_of(judge))
        if (presenter::speaks(v)) check("raw bytes", v, judge_raw(c, raw_chain(c), judge, v));
      if (is_listed(c.id)) continue;
      for (const backend_entry& other : registered_backends())
        for (const tls_version v : common_versions(judge, other))
          check(other.name, v,
                c.role == "server" ? judge_server(c, judge, other, v) : judge_client(c, judge, other, v));
    }
    INFO(c.id << " was presented by no backend: " << why);
    CHECK(presented);
    shown += presented;
  }
  CHECK(shown == cases.size());
}

TEST_CASE("corpus: what is listed as not loadable is refused with a reason, by every backend") {
  for (const corpus_case& c : corpus_cases()) {
    if (!is_listed(c.id)) continue;
    CAPTURE(c.id);
    for (const backend_entry& b : registered_backends()) {
      error_info info;
      server_settings s;
      s.identities = {identity_of(c)};
      CHECK_FALSE(b.server(s, info));
      CHECK(info.code != errc::success);
    }
  }
}

TEST_CASE("corpus: what a library would read as BER is malformed, with and without a connection") {
  for (const corpus_case& c : corpus_cases()) {
    if (c.id != "ok-basic" && c.id != "ok-client") continue;
    std::vector<std::string> chain = raw_chain(c);
    std::string& leaf = chain.front();
    REQUIRE(leaf.substr(0, 2) == "\x30\x82");
    leaf.replace(1, 1, std::string("\x83\0", 2));  // a length of one byte more than it takes
    for (const backend_entry& judge : registered_backends()) {
      for (const tls_version v : {tls_version::tls1_2, tls_version::tls1_3}) {
        if (!presenter::speaks(v) || (v == tls_version::tls1_3 && !judge.capabilities.has(capability::tls1_3)))
          continue;
        const judged j = judge_raw(c, chain, judge, v);
        CAPTURE(c.id, judge.name, name(v), j.what);
        CHECK(j.verdict == errc::malformed_certificate);
        CHECK(j.alone.error.code == errc::malformed_certificate);
      }
    }
  }
}
