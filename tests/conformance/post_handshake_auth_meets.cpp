// SPDX-License-Identifier: BSL-1.0
#include <plugtls/any.hpp>
#include <plugtls/duplex_stream.hpp>
#include <plugtls/pending_signature.hpp>

#include <memory>
#include <thread>

#include "post_handshake_auth.hpp"
#include "sessions.hpp"
#include "support/openssl_signer.hpp"
#include "transports.hpp"

// Where authentication after the handshake meets what else there is.

using namespace plugtls;
using namespace plugtls_test;
using namespace plugtls_test::later_tests;

TEST_CASE("post-handshake authentication: tickets are those of the peer whom the server knew when it sent them") {
  if (lacks<default_backend>(capability::post_handshake_auth)) return;
  if (lacks<default_backend>(capability::client_auth_resumption)) return;
  for (const verify_mode first : {verify_mode::none, verify_mode::optional}) {
    CAPTURE(static_cast<int>(first));
    client_settings cs = answers_later();
    cs.sessions = std::make_shared<session_cache>(0);
    server_settings ss = asks_later(first);
    ss.tickets = std::make_shared<ticket_keys>();
    const context client = make_client(cs), server = make_server(ss);
    const std::size_t known = first == verify_mode::none ? 0 : 2;

    connection c(client, server);
    talk(c);
    const session before = c.client.engine.session();
    REQUIRE_FALSE(before.empty());
    REQUIRE(ask(c) == errc::success);
    const session during = c.client.engine.session();
    c.run();
    check_peer(c, 2);
    const session after = c.client.engine.session();
    REQUIRE_FALSE(after.empty());

    const auto peers = [&](const session& offered, std::size_t expected) {
      connection again(client, server, with_session(offered));
      talk(again);
      CHECK(again.server.engine.resumed());
      check_peer(again, expected);
      CHECK_FALSE(again.server.engine.client_certificate_pending());
      // Whoever resumes may be asked as everybody else.
      REQUIRE(ask(again) == errc::success);
      again.run();
      check_peer(again, 2);
      CHECK(again.server.engine.resumed());
      connection third(client, server, with_session(again.client.engine.session()));
      talk(third);
      CHECK(third.server.engine.resumed());
      check_peer(third, 2);
    };
    peers(before, known);
    peers(during, known);
    peers(after, 2);
    // Neither opens on a server of another policy.
    for (server_settings other : {ss, ss, ss}) {
      static int turn = 0;
      if (turn % 3 == 0) other.post_handshake_auth = false;
      if (turn % 3 == 1) other.verify = verify_mode::required;
      if (turn % 3 == 2) other.pins = {key_pin(client_identity().chain().front())};
      if (turn++ % 3 == 0 && first == verify_mode::none) other.trust = trust_store::none();
      CHECK_FALSE(meets_again(client, make_server(other), with_session(after)));
    }
  }
}

TEST_CASE("post-handshake authentication: clients of TLS 1.2, and those that cannot be asked, resume as ever") {
  if (lacks<default_backend>(capability::post_handshake_auth)) return;
  if (lacks<default_backend>(capability::client_auth_resumption)) return;
  for (const tls_version v : versions()) {
    CAPTURE(name(v));
    client_settings cs = with_version(client_defaults(), v);
    cs.identities = {client_identity()};
    cs.sessions = std::make_shared<session_cache>();
    server_settings ss = asks_later();
    ss.tickets = std::make_shared<ticket_keys>();
    const context client = make_client(cs), server = make_server(ss);
    for (int i = 0; i < 3; ++i) {
      connection c(client, server);
      talk(c);
      CHECK(c.server.engine.resumed() == (i != 0));
      check_peer(c, 0);
      CHECK(ask(c) == errc::unsupported);
    }
  }
}

