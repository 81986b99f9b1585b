// SPDX-License-Identifier: BSL-1.0
#include <algorithm>

#include "parity.hpp"
#include "test_pki.hpp"

namespace cli {

using tls::errc;
using tls::tls_version;

namespace {

namespace pki = tls::test_pki;

// The settings that a case begins with: everything is right.
struct scene {
  tls::client_settings client;
  tls::server_settings server;
  std::string name = "plugtls.test";
  trial_end end = trial_end::orderly;
};

tls::identity test_identity(std::string_view chain, std::string_view key) {
  return tls::identity::from_pem(chain, key);
}

scene good_scene() {
  scene s;
  s.client.trust = tls::trust_store::from_memory(pki::root);
  s.server.identities = {test_identity(pki::server_chain, pki::server_key)};
  return s;
}

void ask_client_certificate(scene& s) {
  s.server.verify = tls::verify_mode::required;
  s.server.trust = tls::trust_store::from_memory(pki::root);
}

struct case_definition {
  std::string_view id;
  std::string_view text;
  errc expected;
  tls::role judge;
  void (*change)(scene&);
};

constexpr case_definition definitions[] = {
    {"expired", "the server's certificate is past its date", errc::certificate_expired, tls::role::client,
     [](scene& s) { s.server.identities = {test_identity(pki::expired_chain, pki::expired_key)}; }},
    {"not_yet_valid", "the server's certificate is before its date", errc::certificate_not_yet_valid, tls::role::client,
     [](scene& s) { s.server.identities = {test_identity(pki::not_yet_valid_chain, pki::not_yet_valid_key)}; }},
    {"untrusted", "the server's chain leads to an unknown root", errc::unknown_issuer, tls::role::client,
     [](scene& s) { s.server.identities = {test_identity(pki::foreign_chain, pki::foreign_key)}; }},
    {"self_signed", "the server's certificate is self-signed", errc::self_signed, tls::role::client,
     [](scene& s) { s.server.identities = {test_identity(pki::self_signed_chain, pki::self_signed_key)}; }},
    {"wrong_name", "the server's certificate is for another name", errc::hostname_mismatch, tls::role::client,
     [](scene& s) { s.server.identities = {test_identity(pki::wrong_name_chain, pki::wrong_name_key)}; }},
    {"wrong_ip", "the server's certificate is for another address", errc::hostname_mismatch, tls::role::client,
     [](scene& s) {
       s.server.identities = {test_identity(pki::wrong_ip_chain, pki::wrong_ip_key)};
       s.name = "127.0.0.1";
     }},
    {"truncated", "the server ends without close_notify", errc::truncated, tls::role::client,
     [](scene& s) { s.end = trial_end::cut; }},
    {"no_client_certificate", "the client has no certificate and needs one", errc::certificate_required,
     tls::role::server, ask_client_certificate},
    {"foreign_client_certificate", "the client's chain leads to an unknown root", errc::unknown_issuer,
     tls::role::server,
     [](scene& s) {
       ask_client_certificate(s);
       s.client.identities = {test_identity(pki::foreign_client_chain, pki::foreign_client_key)};
     }},
    {"version_mismatch", "the client offers no version that the server takes", errc::protocol_version,
     tls::role::server, nullptr},
    {"no_alpn_overlap", "client and server have no application protocol in common", errc::no_application_protocol,
     tls::role::server,
     [](scene& s) {
       s.client.alpn = {"http/1.1"};
       s.server.alpn = {"h2"};
     }},
    {"not_tls", "the server speaks plain HTTP", errc::not_tls, tls::role::client,
     [](scene& s) { s.end = trial_end::not_tls; }},
};

// Runs a scene with one backend at the end that judges, and returns what that end says.
tls::error_info judge(const scene& s, tls::role judge, const tls::backend_entry& judging,
                      const tls::backend_entry& other) {
  const bool client_judges = judge == tls::role::client;
  tls::error_info info;
  trial t;
  t.name = s.name;
  t.end = s.end;
  t.client = (client_judges ? judging : other).client(s.client, info);
  if (info) return info;
  t.server = (client_judges ? other : judging).server(s.server, info);
  if (info) return info;
  const trial_outcome outcome = run_trial(t);
  return client_judges ? outcome.client : outcome.server;
}

// A server that takes one version against a client that offers the other. The judging server needs not have both: where
// it lacks TLS 1.3, the client offers nothing else, if there is a backend that can.
std::optional<scene> version_scene(const tls::backend_entry& judging, const tls::backend_entry& other) {
  scene s = good_scene();
  const bool judge_has = judging.capabilities.has(tls::capability::tls1_3);
  if (!judge_has && !other.capabilities.has(tls::capability::tls1_3)) return std::nullopt;
  s.server.min_version = s.server.max_version = judge_has ? tls_version::tls1_3 : tls_version::tls1_2;
  s.client.min_version = s.client.max_version = judge_has ? tls_version::tls1_2 : tls_version::tls1_3;
  return s;
}

// Against every other backend and at every version: the first result that is not as expected, else the first.
parity_result run_case(const case_definition& d, const tls::backend_entry& judging, const parity_table& table) {
  parity_result result;
  result.backend = &judging;
  bool first = true;
  const auto note = [&](const tls::error_info& info) {
    const bool wrong = info.code != d.expected;
    if (first || (wrong && result.error.code == d.expected)) result.error = info;
    first = false;
  };
  for (const tls::backend_entry* other : table.backends) {
    if (d.change == nullptr) {
      if (const auto s = version_scene(judging, *other)) note(judge(*s, d.judge, judging, *other));
      continue;
    }
    for (const tls_version v : common_versions(judging, *other)) {
      scene s = good_scene();
      s.client.min_version = s.client.max_version = v;
      d.change(s);
      note(judge(s, d.judge, judging, *other));
    }
  }
  if (first) result.documented = tls::name(tls::capability::tls1_3);
  return result;
}

}  // namespace

void run_pairs(parity_table& table) {
  for (const tls::backend_entry* client : table.backends) {
    for (const tls::backend_entry* server : table.backends) {
      for (const tls_version v : common_versions(*client, *server)) {
        parity_pair pair;
        pair.client = client;
        pair.server = server;
        scene s = good_scene();
        s.client.min_version = s.client.max_version = v;
        trial t;
        t.client = client->client(s.client, pair.error);
        if (!pair.error) t.server = server->server(s.server, pair.error);
        if (!pair.error) {
          const trial_outcome outcome = run_trial(t);
          pair.error = outcome.client ? outcome.client : outcome.server;
          pair.suite = outcome.suite;
          pair.handshake_us = outcome.handshake_us;
          if (!pair.error && outcome.version != v)
            pair.error.set(errc::protocol_version, "another version was agreed on");
        }
        pair.version = v;
        table.pairs.push_back(std::move(pair));
      }
    }
  }
}

void run_cases(parity_table& table) {
  for (const case_definition& d : definitions) {
    parity_case c;
    c.id = d.id;
    c.text = d.text;
    c.expected = d.expected;
    for (const tls::backend_entry* backend : table.backends) c.results.push_back(run_case(d, *backend, table));
    c.judge();
    table.cases.push_back(std::move(c));
  }
}

std::size_t parity_table::pairs_good() const noexcept {
  std::size_t n = 0;
  for (const parity_pair& p : pairs) n += p.error ? 0 : 1;
  return n;
}

std::size_t parity_table::cases_good() const noexcept {
  std::size_t n = 0;
  for (const parity_case& c : cases) n += c.good && c.is_judged() ? 1 : 0;
  return n;
}

std::size_t parity_table::cases_judged() const noexcept {
  std::size_t n = 0;
  for (const parity_case& c : cases) n += c.is_judged() ? 1 : 0;
  return n;
}

std::size_t parity_table::documented() const noexcept {
  std::size_t n = 0;
  for (const parity_case& c : cases)
    for (const parity_result& r : c.results) n += r.documented.empty() ? 0 : 1;
  return n;
}

bool parity_case::is_judged() const noexcept {
  for (const parity_result& r : results)
    if (r.documented.empty()) return true;
  return false;
}

std::string_view parity_case::label() const noexcept {
  return !is_judged() ? "documented" : good ? "agree" : agree ? "UNEXPECTED" : "DIFFERENT";
}

void parity_case::judge() {
  const parity_result* first = nullptr;
  agree = good = true;
  for (const parity_result& r : results) {
    if (!r.documented.empty()) continue;
    if (first == nullptr) first = &r;
    agree = agree && r.error.code == first->error.code && r.error.problems == first->error.problems &&
            explain_reason(r.error) == explain_reason(first->error);
    good = good && r.error.code == expected;
  }
  good = good && agree;
}

std::string parity_case::reason() const {
  for (const parity_result& r : results)
    if (agree && r.documented.empty() && r.error) return explain_reason(r.error);
  return {};
}

}  // namespace cli
