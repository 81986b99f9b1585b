// SPDX-License-Identifier: BSL-1.0
#include "post_handshake_auth.hpp"

using namespace plugtls;
using namespace plugtls_test;
using namespace plugtls_test::later_tests;

TEST_CASE("rule 12: post_handshake_auth") {
  if (authenticates_later) {
    connection c(answers_later(), asks_later());
    c.connect();
    check_peer(c, 0);
    CHECK_FALSE(c.server.engine.client_certificate_pending());
    REQUIRE(ask(c) == errc::success);
    CHECK(c.server.engine.client_certificate_pending());
    c.run();
    CHECK_FALSE(c.server.engine.client_certificate_pending());
    check_peer(c, 2);
    check_alive(c);
    REQUIRE(c.server.engine.peer_chain().size() == 2);
    CHECK(c.server.engine.peer_chain().front() == client_identity().chain().front());
    return;
  }
  CHECK(refusal(answers_later()) == errc::unsupported);
  for (const verify_mode mode : {verify_mode::none, verify_mode::optional, verify_mode::required})
    CHECK(refusal(asks_later(mode)) == errc::unsupported);
  connection c;
  CHECK(ask(c) == errc::invalid_argument);
  c.connect();
  const std::size_t sent = c.server.tap.size();
  CHECK(ask(c) == errc::invalid_argument);
  c.run();
  CHECK(c.server.tap.size() == sent);
  check_alive(c);
}

TEST_CASE("post-handshake authentication: every client and every mode, judged as in a handshake") {
  if (lacks<default_backend>(capability::post_handshake_auth)) return;
  const struct {
    const char* what;
    std::string_view chain, key;
    errc verdict;
    alert sent;
  } clients[] = {
      {"none", {}, {}, errc::certificate_required, alert::certificate_required},
      {"good", pki::client_chain, pki::client_key, errc::success, alert::close_notify},
      {"RSA", pki::client_rsa_chain, pki::client_rsa_key, errc::success, alert::close_notify},
      {"foreign", pki::foreign_client_chain, pki::foreign_client_key, errc::unknown_issuer, alert::unknown_ca},
      {"expired", pki::expired_client_chain, pki::expired_client_key, errc::certificate_expired,
       alert::certificate_expired},
      {"a server's", pki::server_rsa_chain, pki::server_rsa_key, errc::invalid_purpose, alert::unsupported_certificate},
      {"self-signed", pki::self_signed_chain, pki::self_signed_key, errc::self_signed, alert::unknown_ca},
  };
  for (const auto& p : clients)
    for (const verify_mode mode : {verify_mode::optional, verify_mode::required})
      for (const std::size_t cap : {1U, 100000U}) {
        CAPTURE(p.what, static_cast<int>(mode), cap);
        client_settings s = answers_later();
        s.identities.clear();
        if (!p.chain.empty()) s.identities = {make_identity(p.chain, p.key)};
        connection c(s, asks_later());
        c.connect();
        CHECK(c.server.engine.peer_chain().empty());
        REQUIRE(ask(c, mode) == errc::success);
        c.run(cap);
        const bool is_none = p.chain.empty() && mode == verify_mode::optional;
        if (is_none || p.verdict == errc::success) {
          CHECK_FALSE(c.server.engine.client_certificate_pending());
          check_peer(c, is_none ? 0 : 2);
          check_alive(c);
          continue;
        }
        CHECK(c.server.read_error == p.verdict);
        const error_info& why = c.server.engine.error();
        CHECK(why.code == p.verdict);
        CHECK(leading(why.problems) == p.verdict);
        CHECK_FALSE(why.problems.empty());
        CHECK(why.reasons.size() == (p.chain.empty() ? 0 : why.problems.size()));
        CHECK(why.alert_sent == p.sent);
        CHECK(c.client.read_error == errc::alert_received);
        CHECK(c.client.engine.error().alert_received == p.sent);
        CHECK(write(c.server, "no").error == p.verdict);
        CHECK(ask(c) == errc::invalid_argument);
      }
}

TEST_CASE("post-handshake authentication: what was asked for in the handshake, and what comes later") {
  if (lacks<default_backend>(capability::post_handshake_auth)) return;
  for (const verify_mode first : {verify_mode::none, verify_mode::optional, verify_mode::required}) {
    CAPTURE(static_cast<int>(first));
    CHECK(make_server(asks_later(first)).effective().verify == first);
    CHECK(make_server(asks_later(first)).effective().post_handshake_auth);
    connection c(answers_later(), asks_later(first));
    c.connect();
    check_peer(c, first == verify_mode::none ? 0 : 2);
    for (int i = 0; i < 3; ++i) {
      REQUIRE(ask(c) == errc::success);
      c.run();
      check_peer(c, 2);
    }
    check_alive(c);
    CHECK(ask(c, verify_mode::optional) == (first == verify_mode::required ? errc::invalid_argument : errc::success));
    CHECK(ask(c, verify_mode::none) == errc::invalid_argument);
    check_alive(c);
  }
}

