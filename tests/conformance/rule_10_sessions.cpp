// SPDX-License-Identifier: BSL-1.0
#include <atomic>
#include <thread>

#include "client_hello.hpp"
#include "sessions.hpp"

using namespace plugtls;
using namespace plugtls_test;

TEST_CASE("rule 10: a cache resumes by itself, and both ends tell the same") {
  for (const tls_version v : versions()) {
    CAPTURE(name(v));
    resuming s(v);
    s.client.alpn = s.server.alpn = {"h2"};
    int asked = 0;
    s.client.on_verify = [&](const verify_context&) { return ++asked > 0; };
    const context client = make_client(s.client), server = make_server(s.server);
    for (int i = 0; i < 4; ++i) {
      connection c(client, server);
      talk(c);
      for (engine* e : {&c.client.engine, &c.server.engine}) {
        CHECK(e->resumed() == (i != 0));
        CHECK(e->version() == v);
        CHECK(e->alpn() == "h2");
        CHECK(e->server_name() == server_name);
        CHECK(e->cipher_suite() != cipher_suite::none);
        if (v == tls_version::tls1_3) CHECK(e->group() == default_groups().front());  // a new key exchange
      }
      CHECK(c.client.engine.peer_chain().size() == 2);
      CHECK(c.client.engine.peer_chain().front() == server_identity().chain().front());
      CHECK(c.client.engine.verified_path().size() == 3);
      CHECK(c.server.engine.peer_chain().empty());
      if (v == tls_version::tls1_2) CHECK(decode_client_hello(c.client.tap).has(35));
      CHECK(decode_client_hello(c.client.tap).has(41) == (v == tls_version::tls1_3 && i != 0));
    }
    CHECK(asked == 1);
  }
}

TEST_CASE("rule 10: without settings for it there is no session, and a server without keys resumes none") {
  for (const tls_version v : versions()) {
    resuming s(v);
    const context client = make_client(s.client), plain_client = make_client(with_version(client_defaults(), v)),
                  server = make_server(s.server), plain_server = make_server(with_version(server_defaults(), v));
    for (int i = 0; i < 2; ++i) {
      CHECK_FALSE(meets_again(plain_client, server));
      CHECK_FALSE(meets_again(plain_client, plain_server));
      CHECK_FALSE(meets_again(client, plain_server));
    }
    connection c(plain_client, server);
    talk(c);
    CHECK(c.client.engine.session().empty());
    CHECK_FALSE(decode_client_hello(c.client.tap).has(35));
    connection refused(plain_client, server, with_session(make_session(client, server)));
    CHECK(refused.client.engine.handshake(refused.client.port).error == errc::invalid_argument);
    CHECK(refused.client.port.output().empty());
    CHECK_FALSE(explain(refused.client.engine.error()).empty());
  }
}

TEST_CASE("rule 10: a session outlives its context in bytes") {
  for (const tls_version v : versions()) {
    CAPTURE(name(v));
    resuming s(v);
    s.client.sessions = std::make_shared<session_cache>(0);
    const context server = make_server(s.server);
    const session first = make_session(make_client(s.client), server);
    CHECK(first.version() == v);
    CHECK(first.peer_name() == server_name);
    CHECK(first.backend() == default_backend::name);
    CHECK(first.peer_chain().size() == 2);
    CHECK(first.expires() == first.created() + 7200);
    const secret bytes = first.to_bytes();
    errc e = errc::success;
    const session read = session::from_bytes(bytes.bytes(), e);
    REQUIRE(e == errc::success);
    CHECK(read.to_bytes().text() == bytes.text());
    connection c(make_client(s.client), server, with_session(read));
    talk(c);
    CHECK(c.client.engine.resumed());
    CHECK(c.client.engine.verified_path().size() == 3);
    const session second = c.client.engine.session();
    REQUIRE_FALSE(second.empty());
    CHECK(second.peer_chain().size() == 2);
    CHECK(meets_again(make_client(s.client), server, with_session(second)));
  }
}

TEST_CASE("rule 10: a session is offered and written in several threads at once") {
  for (const tls_version v : versions()) {
    CAPTURE(name(v));
    const acquainted ends(v);
    const secret bytes = ends.kept.to_bytes();
    std::atomic<int> resumed = 0, same = 0;
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; ++i) {
      threads.emplace_back([&] {
        for (int k = 0; k < 4; ++k) {
          connection c(ends.client, ends.server, with_session(ends.kept));
          c.client.shuts_down = c.server.shuts_down = true;
          resumed += pump(c.client, c.server) && c.client.engine.resumed();
        }
      });
      threads.emplace_back([&] {
        for (int k = 0; k < 50; ++k) same += ends.kept.to_bytes().text() == bytes.text();
      });
    }
    for (std::thread& t : threads) t.join();
    CHECK(resumed == 16);
    CHECK(same == 200);
  }
}

