// SPDX-License-Identifier: BSL-1.0
#include <plugtls/session_id_cache.hpp>

#include <stdexcept>

#include "changed_hello.hpp"
#include "sessions.hpp"

using namespace plugtls;
using namespace plugtls_test;

// A server's sessions of TLS 1.2 that are resumed by their ids (RFC 5246 §7.3).

namespace {

constexpr bool has_ids = has<default_backend, capability::session_ids>;

// Both ends in TLS 1.2. A server without tickets gives every client an id.
struct by_id : resuming {
  explicit by_id(std::size_t capacity = 100, session_id_cache::clock_callback clock = {})
      : resuming(tls_version::tls1_2),
        memory(std::make_shared<session_id_cache>(capacity, std::chrono::seconds(1000), std::move(clock))) {
    server.tickets = {};
    server.session_ids = memory;
    client.sessions = std::make_shared<session_cache>(0);
  }
  std::shared_ptr<session_id_cache> memory;
};

// The same, and both ends verify each other.
struct mutual_by_id : by_id {
  explicit mutual_by_id(verify_mode mode = verify_mode::required) {
    client.identities = {client_identity()};
    server.verify = mode;
    server.trust = trust();
  }
};

// The hello of a client that offers a session.
std::string hello_with(const context& client, session s) {
  return plugtls_test::first_flight(client, with_session(std::move(s)));
}

// Whether the server that was sent a hello answers as to a session that it resumes: in the clear stands its hello, a
// new ticket maybe, and neither Certificate nor ServerHelloDone (RFC 5246 §7.3).
bool resumes(const endpoint<engine>& server) {
  std::string messages;
  hello_detail::cursor r{as_text(server.port.output())};
  for (unsigned type = r.u8(); r.ok && type == 22; type = r.u8()) {
    r.u16();
    messages += r.take(r.u16()).rest;
  }
  std::string types;
  for (hello_detail::cursor m{messages}; !m.rest.empty() && m.ok;) {
    types += static_cast<char>(m.u8());
    const unsigned high = m.u8();
    m.take(high << 16 | m.u16());
  }
  REQUIRE_FALSE(types.empty());
  CHECK(types[0] == '\x02');
  return types.find_first_of("\x0b\x0e") == std::string::npos;
}
bool resumes(const context& server, const std::string& flight) { return resumes(fed(server, flight)); }

// A connection that is up, and its end.
struct open_connection : connection {
  using connection::connection;
  void client_says(std::string_view bytes) {
    REQUIRE(server.port.feed(as_bytes(bytes)));
    server.step();
  }
};

}  // namespace

TEST_CASE("session ids: what is not declared is refused") {
  server_settings s = server_defaults();
  s.session_ids = std::make_shared<session_id_cache>();
  if (has_ids)
    make_server(s);
  else
    CHECK(refusal(s) == errc::unsupported);
  s.psks = {{"name", secret("0123456789abcdef")}};
  CHECK(refusal(s) == (has_ids ? errc::invalid_argument : errc::unsupported));
}

TEST_CASE("session ids: a session is resumed by its id, again and again") {
  if (lacks<default_backend>(capability::session_ids)) return;
  by_id s;
  s.client.sessions = std::make_shared<session_cache>();
  const context client = make_client(s.client);
  for (int i = 0; i < 4; ++i) {
    connection c(client, make_server(s.server));  // contexts come and go
    talk(c);
    CHECK(c.client.engine.resumed() == (i != 0));
    CHECK(c.server.engine.version() == tls_version::tls1_2);
    CHECK(c.server.engine.group() == (i == 0 ? c.client.engine.group() : named_group::none));
    CHECK(s.memory->size() == 1);
  }
  // Another memory, and none.
  s.server.session_ids = std::make_shared<session_id_cache>();
  CHECK_FALSE(meets_again(client, make_server(s.server)));
  s.server.session_ids = {};
  CHECK_FALSE(meets_again(client, make_server(s.server)));
  CHECK_FALSE(meets_again(client, make_server(s.server)));
}