TEST_CASE("post-handshake authentication: where it cannot be, nothing is sent, and the connection goes on") {
  if (lacks<default_backend>(capability::post_handshake_auth)) return;
  const auto refused = [](connection& c, errc expected) {
    c.connect();
    const std::size_t sent = c.server.tap.size();
    CHECK(ask(c) == expected);
    c.run();
    CHECK(c.server.tap.size() == sent);
    CHECK_FALSE(c.server.engine.client_certificate_pending());
    check_alive(c);
  };
  connection unwilling(client_defaults(), asks_later());
  refused(unwilling, errc::unsupported);
  connection old(with_version(client_defaults(), tls_version::tls1_2), asks_later());
  refused(old, errc::unsupported);
  client_settings both = answers_later();
  both.min_version = tls_version::tls1_2;
  connection old_server(both, server_defaults());
  refused(old_server, errc::invalid_argument);
  server_settings narrow = asks_later();
  narrow.max_version = tls_version::tls1_2;
  CHECK(refusal(narrow) == errc::invalid_argument);
  CHECK(refusal(with_version(answers_later(), tls_version::tls1_2)) == errc::invalid_argument);

  connection c(answers_later(), asks_later());
  CHECK(ask(c) == errc::invalid_argument);  // not established
  c.connect();
  error_info info;
  CHECK(c.client.engine.request_client_certificate(c.client.port, verify_mode::required, info).error ==
        errc::invalid_argument);
  CHECK(ask(c) == errc::success);
  const std::size_t sent = c.server.port.output().size();
  CHECK(ask(c) == errc::invalid_argument);  // one at a time
  CHECK(c.server.port.output().size() == sent);
  c.run();
  check_peer(c, 2);
  c.client.shuts_down = true;
  c.run();
  CHECK(ask(c) == errc::closed);

  engine empty;
  CHECK(empty.request_client_certificate(c.server.port).error == errc::invalid_argument);
  CHECK(empty.await_client_certificate(c.server.port).error == errc::invalid_argument);
  CHECK_FALSE(empty.client_certificate_pending());
}

TEST_CASE("post-handshake authentication: data before the answer is delivered, and is the old peer's") {
  if (lacks<default_backend>(capability::post_handshake_auth)) return;
  connection c(answers_later(), asks_later());
  c.connect();
  REQUIRE(ask(c) == errc::success);
  carry(c.server, c.client);
  write(c.client, "before ");
  write(c.client, "the answer");
  std::string got;
  CHECK(read(c.client).status == engine_status::want_read);  // answers
  write(c.client, "after");
  carry(c.client, c.server);
  for (int i = 0; i < 2; ++i) {
    CHECK(c.server.engine.await_client_certificate(c.server.port).status == engine_status::done);
    CHECK(c.server.engine.client_certificate_pending());
    CHECK(c.server.engine.pending() != 0);
    CHECK(read(c.server, &got).status == engine_status::done);
    CHECK(c.server.engine.client_certificate_pending());
    CHECK(c.server.engine.peer_chain().empty());
  }
  CHECK(got == "before the answer");
  CHECK(c.server.engine.await_client_certificate(c.server.port).status == engine_status::done);
  CHECK_FALSE(c.server.engine.client_certificate_pending());
  check_peer(c, 2);
  CHECK(read(c.server, &got).status == engine_status::done);
  CHECK(got == "before the answerafter");
  CHECK(c.server.engine.await_client_certificate(c.server.port).status == engine_status::done);
  check_alive(c);
}

TEST_CASE("post-handshake authentication: the peer is who it was until the last byte of the answer") {
  if (lacks<default_backend>(capability::post_handshake_auth)) return;
  connection c(answers_later(), asks_later());
  c.connect();
  REQUIRE(ask(c) == errc::success);
  carry(c.server, c.client);
  CHECK(read(c.client).status == engine_status::want_read);
  std::size_t left = c.client.port.output().size();
  REQUIRE(left > 500);
  while (left-- > 1) {
    REQUIRE(carry(c.client, c.server, 1) == 1);
    REQUIRE(c.server.engine.await_client_certificate(c.server.port).status == engine_status::want_read);
    REQUIRE(c.server.engine.client_certificate_pending());
    REQUIRE(c.server.engine.peer_chain().empty());
    REQUIRE(c.server.engine.verified_path().empty());
  }
  carry(c.client, c.server);
  CHECK(c.server.engine.await_client_certificate(c.server.port).status == engine_status::done);
  check_peer(c, 2);
  check_alive(c);
}