TEST_CASE("rule 10: a session of a resumed handshake expires with the one that was resumed") {
  for (const tls_version v : versions()) {
    CAPTURE(name(v));
    const acquainted ends(v);
    detail::session_envelope earlier = ends.kept.envelope();
    earlier.created -= 5000;
    ends.settings.server.tickets->rotate();  // in TLS 1.2 some libraries send a new ticket then
    connection c(ends.client, ends.server, with_session(session(earlier)));
    talk(c);
    CHECK(c.client.engine.resumed());
    const session renewed = c.client.engine.session();
    REQUIRE_FALSE(renewed.empty());
    if (v == tls_version::tls1_3) CHECK((renewed.envelope().native_bytes().text() != earlier.native_bytes().text()));
    CHECK(renewed.created() == earlier.created);
    CHECK(renewed.expires() == earlier.expires());
    detail::session_envelope late = renewed.envelope();
    late.created -= 2201;
    CHECK_FALSE(meets_again(ends.client, ends.server, with_session(session(late))));
  }
}

TEST_CASE("rule 10: a session is offered only to whom it is for") {
  for (const tls_version v : versions()) {
    CAPTURE(name(v));
    resuming s(v);
    const context server = make_server(s.server);
    const session kept = make_session(make_client(s.client), server);
    const auto resumes = [&](const client_settings& settings, const char* peer = server_name) {
      return meets_again(make_client(settings), server, with_session(kept, peer));
    };
    CHECK(resumes(s.client));
    CHECK_FALSE(resumes(s.client, "localhost"));
    CHECK_FALSE(resumes(s.client, "127.0.0.1"));
    client_settings other = s.client;
    other.alpn = {"h2"};
    CHECK_FALSE(resumes(other));
    other = s.client;
    other.trust.add(make_identity(pki::client_chain, pki::client_key).chain().front());
    CHECK_FALSE(resumes(other));
    other = s.client;
    other.pins = {key_pin(server_identity().chain().front())};
    CHECK_FALSE(resumes(other));
    other = s.client;
    other.floors.ec_bits = 256;
    CHECK_FALSE(resumes(other));
    other = s.client;
    other.identities = {client_identity()};
    CHECK_FALSE(resumes(other));
    other = s.client;
    other.insecure_skip_name = true;
    CHECK_FALSE(resumes(other));
    other = s.client;
    other.insecure_no_verification = true;
    CHECK_FALSE(resumes(other));
    // What a callback would say is known to nobody.
    other = s.client;
    other.on_verify = [](const verify_context&) { return true; };
    CHECK_FALSE(resumes(other));
    peer_options sni = with_session(kept);
    sni.server_name = "localhost";
    CHECK_FALSE(meets_again(make_client(s.client), server, sni));
    CHECK(resumes(s.client));
  }
}

TEST_CASE("rule 10: the cache gives each context, name and protocol its own") {
  for (const tls_version v : versions()) {
    resuming s(v);
    const context server = make_server(s.server);
    client_settings pinned = s.client;
    pinned.pins = {key_pin(server_identity().chain().front())};
    const context a = make_client(s.client), b = make_client(pinned);
    CHECK_FALSE(meets_again(a, server));
    CHECK_FALSE(meets_again(b, server));
    CHECK_FALSE(meets_again(a, server, "localhost"));
    CHECK(s.client.sessions->size() == 3);
    CHECK(meets_again(a, server));
    CHECK(meets_again(b, server));
    CHECK(meets_again(a, server, "localhost"));
    CHECK(meets_again(make_client(s.client), server));
    CHECK(s.client.sessions->size() == 3);
  }
}

TEST_CASE("rule 10: what has become of the certificate meanwhile is seen before a session is offered") {
  for (const tls_version v : versions()) {
    CAPTURE(name(v));
    resuming s(v);
    auto now = std::make_shared<unix_time>(system_now());
    s.client.clock = [now] { return *now; };
    const context client = make_client(s.client), server = make_server(s.server);
    CHECK_FALSE(meets_again(client, server));
    CHECK(meets_again(client, server));
    *now = server_identity().chain().front().not_after() + 1;
    connection c(client, server);
    c.run();
    CHECK(c.client.handshake_error == errc::certificate_expired);
    CHECK_FALSE(decode_client_hello(c.client.tap).has(41));
  }
}

TEST_CASE("rule 10: a certificate that was revoked meanwhile is seen before a session is offered") {
  for (const tls_version v : versions()) {
    CAPTURE(name(v));
    resuming s(v);
    s.client.revocation.mode = revocation_mode::leaf;
    s.client.revocation.soft = true;
    const context server = make_server(s.server);
    CHECK_FALSE(meets_again(make_client(s.client), server));
    CHECK(meets_again(make_client(s.client), server));
    error_info info;
    REQUIRE(s.client.trust.add_crl_file(PLUGTLS_TEST_DATA "/crl/intermediate_lists_leaves.pem", info) == errc::success);
    connection c(make_client(s.client), server);
    c.run();
    CHECK(c.client.handshake_error == errc::revoked);
    CHECK_FALSE(decode_client_hello(c.client.tap).has(41));
  }
}

TEST_CASE("rule 10: a client that verifies nothing resumes, and tells the chain") {
  for (const tls_version v : versions()) {
    resuming s(v);
    s.client.trust = trust_store::none();
    s.client.insecure_no_verification = true;
    const context client = make_client(s.client), server = make_server(s.server);
    CHECK_FALSE(meets_again(client, server));
    connection c(client, server);
    talk(c);
    CHECK(c.client.engine.resumed());
    CHECK(c.client.engine.peer_chain().size() == 2);
    CHECK(c.client.engine.verified_path().empty());
  }
}
