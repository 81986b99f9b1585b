// SPDX-License-Identifier: BSL-1.0
#include "engine_pair.hpp"
#include "support/catch.hpp"

using namespace plugtls;
using namespace plugtls_test;

TEST_CASE("two engines shake hands, move data and close, in both versions") {
  for (const tls_version v : {tls_version::tls1_2, tls_version::tls1_3}) {
    for (const std::size_t cap : {1U, 5U, 64U, 100000U}) {
      pair_of<> p(with_version(client_defaults(), v));
      p.client.outgoing = pattern(40000, 1);
      p.server.outgoing = pattern(50000, 2);
      p.client.shuts_down = true;
      REQUIRE(pump(p.client, p.server, cap));
      CHECK(p.client.engine.version() == v);
      CHECK(p.server.engine.version() == v);
      CHECK(p.server.incoming == p.client.outgoing);
      CHECK(p.client.incoming == p.server.outgoing);
      CHECK(p.server.read_error == errc::closed);
      CHECK(p.client.engine.own_closed());
      CHECK(p.server.engine.peer_closed());
      // RFC 5246 §7.2.1: TLS 1.2 answers close_notify by itself, TLS 1.3 does not.
      CHECK((p.client.read_error == errc::closed) == (v == tls_version::tls1_2));
    }
  }
}

TEST_CASE("the same values are agreed on whether the backend tells them or not") {
  for (const bool tells : {true, false}) {
    for (const tls_version v : {tls_version::tls1_2, tls_version::tls1_3}) {
      const null_scripted script;
      script->tells_negotiated = tells;
      client_settings c = with_version(client_defaults(), v);
      c.alpn = {"b", "a"};
      server_settings s = server_defaults();
      s.alpn = {"a", "b"};
      pair_of<> p(c, s);
      REQUIRE(pump(p.client, p.server));
      for (auto* e : {&p.client.engine, &p.server.engine}) {
        CHECK(e->version() == v);
        CHECK(e->cipher_suite() == (v == tls_version::tls1_3 ? cipher_suite::aes_128_gcm_sha256
                                                             : cipher_suite::ecdhe_ecdsa_with_aes_128_gcm_sha256));
        CHECK(e->group() == named_group::x25519);
        CHECK(e->alpn() == "a");
        CHECK(e->server_name() == server_name);
        CHECK_FALSE(e->resumed());
      }
      CHECK(p.client.engine.peer_chain().size() == 2);
      CHECK(p.client.engine.verified_path().size() == 3);
      CHECK(p.server.engine.peer_chain().empty());
    }
  }
}

TEST_CASE("before and after the handshake, calls out of turn are refused and harm nothing") {
  pair_of<> p;
  std::byte b[8] = {};
  CHECK(p.client.engine.read_some(p.client.port, b, 8).error == errc::invalid_argument);
  CHECK(p.client.engine.write_some(p.client.port, b, 8).error == errc::invalid_argument);
  CHECK(p.client.engine.version() == tls_version::automatic);
  CHECK(p.client.engine.alpn().empty());
  CHECK(p.client.engine.pending() == 0);
  CHECK(p.client.engine.peer_chain().empty());
  REQUIRE(pump(p.client, p.server));
  CHECK(p.client.engine.handshake(p.client.port).status == engine_status::done);
}

TEST_CASE("an engine without a context, or moved from, says so in every call") {
  basic_engine<null_backend> none;
  basic_engine<null_backend> of_empty_context{basic_context<null_backend>{}};
  pair_of<> p;
  basic_engine<null_backend> moved_to = std::move(p.client.engine);
  buffer_port port;
  std::byte b[8] = {};
  for (auto* e : {&none, &of_empty_context, &p.client.engine}) {
    CHECK(e->handshake(port).error == errc::invalid_argument);
    CHECK(e->read_some(port, b, 8).error == errc::invalid_argument);
    CHECK(e->write_some(port, b, 8).error == errc::invalid_argument);
    CHECK(e->flush(port).error == errc::invalid_argument);
    CHECK(e->shutdown(port).error == errc::invalid_argument);
    CHECK(e->error().code == errc::invalid_argument);
    CHECK_FALSE(e->error().detail.empty());
    CHECK(e->peer_chain().empty());
    CHECK(e->verified_path().empty());
    CHECK(e->callback_exception() == nullptr);
    CHECK_FALSE(e->established());
  }
  CHECK(moved_to.handshake(port).status == engine_status::want_read);
}