TEST_CASE("post-handshake authentication: a client's certificate that has expired meanwhile is not resumed") {
  if (lacks<default_backend>(capability::post_handshake_auth)) return;
  if (lacks<default_backend>(capability::client_auth_resumption)) return;
  client_settings cs = answers_later();
  cs.sessions = std::make_shared<session_cache>(0);
  cs.insecure_no_verification = true;
  cs.trust = trust_store::none();
  server_settings ss = asks_later();
  ss.tickets = std::make_shared<ticket_keys>();
  auto now = std::make_shared<unix_time>(system_now());
  ss.clock = [now] { return *now; };
  const context client = make_client(cs), server = make_server(ss);
  connection c(client, server);
  talk(c);
  const session before = c.client.engine.session();
  REQUIRE(ask(c) == errc::success);
  c.run();
  const session after = c.client.engine.session();
  CHECK(meets_again(client, server, with_session(after)));
  *now = client_identity().chain().front().not_after() + 1;
  CHECK_FALSE(meets_again(client, server, with_session(after)));
  CHECK(meets_again(client, server, with_session(before)));
}

TEST_CASE("post-handshake authentication: a client with no certificate gives up the one that it was known by") {
  if (lacks<default_backend>(capability::post_handshake_auth)) return;
  client_settings s = answers_later();
  s.identities.clear();
  server_settings ss = asks_later();
  s.sessions = std::make_shared<session_cache>(0);
  ss.tickets = std::make_shared<ticket_keys>();
  const context server = make_server(ss), client = make_client(s);
  connection c(client, server);
  talk(c);
  REQUIRE(ask(c, verify_mode::optional) == errc::success);
  c.run();
  CHECK_FALSE(c.server.engine.client_certificate_pending());
  check_peer(c, 0);
  connection again(client, server, with_session(c.client.engine.session()));
  talk(again);
  CHECK(again.server.engine.resumed());
  check_peer(again, 0);
  REQUIRE(ask(again) == errc::success);
  again.run();
  CHECK(again.server.read_error == errc::certificate_required);
}

TEST_CASE("post-handshake authentication: key updates in between, exports and bindings are what they were") {
  if (lacks<default_backend>(capability::post_handshake_auth)) return;
  connection c(answers_later(), asks_later());
  c.connect();
  const auto exported = [&](endpoint<engine>& e) {
    byte_vector out(32);
    error_info info;
    e.engine.export_keying_material({"EXPORTER-plugtls", {}}, out, info);
    for (const auto type : {channel_binding_type::tls_exporter, channel_binding_type::tls_server_end_point}) {
      const byte_vector more = e.engine.channel_binding(type, info);
      out.insert(out.end(), more.begin(), more.end());
    }
    CHECK(info.code == errc::success);
    return out;
  };
  const byte_vector before = exported(c.server);
  for (int i = 0; i < 4; ++i) {
    CAPTURE(i);
    if (i % 2 == 0) REQUIRE(ask(c) == errc::success);
    c.server.engine.update_keys(c.server.port);
    c.client.engine.update_keys(c.client.port);
    if (i % 2 == 1) REQUIRE(ask(c) == errc::success);
    c.client.outgoing += pattern(20000, 1);
    c.server.outgoing += pattern(20000, 2);
    c.run(i < 2 ? 7 : 100000);
    check_peer(c, 2);
    CHECK(c.server.incoming == c.client.outgoing);
    CHECK(c.client.incoming == c.server.outgoing);
    CHECK(exported(c.server) == before);
    CHECK(exported(c.client) == before);
  }
}

TEST_CASE("post-handshake authentication: a request waits where the transport is full, and is not repeated") {
  if (lacks<default_backend>(capability::post_handshake_auth)) return;
  for (const std::size_t room : {0U, 1U, 30U}) {
    CAPTURE(room);
    connection c(answers_later(), asks_later());
    c.connect();
    c.server.port.limit = room;
    CHECK(ask(c) == errc::success);
    CHECK(c.server.engine.has_output());
    CHECK(write(c.server, "data").status == engine_status::want_write);
    CHECK(c.server.engine.client_certificate_pending());
    c.server.port.limit = 100000;
    c.run();
    check_peer(c, 2);
    // And so does the answer.
    c.client.port.limit = room;
    CHECK(ask(c) == errc::success);
    carry(c.server, c.client);
    CHECK(read(c.client).status == engine_status::want_read);
    CHECK(c.client.engine.has_output());
    c.client.port.limit = 100000;
    c.run();
    CHECK_FALSE(c.server.engine.client_certificate_pending());
    check_alive(c);
  }
}

