// SPDX-License-Identifier: BSL-1.0
#include "changed_hello.hpp"
#include "conformance.hpp"
#include "support/corpus.hpp"

using namespace plugtls;
using namespace plugtls_test;

namespace ca_names {

server_settings naming(tls_version v, const std::string& anchors) {
  server_settings s = with_version(mutual_defaults(), v);
  s.trust = trust(anchors);
  s.client_ca_names = true;
  return s;
}

// The authorities in a CertificateRequest of TLS 1.2 (RFC 5246 §7.4.4), each as DER; from what a server sent.
std::vector<std::string> authorities(std::string_view wire, bool& found) {
  std::string messages;
  for (hello_detail::cursor r{wire}; !r.rest.empty();) {
    if (r.u8() != 22) break;
    r.u16();
    messages += r.take(r.u16()).rest;
  }
  found = false;
  std::vector<std::string> names;
  for (hello_detail::cursor r{messages}; r.ok && !r.rest.empty();) {
    const unsigned type = r.u8(), high = r.u8();
    hello_detail::cursor body = r.take(high << 16 | r.u16());
    if (type != 13) continue;
    found = true;
    body.take(body.u8());
    body.take(body.u16());
    for (auto list = body.take(body.u16()); list.ok && !list.rest.empty();)
      names.emplace_back(list.take(list.u16()).rest);
    CHECK((body.ok && body.rest.empty()));
  }
  return names;
}

std::vector<std::string> named(const server_settings& s, std::size_t& sent) {
  client_settings c = with_version(client_defaults(), s.min_version);
  c.identities = {client_identity()};
  connection k(c, s);
  k.client.reading = k.server.reading = false;
  k.connect();
  CHECK(k.server.engine.peer_chain() == client_identity().chain());
  sent = k.server.tap.size();
  bool found = false;
  std::vector<std::string> names = authorities(k.server.tap, found);
  CHECK(found == (s.min_version == tls_version::tls1_2));
  return names;
}

std::vector<std::string> subjects_of(const std::string& pem, std::size_t& total) {
  std::vector<std::string> all;
  error_info info;
  for (const certificate& c : trust(pem).anchors(info)) {
    all.emplace_back(as_text(c.subject().raw()));
    total += 2 + all.back().size();
  }
  return all;
}

std::string many_roots() {
  std::string all(pki::root);
  all += pki::other_root;
  for (const char* folder : {"ok-basic", "ok-deep3", "untrusted-root", "ok-p384", "client-other-ca", "ok-ed25519"})
    all += read_data("corpus/" + std::string(folder) + "/roots.pem");
  return all;
}

void check_names(tls_version v) {
  CAPTURE(name(v));
  std::size_t silent = 0;
  server_settings s = naming(v, std::string(pki::root));
  s.client_ca_names = false;
  CHECK(named(s, silent).empty());
  for (const std::string& anchors : {std::string(pki::root), many_roots()}) {
    std::size_t expected = 0, sent = 0;
    std::vector<std::string> subjects = subjects_of(anchors, expected);
    std::vector<std::string> names = named(naming(v, anchors), sent);
    std::sort(names.begin(), names.end());
    std::sort(subjects.begin(), subjects.end());
    if (v == tls_version::tls1_2) CHECK(names == subjects);
    // Encrypted, but as much longer as the names are; signatures differ by a few bytes.
    CHECK(sent + 12 > silent + expected);
    CHECK(sent < silent + expected + 32);
  }
}

TEST_CASE("client CA names: a CertificateRequest names the authorities where that is asked for") {
  check_names(tls_version::tls1_2);
}

TEST_CASE("client CA names: and in TLS 1.3") {
  if (lacks<default_backend>(capability::tls1_3)) return;
  server_settings window = naming(tls_version::tls1_2, std::string(pki::root));
  window.max_version = tls_version::tls1_3;
  if (!has<default_backend, capability::client_ca_names_tls1_3>) {
    CHECK(refusal(naming(tls_version::tls1_3, std::string(pki::root))) == errc::unsupported);
    CHECK(refusal(window) == errc::unsupported);
    return;
  }
  CHECK(make_server(window));
  check_names(tls_version::tls1_3);
}

TEST_CASE("client CA names: what cannot be named is refused") {
  server_settings s = naming(tls_version::tls1_2, std::string(pki::root));
  s.verify = verify_mode::none;
  CHECK(refusal(s) == errc::invalid_argument);
  s = naming(tls_version::tls1_2, std::string(pki::root));
  s.trust = trust_store::none();
  CHECK(refusal(s) == errc::invalid_argument);
}

}  // namespace ca_names