TEST_CASE("session ids: clients that know of tickets are given those where there are any, the others ids") {
  if (lacks<default_backend>(capability::session_ids)) return;
  by_id s;
  const session by_its_id = make_session(make_client(s.client), make_server(s.server));
  CHECK(s.memory->size() == 1);
  const context client = make_client(s.client);
  const std::string hello = hello_with(client, by_its_id);
  CHECK(resumes(make_server(s.server), hello));
  s.server.tickets = std::make_shared<ticket_keys>();
  const context both = make_server(s.server);
  CHECK_FALSE(resumes(both, hello));
  CHECK(resumes(both, in_records(hello_parts(hello).without(35).message())));
  s.client.sessions = std::make_shared<session_cache>();
  const context keeping = make_client(s.client);
  s.memory->clear();
  for (int i = 0; i < 3; ++i) CHECK(meets_again(keeping, both) == (i != 0));
  CHECK(s.memory->size() == 0);
}

TEST_CASE("session ids: TLS 1.3 has none") {
  if (lacks<default_backend>(capability::session_ids) || lacks<default_backend>(capability::tls1_3)) return;
  by_id s;
  s.server = with_version(s.server, tls_version::automatic);
  s.client = with_version(s.client, tls_version::automatic);
  s.client.sessions = std::make_shared<session_cache>();
  const context client = make_client(s.client), server = make_server(s.server);
  for (int i = 0; i < 2; ++i) CHECK_FALSE(meets_again(client, server));
  CHECK(s.memory->size() == 0);
  s.server.tickets = std::make_shared<ticket_keys>();
  const context both = make_server(s.server);
  for (int i = 0; i < 3; ++i) CHECK(meets_again(client, both) == (i != 0));
  CHECK(s.memory->size() == 0);
}

TEST_CASE(
    "session ids: a session ends with its lifetime, however often it is resumed, and when others take its place") {
  if (lacks<default_backend>(capability::session_ids)) return;
  auto now = std::make_shared<unix_time>(system_now());
  by_id s(2, [now] { return *now; });
  const context client = make_client(s.client), server = make_server(s.server);
  const session first = make_session(client, server);
  for (int i = 0; i < 3; ++i) {
    CHECK(meets_again(client, server, with_session(first)) == (i < 3));
    *now += 400;
  }
  CHECK_FALSE(meets_again(client, server, with_session(first)));  // its successor
  CHECK(s.memory->size() == 1);
  const session second = make_session(client, server), third = make_session(client, server);
  CHECK(s.memory->size() == 2);
  CHECK(meets_again(client, server, with_session(third)));
  CHECK(meets_again(client, server, with_session(second)));
  const session fourth = make_session(client, server);
  CHECK_FALSE(meets_again(client, server, with_session(second)));
  *now -= 5000;  // from a time to come
  CHECK_FALSE(meets_again(client, server, with_session(fourth)));
}

TEST_CASE("session ids: a clock that throws ends the handshake, and no context is made with it") {
  if (lacks<default_backend>(capability::session_ids)) return;
  auto is_broken = std::make_shared<bool>(false);
  by_id s(2, [is_broken] {
    if (*is_broken) detail::raise(std::runtime_error("no clock"));
    return system_now();
  });
  const context client = make_client(s.client), server = make_server(s.server);
  const session known = make_session(client, server);
  *is_broken = true;
  for (const bool knows : {false, true}) {
    connection c(client, server, knows ? with_session(known) : peer_options(server_name));
    c.run();
    CHECK_FALSE(c.client.up());
    check_clock_broke(c, s.server);
  }
  *is_broken = false;
  CHECK(meets_again(client, server, with_session(known)));
}

TEST_CASE("session ids: a hello of another name, of another id, or without extended master secret resumes nothing") {
  if (lacks<default_backend>(capability::session_ids)) return;
  by_id s;
  const context client = make_client(s.client), server = make_server(s.server);
  const std::string hello = hello_with(client, make_session(client, server));
  const std::string name(server_name);
  REQUIRE(resumes(server, in_records(hello_parts(hello).without(0).with(0, vector16(name_entry(name))).message())));
  CHECK_FALSE(resumes(server, in_records(hello_parts(hello).without(0).message())));
  CHECK_FALSE(
      resumes(server, in_records(hello_parts(hello).without(0).with(0, vector16(name_entry("a." + name))).message())));
  CHECK_FALSE(resumes(server, in_records(hello_parts(hello).without(23).message())));
  const std::size_t at = 5 + 4 + 2 + 32 + 1;  // the id in the record
  REQUIRE(hello.at(at - 1) == 32);
  for (std::size_t i = 0; i < 32; ++i) {
    std::string changed = hello;
    changed[at + i] = static_cast<char>(changed[at + i] ^ 0x10);
    CHECK_FALSE(resumes(server, changed));
  }
  CHECK(resumes(server, hello));
}

