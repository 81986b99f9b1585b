// SPDX-License-Identifier: BSL-1.0
#include <memory>

#include "engine_pair.hpp"
#include "plugtls/session_cache.hpp"
#include "plugtls/ticket_keys.hpp"
#include "support/catch.hpp"

using namespace plugtls;
using namespace plugtls_test;

namespace {

client_settings keeping_client(std::size_t capacity = 10) {
  client_settings s = client_defaults();
  s.sessions = std::make_shared<session_cache>(capacity);
  return s;
}

peer_options offering(session s) {
  peer_options peer(server_name);
  peer.resume = std::move(s);
  return peer;
}

errc offer_error(const client_settings& settings, session s) {
  pair_of<> p(settings, server_defaults(), offering(std::move(s)));
  const engine_result r = p.client.engine.handshake(p.client.port);
  if (r.status == engine_status::failed) CHECK(p.client.port.output().empty());
  return r.error;
}

}  // namespace

TEST_CASE("a client hands the sessions that it receives to its cache, with what they are bound to") {
  null_scripted script;
  script->sessions = 1;
  const client_settings settings = keeping_client();
  pair_of<> p(settings);
  REQUIRE(pump(p.client, p.server));
  REQUIRE(p.client.up());
  CHECK(settings.sessions->size() == 1);
  const session s = p.client.engine.session();
  REQUIRE_FALSE(s.empty());
  CHECK(s.envelope().native.text() == "null session");
  CHECK(s.envelope().lifetime == 100);
  CHECK(s.peer_name() == server_name);
  CHECK(s.peer_chain().size() == 2);
  CHECK(p.server.engine.session().empty());
  CHECK_FALSE(p.client.engine.resumed());

  pair_of<> plain;
  REQUIRE(pump(plain.client, plain.server));
  CHECK(plain.client.engine.session().empty());
  CHECK(basic_engine<null_backend>().session().empty());
}

TEST_CASE("sessions are bound to the set of suites, and not to what is fast on a machine") {
  const auto policy = [](std::vector<cipher_suite> suites) {
    client_settings s = keeping_client();
    s.cipher_suites = std::move(suites);
    error_info info;
    const auto c = basic_context<null_backend>::client(s, info);
    REQUIRE(c);
    return c.plan().policy;
  };
  using enum cipher_suite;
  const auto usual = policy({aes_128_gcm_sha256, aes_256_gcm_sha384, chacha20_poly1305_sha256});
  CHECK(usual == policy({chacha20_poly1305_sha256, aes_128_gcm_sha256, aes_256_gcm_sha384}));
  CHECK(usual != policy({chacha20_poly1305_sha256, aes_128_gcm_sha256}));
  CHECK(policy({aes_128_gcm_sha256}) != policy({aes_256_gcm_sha384}));
}

TEST_CASE("an offered session that is not usable is bad_session before a byte is sent") {
  null_scripted script;
  script->sessions = 1;
  const client_settings settings = keeping_client(0);
  pair_of<> p(settings);
  REQUIRE(pump(p.client, p.server));
  const session good = p.client.engine.session();
  CHECK(offer_error(settings, good) == errc::success);
  detail::session_envelope s = good.envelope();
  s.backend = "another";
  CHECK(offer_error(settings, session(s)) == errc::bad_session);
  s = good.envelope();
  s.format = "Null 2";
  CHECK(offer_error(settings, session(s)) == errc::bad_session);
  s = good.envelope();
  s.native = secret("not the library's");
  CHECK(offer_error(settings, session(s)) == errc::bad_session);
  CHECK(offer_error(client_defaults(), good) == errc::invalid_argument);
  // What does not fit is not even shown to the library.
  s.peer_name = "elsewhere.test";
  CHECK(offer_error(settings, session(s)) == errc::success);
  s = good.envelope();
  s.native = secret("not the library's");
  s.created -= 101;
  CHECK(offer_error(settings, session(s)) == errc::success);
  s.created = system_now() + 1000;
  CHECK(offer_error(settings, session(s)) == errc::success);
}