TEST_CASE("post-handshake authentication: writing takes the rest of an answer in") {
  if (lacks<default_backend>(capability::post_handshake_auth)) return;
  connection c(answers_later(), asks_later());
  c.connect();
  REQUIRE(ask(c) == errc::success);
  carry(c.server, c.client);
  read(c.client);
  carry(c.client, c.server, c.client.port.output().size() - 10);  // all but the end of Finished
  CHECK(read(c.server).status == engine_status::want_read);
  error_info why;
  CHECK(c.server.engine.update_keys(c.server.port).status == engine_status::want_read);
  CHECK(write(c.server, "data").status == engine_status::want_read);
  CHECK(c.server.engine.peer_chain().empty());
  carry(c.client, c.server);
  CHECK(write(c.server, "data").status == engine_status::done);
  check_peer(c, 2);
  CHECK_FALSE(c.server.engine.client_certificate_pending());
  std::string got;
  carry(c.server, c.client);
  CHECK(read(c.client, &got).status == engine_status::done);
  CHECK(got == "data");
}

TEST_CASE("post-handshake authentication: clients with a PSK, servers with several identities, names of authorities") {
  if (lacks<default_backend>(capability::post_handshake_auth)) return;
  server_settings s = asks_later();
  s.identities.push_back(rsa_identity());
  if (has<default_backend, capability::client_ca_names_tls1_3>) s.client_ca_names = true;
  connection c(answers_later(), s);
  c.connect();
  REQUIRE(ask(c) == errc::success);
  c.run();
  check_peer(c, 2);

  if (!has<default_backend, capability::external_psk_tls1_3>) return;
  const external_psk psk{"somebody", secret("0123456789abcdef0123456789abcdef")};
  client_settings cs = answers_later();
  cs.psk = psk;
  s = asks_later();
  s.psks = {psk};
  connection keyed(cs, s);
  keyed.connect();
  CHECK(keyed.server.engine.psk_identity() == "somebody");
  REQUIRE(ask(keyed) == errc::success);
  keyed.run();
  check_peer(keyed, 2);
  CHECK(keyed.server.engine.psk_identity() == "somebody");
  check_alive(keyed);
  s.identities.clear();
  CHECK(refusal(s) == errc::invalid_argument);
}

TEST_CASE("post-handshake authentication: a signer makes the client's signature, at once") {
  if (lacks<default_backend>(capability::post_handshake_auth)) return;
  if (!has<default_backend, capability::external_ec_key>) return;
  const auto signed_by = [](signer how) {
    error_info info;
    return answers_later(identity::from_signer(as_bytes(pki::client_chain), std::move(how), info));
  };
  connection c(signed_by({.sign = openssl_signer("client")}), asks_later());
  c.connect();
  REQUIRE(ask(c) == errc::success);
  c.run();
  check_peer(c, 2);
  check_alive(c);

  const auto fails = [](const signing_request&, byte_vector&, error_info& info) {
    return info.set(errc::io_error, "the token is gone");
  };
  connection broken(signed_by({.sign = fails}), asks_later());
  broken.connect();
  REQUIRE(ask(broken) == errc::success);
  broken.run();
  CHECK(broken.client.read_error == errc::signing_failed);
  CHECK(broken.client.engine.error().detail.find("the token is gone") != std::string::npos);
  CHECK(broken.server.read_error == errc::alert_received);
  CHECK(broken.server.engine.peer_chain().empty());

  signer late{.sign = fails};
  late.wait = wait_for_signature([](int) {});
  CHECK(refusal(signed_by(late)) ==
        (has<default_backend, capability::pending_signature> ? errc::invalid_argument : errc::unsupported));
}