TEST_CASE("an engine may move in the middle of everything") {
  pair_of<> p;
  p.client.outgoing = pattern(1000);
  for (int i = 0; i < 200; ++i) {
    p.client.step();
    carry(p.client, p.server, 7);
    p.server.step();
    carry(p.server, p.client, 1000);
    basic_engine<null_backend> other = std::move(p.client.engine);
    p.client.engine = std::move(other);
  }
  REQUIRE(pump(p.client, p.server));
  CHECK(p.server.incoming == p.client.outgoing);
}

TEST_CASE("a verifying client must be given a name that can be checked") {
  const auto first_error = [](peer_options peer, client_settings s = client_defaults()) {
    pair_of<> p(std::move(s), server_defaults(), std::move(peer));
    const engine_result r = p.client.engine.handshake(p.client.port);
    CHECK(p.client.port.output().empty() == (r.status == engine_status::failed));
    CHECK(p.client.engine.error().code == r.error);
    return r.error;
  };
  CHECK(first_error({}) == errc::peer_name_required);
  CHECK(first_error("") == errc::peer_name_required);
  CHECK(first_error("a b") == errc::invalid_argument);
  CHECK(first_error("*.plugtls.test") == errc::invalid_argument);
  CHECK(first_error("plugtls.test:443") == errc::invalid_argument);
  CHECK(first_error(std::string(64, 'a') + ".test") == errc::invalid_argument);
  CHECK(first_error("plugtls.test.") == errc::success);
  CHECK(first_error("[::1]") == errc::success);
  client_settings skip = client_defaults();
  skip.insecure_skip_name = true;
  CHECK(first_error({}, skip) == errc::success);
  CHECK(first_error("a b", skip) == errc::invalid_argument);
  peer_options sni("127.0.0.1");
  sni.server_name = "127.0.0.1";
  CHECK(first_error(sni) == errc::invalid_argument);
  sni.server_name = "no name";
  CHECK(first_error(sni) == errc::invalid_argument);
}

TEST_CASE("SNI is the name without its dot, never an address, and may differ from the name") {
  const auto sent = [](peer_options peer) {
    pair_of<> p(client_defaults(), server_defaults(), std::move(peer));
    REQUIRE(pump(p.client, p.server));
    CHECK(p.client.engine.established());
    CHECK(p.client.engine.server_name() == p.server.engine.server_name());
    return std::string(p.server.engine.server_name());
  };
  CHECK(sent("plugtls.test") == "plugtls.test");
  CHECK(sent("PLUGTLS.test.") == "plugtls.test");
  CHECK(sent("127.0.0.1").empty());
  CHECK(sent("[::1]").empty());
  CHECK(sent("::1").empty());
  peer_options other("127.0.0.1");
  other.server_name = "front.example";
  CHECK(sent(other) == "front.example");
}

TEST_CASE("what fails when a connection is opened comes out of its first call") {
  const null_scripted script;
  script->open_connection = errc::out_of_memory;
  pair_of<> p;
  CHECK(p.client.engine.handshake(p.client.port).error == errc::out_of_memory);
  CHECK(p.client.engine.handshake(p.client.port).error == errc::out_of_memory);
  std::byte b[8] = {};
  CHECK(p.client.engine.read_some(p.client.port, b, 8).error == errc::out_of_memory);
  CHECK(p.client.engine.write_some(p.client.port, b, 8).error == errc::out_of_memory);
}

TEST_CASE("a library that asks again without reason is called again, but not for ever") {
  const null_scripted script;
  script->idle = 50;
  pair_of<> p;
  p.client.outgoing = "hello";
  REQUIRE(pump(p.client, p.server));
  CHECK(p.server.incoming == "hello");
  script->idle = 1 << 30;
  pair_of<> q;
  CHECK(q.client.engine.handshake(q.client.port).error == errc::handshake_failed);
}
