// SPDX-License-Identifier: BSL-1.0
#include <thread>

#include "conformance.hpp"
#include "other_server.hpp"
#include "plugtls/duplex_stream.hpp"
#include "plugtls/pending_signature.hpp"
#include "plugtls/pkcs12.hpp"
#include "sessions.hpp"
#include "support/openssl_signer.hpp"
#include "support/psk.hpp"

using namespace plugtls;
using namespace plugtls_test;

// Where two features meet.

namespace together {

byte_vector bound(endpoint<engine>& e, channel_binding_type type) {
  error_info info;
  const byte_vector out = e.engine.channel_binding(type, info);
  INFO(explain(info));
  CHECK_FALSE(out.empty());
  return out;
}

identity signed_elsewhere(std::string_view chain, signer how) {
  error_info info;
  identity id = identity::from_signer(as_bytes(chain), std::move(how), info);
  INFO(explain(info));
  CHECK_FALSE(info);
  return id;
}

}  // namespace together

TEST_CASE("rule 10: a server of several names resumes what it presented, and for nothing else") {
  for (const tls_version v : versions()) {
    CAPTURE(name(v));
    resuming s(v);
    s.client.sessions = std::make_shared<session_cache>(0);
    s.server.identities = {server_identity(), rsa_identity()};
    s.server.names = {{"*.wild.plugtls.test", {rsa_identity()}}};
    const context client = make_client(s.client);
    const session kept = make_session(client, make_server(s.server));
    const auto again = [&](const server_settings& other) {
      return meets_again(client, make_server(other), with_session(kept));
    };
    CHECK(again(s.server));
    // Names that are none of this one's business come and go.
    server_settings other = s.server;
    other.names.push_back({"other.plugtls.test", {other_identity()}});
    CHECK(again(other));
    other.names.clear();
    CHECK(again(other));
    other.identities = {server_identity()};
    CHECK(again(other));
    // Now it is another certificate that stands for the name.
    other.names = {{server_name, {rsa_identity()}}};
    CHECK_FALSE(again(other));
    other = s.server;
    other.identities = {rsa_identity()};
    CHECK_FALSE(again(other));
  }
}

TEST_CASE("channel bindings: a server of several names binds to the certificate that it presented") {
  server_settings s = server_defaults();
  s.names = {{"other.plugtls.test", {other_identity()}}};
  for (const tls_version v : versions()) {
    for (const char* asked : {"plugtls.test", "other.plugtls.test"}) {
      connection c(curious(v), with_version(s, v), asking(asked));
      c.connect();
      const sha256_digest digest = c.client.engine.peer_chain().front().sha256();
      const byte_vector binding = together::bound(c.server, channel_binding_type::tls_server_end_point);
      CHECK(binding == byte_vector(digest.begin(), digest.end()));
      CHECK(binding == together::bound(c.client, channel_binding_type::tls_server_end_point));
    }
  }
}

TEST_CASE("channel bindings: on resumed connections both ends compute the same, and not what they were before") {
  for (const tls_version v : versions()) {
    CAPTURE(name(v));
    resuming s(v);
    const context client = make_client(s.client), server = make_server(s.server);
    const auto check = [&](channel_binding_type type) {
      byte_vector before;
      for (const bool resumed : {false, true}) {
        connection c(client, server);
        CHECK(talk(c).client.engine.resumed() == resumed);
        const byte_vector binding = together::bound(c.client, type);
        CHECK(binding == together::bound(c.server, type));
        CHECK((binding != before || type == channel_binding_type::tls_server_end_point));
        before = binding;
      }
      s.client.sessions->clear();
    };
    check(channel_binding_type::tls_server_end_point);
    if (has<default_backend, capability::exporter>) check(channel_binding_type::tls_exporter);
    if (has<default_backend, capability::tls_unique> && v == tls_version::tls1_2)
      check(channel_binding_type::tls_unique);
  }
}

TEST_CASE("server names: an identity of the table may be one that signs elsewhere, beside one that does not") {
  if (lacks<default_backend>(capability::external_rsa_key)) return;
  server_settings s = with_version(server_defaults(), tls_version::tls1_2);
  const signer remote{.sign = openssl_signer("server_rsa"), .schemes = {}, .wait = {}};
  s.identities.push_back(together::signed_elsewhere(pki::server_rsa_chain, remote));
  client_settings c = with_version(client_defaults(), tls_version::tls1_2);
  connection first(c, s);
  CHECK(first.connect().client.engine.peer_chain().front() == leaf_of(server_identity()));
  c.cipher_suites = {cipher_suite::ecdhe_rsa_with_aes_128_gcm_sha256};
  connection second(c, s);
  CHECK(second.connect().client.engine.peer_chain().front() == leaf_of(rsa_identity()));
}

TEST_CASE("PKCS#12: in a table of names, among other identities") {
  if (lacks<default_backend>(capability::pkcs12)) return;
  error_info info;
  const identity packed =
      identity::from_pkcs12(as_bytes(pki::server_3des_p12), info, [] { return secret(pki::password); });
  REQUIRE_FALSE(info);
  server_settings s = server_defaults(other_identity());
  s.names = {{server_name, {packed, rsa_identity()}}};
  connection c(client_defaults(), s);
  CHECK(c.connect().client.engine.peer_chain().front() == leaf_of(server_identity()));
  s.names = {{"elsewhere.example", {packed}}};
  CHECK(refusal(s) == errc::invalid_argument);
}

TEST_CASE("psk: a context has PSKs or resumes sessions, and chooses no names where it has nothing else") {
  client_settings c = psk_client();
  c.sessions = std::make_shared<session_cache>();
  CHECK(refusal(c) == errc::invalid_argument);
  server_settings s = psk_and_certificate();
  s.tickets = std::make_shared<ticket_keys>();
  CHECK(refusal(s) == errc::invalid_argument);
  s = psk_server();
  s.on_client_hello = [](const client_hello_view&) { return hello_answer(); };
  CHECK(refusal(s) == errc::invalid_argument);
}

TEST_CASE("duplex_stream: waits for a signer that answers later, in either thread") {
  if (lacks<default_backend>(capability::pending_signature)) return;
  std::atomic<bool> is_ready = false;
  const openssl_signer key("server_rsa");
  const signer late{.sign = [&](const signing_request& q, byte_vector& out,
                                error_info& info) { return is_ready ? key(q, out, info) : errc::would_block; },
                    .schemes = {},
                    .wait = wait_for_signature([&](int) { is_ready = true; })};
  const server_settings s = server_defaults(together::signed_elsewhere(pki::server_rsa_chain, late));
  auto [near, far] = make_memory_pipe();
  duplex_stream client(make_client(with_version(client_defaults(), tls_version::tls1_2)), std::move(near), server_name);
  duplex_stream server(make_server(with_version(s, tls_version::tls1_2)), std::move(far));
  std::string heard(5, ' ');
  std::thread answering([&] {
    std::error_code ec;
    server.read(heard, ec);
    CHECK_FALSE(ec);
  });
  std::error_code ec;
  client.write("hello", ec);
  CHECK_FALSE(ec);
  answering.join();
  CHECK(heard == "hello");
  CHECK(is_ready);
}