TEST_CASE("session ids: only contexts of the same policy resume") {
  if (lacks<default_backend>(capability::session_ids)) return;
  for (const verify_mode mode : {verify_mode::optional, verify_mode::required}) {
    mutual_by_id m(mode);
    const context client = make_client(m.client);
    const session kept = make_session(client, make_server(m.server));
    const auto resumes_in = [&](const server_settings& other) {
      return resumes(make_server(other), hello_with(client, kept));
    };
    CHECK(resumes_in(m.server));
    server_settings other = m.server;
    other.trust = trust(pki::other_root);
    CHECK_FALSE(resumes_in(other));
    error_info info;
    REQUIRE(other.trust.add(as_bytes(pki::root), info) == errc::success);
    CHECK_FALSE(resumes_in(other));
    other = m.server;
    other.verify = mode == verify_mode::optional ? verify_mode::required : verify_mode::optional;
    CHECK_FALSE(resumes_in(other));
    other = m.server;
    other.verify = verify_mode::none;
    other.trust = trust_store::none();
    CHECK_FALSE(resumes_in(other));
    other = m.server;
    other.pins = {key_pin(client_identity().chain().front())};
    CHECK_FALSE(resumes_in(other));
    other = m.server;
    other.identities = {rsa_identity()};
    other.cipher_suites = {};
    CHECK_FALSE(resumes(make_server(other), hello_with(client, kept)));
    CHECK(resumes_in(m.server));
  }
}

TEST_CASE("session ids: a verified client's chain is there after resumption, and callbacks are not asked again") {
  if (lacks<default_backend>(capability::session_ids)) return;
  for (const verify_mode mode : {verify_mode::optional, verify_mode::required}) {
    for (const bool presents : {true, false}) {
      if (!presents && mode == verify_mode::required) continue;
      CAPTURE(presents);
      mutual_by_id m(mode);
      if (!presents) m.client.identities.clear();
      int asked = 0;
      m.server.on_verify = [&](const verify_context&) { return ++asked > 0; };
      m.client.sessions = std::make_shared<session_cache>();
      const context client = make_client(m.client), server = make_server(m.server);
      check_client_comes_back(client, server, presents, asked);
      // What another callback would say is known to nobody.
      m.server.on_verify = [](const verify_context&) { return true; };
      CHECK_FALSE(meets_again(client, make_server(m.server)));
    }
  }
}

TEST_CASE("session ids: of a client whose chain is very long nothing is remembered") {
  if (lacks<default_backend>(capability::session_ids) || lacks<default_backend>(capability::long_chain)) return;
  mutual_by_id m;
  std::string chain(pki::client_chain);
  for (int i = 0; i < 14; ++i) chain += pki::server_rsa;
  m.client.identities = {make_identity(chain, pki::client_key)};
  m.server.limit.max_chain_length = 20;
  const context client = make_client(m.client), server = make_server(m.server);
  const session kept = make_session(client, server);
  CHECK(m.memory->size() == 0);
  CHECK_FALSE(meets_again(client, server, with_session(kept)));
}

TEST_CASE("session ids: a client's certificate that has expired or was revoked meanwhile is not resumed") {
  if (lacks<default_backend>(capability::session_ids)) return;
  mutual_by_id m;
  auto now = std::make_shared<unix_time>(system_now());
  m.server.clock = [now] { return *now; };
  const context client = make_client(m.client), server = make_server(m.server);
  const session kept = make_session(client, server);
  CHECK(meets_again(client, server, with_session(kept)));
  *now = client_identity().chain().front().not_after() + 1;
  connection late(client, server, with_session(kept));
  late.run();
  CHECK(late.server.handshake_error == errc::certificate_expired);
  CHECK_FALSE(late.server.engine.resumed());

  mutual_by_id r;
  r.server.revocation = {revocation_mode::leaf, true};
  const session clean = make_session(client, make_server(r.server));
  error_info info;
  REQUIRE(r.server.trust.add_crl_file(PLUGTLS_TEST_DATA "/crl/intermediate_lists_leaves.pem", info) == errc::success);
  connection revoked(client, make_server(r.server), with_session(clean));
  revoked.run();
  CHECK(revoked.server.handshake_error == errc::revoked);
}