TEST_CASE("post-handshake authentication: streams in two threads, blocking, by turns and at once") {
  if (lacks<default_backend>(capability::post_handshake_auth)) return;
  for (const hardship h : hardships) {
    CAPTURE(h.cap, h.blocks);
    auto ends = make_memory_pipe();
    make_hard(ends.first, h);
    make_hard(ends.second, h);
    std::thread other([end = std::move(ends.first), ctx = make_client(answers_later())]() mutable {
      stream client{ctx, std::move(end), server_name};
      std::error_code ec;
      client.write("GET /private", ec);
      char block[8];
      client.read(block, ec);
      client.shutdown(ec);
    });
    stream server{make_server(asks_later()), std::move(ends.second)};
    std::error_code ec;
    char block[12];
    CHECK(server.read(block, ec) == 12);
    server.request_client_certificate(verify_mode::required, ec);
    CHECK_FALSE(ec);
    CHECK(server.client_certificate_pending());
    server.await_client_certificate(ec);
    CHECK_FALSE(ec);
    CHECK_FALSE(server.client_certificate_pending());
    REQUIRE(server.peer_certificate() != nullptr);
    CHECK(*server.peer_certificate() == client_identity().chain().front());
    server.request_client_certificate(verify_mode::none, ec);
    CHECK(ec == errc::invalid_argument);
    CHECK_FALSE(server.error().detail.empty());
    CHECK(server.write("welcome!", ec) == 8);
    server.shutdown(ec);
    CHECK_FALSE(ec);
    other.join();
  }
}

TEST_CASE("post-handshake authentication: a duplex stream asks while it reads and writes") {
  if (lacks<default_backend>(capability::post_handshake_auth)) return;
  const std::string up = pattern(300000, 1), down = pattern(300000, 2);
  auto ends = make_memory_pipe(5000);
  duplex_stream client{make_client(answers_later()), std::move(ends.first), server_name};
  duplex_stream server{make_server(asks_later()), std::move(ends.second)};
  std::string got_up(up.size(), '\0'), got_down(down.size(), '\0');
  std::error_code a, b, c, d, asked;
  std::thread threads[] = {std::thread([&] { client.write(up, a); }), std::thread([&] { client.read(got_down, b); }),
                           std::thread([&] { server.read(got_up, c); })};
  for (int i = 0; i < 3 && !d && !asked; ++i) {
    server.write(std::string_view(down).substr(static_cast<std::size_t>(i) * 100000, 100000), d);
    if (i == 0) server.request_client_certificate(verify_mode::required, asked);
  }
  CHECK_FALSE(asked);
  for (std::thread& t : threads) t.join();
  for (const std::error_code& ec : {a, b, c, d}) CHECK_FALSE(ec);
  CHECK(got_up == up);
  CHECK(got_down == down);
  server.request_client_certificate(verify_mode::none, asked);
  CHECK(asked == errc::invalid_argument);
  CHECK_FALSE(server.write_error().detail.empty());
  CHECK(server.with_engine([](engine& e) { return e.client_certificate_pending() || e.peer_chain().size() == 2; }));
}

TEST_CASE("post-handshake authentication: engines whose backend is chosen at run time") {
  if (lacks<default_backend>(capability::post_handshake_auth)) return;
  endpoint<any_engine> client(any_engine(any_context(make_client(answers_later())), server_name));
  endpoint<any_engine> server{any_engine(any_context(make_server(asks_later())))};
  REQUIRE(pump(client, server));
  REQUIRE(server.engine.request_client_certificate(server.port).status == engine_status::done);
  CHECK(server.engine.client_certificate_pending());
  REQUIRE(pump(client, server));
  CHECK(server.engine.await_client_certificate(server.port).status == engine_status::done);
  CHECK(server.engine.peer_chain().size() == 2);
  error_info why;
  CHECK(client.engine.request_client_certificate(client.port, verify_mode::required, why).error ==
        errc::invalid_argument);
  CHECK_FALSE(why.detail.empty());
  any_engine empty;
  CHECK(empty.request_client_certificate(server.port).error == errc::invalid_argument);
  CHECK(empty.await_client_certificate(server.port).error == errc::invalid_argument);
}

TEST_CASE("post-handshake authentication: a server that may ask later takes no early data") {
  if (lacks<default_backend>(capability::post_handshake_auth)) return;
  if (lacks<default_backend>(capability::early_data)) return;
  server_settings s = asks_later(verify_mode::none);
  s.tickets = std::make_shared<ticket_keys>();
  CHECK(make_server(s));
  s.replayable_early_data = 1024;
  CHECK(refusal(s) == errc::invalid_argument);
}
