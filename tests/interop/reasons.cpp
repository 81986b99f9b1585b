// SPDX-License-Identifier: BSL-1.0
#include <map>

#include "native/presenter.hpp"
#include "support/any_pair.hpp"
#include "support/corpus.hpp"
#include "support/failures.hpp"

using namespace plugtls;
using namespace plugtls_test;

// The sentences that tell what is wrong are the same on every backend, as they stand: in one program, so that they can
// be compared.

namespace {

// Each backend's words for one case; the first one's count.
class comparison {
 public:
  void add(std::string_view backend, const error_info& info) {
    const std::string text = explain_reason(info);
    INFO(backend << ": " << text);
    if (first_.empty()) first_ = text;
    CHECK(text == first_);
    // What differs may only stand in brackets at the end.
    const std::string all = explain(info);
    CHECK(all.substr(0, text.size()) == text);
    if (all.size() > text.size()) CHECK((all[text.size() + 1] == '[' && all.back() == ']'));
    CHECK(text.size() < 4000);
    CHECK(info.reasons.size() == info.problems.size());
  }
  const std::string& text() const { return first_; }

 private:
  std::string first_;
};

unix_time clock_2026() { return 1795348800; }  // 2026-11-22T12:00:00Z

client_settings dated() {
  client_settings s = client_defaults();
  s.clock = clock_2026;
  return s;
}

const std::map<std::string, std::string> expected{
    {"expired",
     "certificate_expired: the certificate expired 2021-01-01, 2151 days ago: CN=plugtls.test,O=plugtls test,C=GB"},
    {"not yet valid",
     "certificate_not_yet_valid: the certificate is valid from 2048-01-01, in 7709 days (is the clock right?): "
     "CN=plugtls.test,O=plugtls test,C=GB"},
    {"foreign root",
     "unknown_issuer: no issuer was found for the certificate, issued by CN=plugtls other root,O=plugtls test,C=GB: "
     "add "
     "it to the trust anchors, or have the server send its intermediates"},
    {"wrong name", "hostname_mismatch: the certificate is for other.plugtls.test; expected plugtls.test"},
    {"wrong address", "hostname_mismatch: the certificate is for 192.0.2.1; expected 127.0.0.1"},
    {"expired, wrong name",
     "certificate_expired: the certificate expired 2021-01-01, 2151 days ago: CN=plugtls.test,O=plugtls test,C=GB; "
     "hostname_mismatch: the certificate is for localhost, plugtls.test, *.wild.plugtls.test, 127.0.0.1, ::1; expected "
     "other.test"},
};

}  // namespace

TEST_CASE("reasons: every client says the same of what a server presents, connected or not") {
  for (const failure& f : failures) {
    CAPTURE(f.what);
    comparison all;
    const identity id = make_identity(f.chain, f.key);
    for_each_pair([&](const backend_entry& a, const backend_entry& b) {
      for (const tls_version v : common_versions(a, b)) {
        const any_context client = make_client(a, with_version(dated(), v));
        any_pair p(client, make_server(b, server_defaults(id)), f.peer);
        p.run();
        all.add(a.name, p.client.engine.error());
        all.add(a.name, client.verify_chain(id.chain(), {f.peer, {}}).error);
      }
    });
    if (const auto known = expected.find(f.what); known != expected.end()) CHECK(all.text() == known->second);
  }
}

TEST_CASE("reasons: every server says the same of a client's certificate, or of none") {
  const std::pair<std::string_view, std::string_view> cases[] = {
      {{}, {}},
      {pki::foreign_client_chain, pki::foreign_client_key},
      {pki::expired_client_chain, pki::expired_client_key},
      {pki::server_chain, pki::server_key},
      {pki::broken_chain, pki::broken_key},
  };
  for (const auto& [chain, key] : cases) {
    comparison all;
    for_each_pair([&, &chain = chain, &key = key](const backend_entry& a, const backend_entry& b) {
      for (const tls_version v : common_versions(a, b)) {
        client_settings c = with_version(client_defaults(), v);
        if (!chain.empty()) c.identities = {make_identity(chain, key)};
        server_settings s = mutual_defaults();
        s.clock = clock_2026;
        any_pair p(make_client(a, c), make_server(b, s));
        p.run();
        error_info said = p.server.engine.error();
        if (said.reasons.empty()) said.reasons.resize(said.problems.size());  // no certificate: nothing more to say
        all.add(b.name, said);
      }
    });
    if (chain.empty())
      CHECK(all.text() == "certificate_required: " + std::string(describe(errc::certificate_required)));
  }
}

TEST_CASE("reasons: of many problems at once the words are the same, from a peer that sends what no library would") {
  comparison all;
  std::vector<certificate> chain = make_identity(pki::worse_chain, pki::worse_key).chain();
  std::vector<std::string> ders;
  for (const certificate& one : chain) ders.emplace_back(as_text(one.der()));
  for (const backend_entry& b : registered_backends()) {
    for (const tls_version v : versions_of(b)) {
      client_settings c = with_version(dated(), v);
      c.pins = {std::string(64, '0')};
      const any_context client = make_client(b, c);
      all.add(b.name, client.verify_chain(chain, {server_name, {}}).error);
      presenter p(role::server, ders, pki::worse_key, v);
      if (!presenter::speaks(v) || !p.ready()) continue;
      endpoint<any_engine> e(any_engine(client, server_name));
      for (int round = 0; round < 20 && e.handshake_error == errc::success; ++round) {
        e.step();
        const std::string sent(as_text(e.port.output()));
        e.port.consume_output(sent.size());
        CHECK(e.port.feed(as_bytes(p.step(sent))));
      }
      all.add(b.name, e.engine.error());
    }
  }
  for (const char* part :
       {"not_a_ca: the certificate at depth 1 issued", "; certificate_expired: the certificate expired 2021-01-01",
        "; unsupported_critical_extension: the certificate has a critical extension that is not understood, 1.2.3.4.5",
        "(extendedKeyUsage lacks serverAuth)", "ecdsa-with-SHA1", "; pin_mismatch: no key of the path is pinned; ",
        "; hostname_mismatch: the certificate is for other.plugtls.test; expected plugtls.test"})
    CHECK(all.text().find(part) != std::string::npos);
}

TEST_CASE("reasons: of every case of the corpus the words are the same, where a backend can judge it") {
  std::size_t said = 0;
  for (const corpus_case& c : corpus_cases()) {
    if (c.expected == "success") continue;
    CAPTURE(c.id);
    comparison all;
    const std::string pem = read_corpus(c, "leaf.pem") + read_corpus(c, "chain.pem");
    std::vector<byte_vector> ders;
    load_certificate_bytes(as_bytes(pem), ders);
    for (const backend_entry& b : registered_backends()) {
      client_settings s = dated();
      s.trust = trust(read_corpus(c, "roots.pem"));
      chain_options options;
      if (!c.name.empty()) options.name = c.name;
      options.usage = c.role == "client" ? purpose::client_auth : purpose::server_auth;
      const chain_verdict v = make_client(b, s).verify_chain(std::vector<byte_view>(ders.begin(), ders.end()), options);
      if (v.ok()) continue;  // revocation is not asked for here
      all.add(b.name, v.error);
      ++said;
    }
  }
  CHECK(said > 60 * registered_backends().size());
}