namespace {
// The session of a first connection, which is in no cache any more.
detail::session_envelope taken_out(null_scripted& script, const client_settings& settings) {
  script->sessions = 1;
  pair_of<> p(settings);
  REQUIRE(pump(p.client, p.server));
  settings.sessions->clear();
  return p.client.engine.session().envelope();
}
}  // namespace

TEST_CASE("a session from the cache that the library cannot read is dropped without a word") {
  null_scripted script;
  const client_settings settings = keeping_client();
  detail::session_envelope s = taken_out(script, settings);
  script->sessions = 0;
  s.native = secret("not the library's");
  settings.sessions->keep(session(s));
  pair_of<> again(settings);
  REQUIRE(pump(again.client, again.server));
  CHECK(again.client.up());
  CHECK(settings.sessions->size() == 0);
}

TEST_CASE("a handshake that fails with a session leaves none of its kind in the cache") {
  null_scripted script;
  const client_settings settings = keeping_client();
  detail::session_envelope s = taken_out(script, settings);
  s.version = tls_version::tls1_3;
  for (int i = 0; i < 3; ++i) settings.sessions->keep(session(s));
  s.peer_name = "elsewhere.test";
  settings.sessions->keep(session(s));
  CHECK(settings.sessions->size() == 4);
  script->fail_handshake = true;
  pair_of<> failing(settings);
  CHECK(failing.client.engine.handshake(failing.client.port).status == engine_status::failed);
  CHECK(settings.sessions->size() == 1);
}

TEST_CASE("a library that says it has resumed makes no verified peer of one that was not") {
  null_scripted script;
  script->skips_judge = true;
  script->claims_resumed = true;
  script->sessions = 1;
  for (const bool keeps : {false, true}) {
    pair_of<> p(keeps ? keeping_client() : client_defaults());
    REQUIRE(pump(p.client, p.server));
    CHECK(p.client.handshake_error == errc::bad_certificate);
  }
  server_settings s = server_defaults();
  s.verify = verify_mode::optional;
  s.trust = trust();
  client_settings anonymous = client_defaults();
  anonymous.insecure_no_verification = true;
  pair_of<> p(anonymous, s);
  REQUIRE(pump(p.client, p.server));
  CHECK(p.server.handshake_error == errc::bad_certificate);
}

TEST_CASE("a ticket has room for 8 KiB of the client's certificates, and says so where there are more") {
  const auto ask = [](const void*, std::span<const byte_view> chain, byte_view, detail::resumable_peer& out) {
    detail::accepted_chain read;
    const bool good = detail::read_all(chain, read.presented);
    out.chain = std::make_shared<const detail::accepted_chain>(std::move(read));
    return good;
  };
  const std::vector<certificate> one = server_identity().chain();
  std::vector<certificate> chain;
  std::size_t size = 0;
  int declined = 0;
  while (size < 20000) {
    chain.push_back(one[chain.size() % one.size()]);
    size += chain.back().der().size() + 4;
    const byte_vector state = detail::resumable_peer::to_ticket(chain);
    CHECK(state.size() <= 8194);
    detail::resumable_peer peer;
    peer.bind(nullptr, ask);
    CHECK(peer.decide_ticket(state) == (size <= 8192));
    if (size <= 8192) CHECK(peer.known().presented == chain);
    if (size > 8192) ++declined;
  }
  CHECK(declined > 0);
}

TEST_CASE("tickets and verified clients together need the capability, and random bytes") {
  null_scripted script;
  error_info info;
  server_settings s = server_defaults();
  s.tickets = std::make_shared<ticket_keys>();
  CHECK(basic_context<null_backend>::server(s, info));
  s.verify = verify_mode::optional;
  s.trust = trust();
  CHECK_FALSE(basic_context<null_backend>::server(s, info));
  CHECK(info.code == errc::unsupported);
  CHECK(info.detail.find("null") != std::string::npos);
  s.verify = verify_mode::none;
  s.tickets = std::make_shared<ticket_keys>();
  script->no_random = true;
  CHECK_FALSE(basic_context<null_backend>::server(s, info));
  CHECK(info.code == errc::out_of_memory);
}