TEST_CASE("session ids: who shows an id without its secret gets nowhere, and the session is over") {
  if (lacks<default_backend>(capability::session_ids)) return;
  mutual_by_id m;
  const context client = make_client(m.client), server = make_server(m.server);
  const session kept = make_session(client, server);
  endpoint<engine> tricked = fed(server, hello_with(client, kept));
  REQUIRE(resumes(tricked));
  CHECK(m.memory->size() == 1);
  const std::string end = std::string("\x14\x03\x03\0\x01\x01", 6) + "\x16\x03\x03" + vector16(pattern(40));
  REQUIRE(tricked.port.feed(as_bytes(end)));
  tricked.step();
  CHECK_FALSE(tricked.up());
  CHECK(tricked.handshake_error != errc::success);
  CHECK(tricked.engine.peer_chain().empty());
  CHECK(m.memory->size() == 0);
  CHECK_FALSE(meets_again(client, server, with_session(kept)));
}

TEST_CASE("session ids: a fatal alert ends a session, the end of a connection does not") {
  if (lacks<default_backend>(capability::session_ids)) return;
  by_id s;
  const context client = make_client(s.client), server = make_server(s.server);
  const auto meet = [&](const session& known) {
    open_connection c(client, server, known.empty() ? peer_options(server_name) : with_session(known));
    c.connect();
    CHECK(c.server.engine.resumed() == !known.empty());
    return c;
  };
  const session kept = make_session(client, server);
  open_connection cut_off = meet(kept);
  cut(cut_off.client, cut_off.server);
  cut_off.server.step();
  CHECK(cut_off.server.read_error == errc::truncated);
  CHECK(s.memory->size() == 1);
  open_connection c = meet(kept);
  // What arrives was not encrypted by the peer: our alert.
  c.client_says("\x17\x03\x03" + vector16(pattern(40)));
  CHECK(c.server.read_error == errc::bad_record);
  CHECK(s.memory->size() == 0);
  CHECK_FALSE(meets_again(client, server, with_session(kept)));

  // The peer's.
  s.memory->clear();
  const session again = make_session(client, server);
  open_connection d = meet(again);
  REQUIRE(d.client.port.feed(as_bytes("\x17\x03\x03" + vector16(pattern(40)))));
  d.run();
  CHECK(d.client.read_error == errc::bad_record);
  CHECK(d.server.read_error == errc::alert_received);
  CHECK(s.memory->size() == 0);

  // A handshake that fails is none to remember.
  by_id refused;
  client_settings strict = refused.client;
  strict.trust = trust(pki::other_root);
  connection e(make_client(strict), make_server(refused.server));
  e.run();
  CHECK_FALSE(e.server.up());
  CHECK(refused.memory->size() == 0);
}

TEST_CASE("session ids: each of several identities has sessions of its own") {
  if (lacks<default_backend>(capability::session_ids)) return;
  by_id s;
  s.server.identities = {server_identity(), rsa_identity()};
  const context server = make_server(s.server);
  const auto only = [&](cipher_suite suite) {
    client_settings c = s.client;
    c.sessions = std::make_shared<session_cache>();
    c.cipher_suites = {suite};
    return make_client(c);
  };
  const context ecdsa = only(cipher_suite::ecdhe_ecdsa_with_aes_128_gcm_sha256);
  const context rsa = only(cipher_suite::ecdhe_rsa_with_aes_128_gcm_sha256);
  for (int i = 0; i < 3; ++i) {
    CHECK(meets_again(ecdsa, server) == (i != 0));
    CHECK(meets_again(rsa, server) == (i != 0));
  }
  CHECK(s.memory->size() == 2);
}