TEST_CASE("post-handshake authentication: a broken answer proves nothing") {
  if (lacks<default_backend>(capability::post_handshake_auth)) return;
  for (const std::size_t from_end : {1U, 60U, 200U, 600U}) {
    CAPTURE(from_end);
    connection c(answers_later(), asks_later());
    c.connect();
    REQUIRE(ask(c) == errc::success);
    carry(c.server, c.client);
    read(c.client);
    std::string flight(as_text(c.client.port.output()));
    REQUIRE(flight.size() > from_end);
    c.client.port.consume_output(flight.size());
    flight[flight.size() - from_end] = static_cast<char>(flight[flight.size() - from_end] ^ 1);
    REQUIRE(c.server.port.feed(as_bytes(flight)));
    const errc ended = read(c.server).error;
    INFO(explain(c.server.engine.error()));
    CHECK(ended == errc::bad_record);
    CHECK(c.server.engine.peer_chain().empty());
    CHECK(c.server.engine.verified_path().empty());
    CHECK(c.server.engine.error().alert_sent == alert::bad_record_mac);
  }
  connection gone(answers_later(), asks_later());
  gone.connect();
  REQUIRE(ask(gone) == errc::success);
  gone.server.port.ended = true;
  CHECK(gone.server.engine.await_client_certificate(gone.server.port).error == errc::truncated);
  CHECK(gone.server.engine.error().problems.empty());

  connection closed(answers_later(), asks_later());
  closed.connect();
  REQUIRE(ask(closed) == errc::success);
  closed.client.engine.shutdown(closed.client.port);
  carry(closed.client, closed.server);
  CHECK(closed.server.engine.await_client_certificate(closed.server.port).error == errc::closed);
  CHECK(closed.server.engine.await_client_certificate(closed.server.port).error == errc::closed);
  CHECK(closed.server.engine.peer_chain().empty());
}

TEST_CASE("post-handshake authentication: callbacks, clock, pins and CRLs of the context") {
  if (lacks<default_backend>(capability::post_handshake_auth)) return;
  const auto outcome_of = [](const server_settings& s, errc expected, identity id = client_identity()) {
    connection c(answers_later(std::move(id)), s);
    c.connect();
    CHECK(c.server.engine.peer_chain().empty());
    REQUIRE(ask(c) == errc::success);
    c.run();
    CHECK(c.server.read_error == expected);
    if (expected != errc::success) CHECK(leading(c.server.engine.error().problems) == expected);
    CHECK_FALSE(c.server.engine.peer_chain().empty());  // a refused one is told too, as in a handshake
  };
  int calls = 0;
  server_settings s = asks_later();
  s.on_verify = [&](const verify_context& seen) {
    CHECK(seen.chain.size() == 2);
    CHECK(seen.own == role::server);
    return ++calls != 2;
  };
  outcome_of(s, errc::success);
  outcome_of(s, errc::rejected_by_callback);
  CHECK(calls == 2);

  s = asks_later();
  s.insecure_override = [](const verify_context& seen) { return !seen.problems.empty(); };
  outcome_of(s, errc::success, make_identity(pki::foreign_client_chain, pki::foreign_client_key));

  s = asks_later();
  s.clock = [] { return unix_time{1}; };
  outcome_of(s, errc::certificate_not_yet_valid);
  s = asks_later();
  s.pins = {key_pin(server_identity().chain().front())};
  outcome_of(s, errc::pin_mismatch);
  s.pins.push_back(key_pin(client_identity().chain().front()));
  outcome_of(s, errc::success);
  s = asks_later();
  s.revocation = {revocation_mode::leaf, false};
  outcome_of(s, errc::revocation_unknown);
  s = asks_later();
  s.trust = trust_store::none();
  outcome_of(s, errc::unknown_issuer);
  s = asks_later();
  s.limit.max_chain_length = 1;
  connection c(answers_later(), s);
  c.connect();
  REQUIRE(ask(c) == errc::success);
  c.run();
  CHECK(c.server.read_error == errc::handshake_too_large);
}

TEST_CASE("post-handshake authentication: what a callback throws ends the connection, and comes out of the stream") {
  if (lacks<default_backend>(capability::post_handshake_auth)) return;
  if constexpr (plugtls::detail::has_exceptions) {
    struct surprise {};
    server_settings s = asks_later();
    s.on_verify = [](const verify_context&) -> bool { throw surprise(); };
    auto ends = make_memory_pipe();
    stream client{make_client(answers_later()), std::move(ends.first), server_name};
    stream server{make_server(s), std::move(ends.second)};
    client.non_blocking(true);
    server.non_blocking(true);
    std::error_code ec;
    for (int i = 0; i < 10; ++i) {
      client.handshake(ec);
      server.handshake(ec);
    }
    REQUIRE(server.established());
    server.request_client_certificate();
    char block[10];
    client.read_some(block, ec);
    CHECK(ec == errc::would_block);
    CHECK_THROWS_AS(server.await_client_certificate(), surprise);
    CHECK(server.error().code == errc::rejected_by_callback);
    client.read_some(block, ec);
    CHECK(ec == errc::alert_received);
  }
}
