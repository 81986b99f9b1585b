// SPDX-License-Identifier: BSL-1.0
#include <plugtls/handshake_trace.hpp>
#include <plugtls/trace_json.hpp>

#include "conformance.hpp"

using namespace plugtls;
using namespace plugtls_test;

namespace {

// "> client_hello < server_hello ...": messages in the clear, alerts, and encrypted records as "*".
std::string story(const handshake_trace& trace) {
  std::string out;
  for (const trace_event& e : trace.events()) {
    std::string what;
    if (e.what == trace_event::kind::message) what = e.is_retry ? "hello_retry_request" : handshake_type_name(e.type);
    if (e.what == trace_event::kind::alert) what = "alert";
    if (e.what == trace_event::kind::record && e.is_encrypted) what = "*";
    if (what.empty() || (what == "*" && out.ends_with(e.is_sent ? " > *" : " < *"))) continue;
    out += (e.is_sent ? " > " : " < ") + what;
  }
  return out;
}

}  // namespace

TEST_CASE("trace: the messages of a handshake, the same on every backend") {
  for (const tls_version v : versions()) {
    for (const std::size_t cap : {std::size_t{1}, std::size_t{1} << 20}) {
      handshake_trace client, server;
      connection c(with_version(client_defaults(), v));
      c.client.engine.tap(&client);
      c.server.engine.tap(&server);
      c.client.outgoing = c.server.outgoing = pattern(1000);
      c.run(cap);
      REQUIRE(c.client.up());
      const std::string seen = story(client);
      if (v == tls_version::tls1_2)
        CHECK(seen ==
              " > client_hello < server_hello < certificate < server_key_exchange < server_hello_done"
              " > client_key_exchange > * < *");
      else
        CHECK(seen == " > client_hello < server_hello < * > *");
      std::string mirrored = story(server);
      for (char& direction : mirrored)
        if (direction == '<' || direction == '>') direction = direction == '<' ? '>' : '<';
      if (v == tls_version::tls1_2) CHECK(mirrored == seen);
      CHECK(client.dropped() == 0);
      std::chrono::microseconds last{0};
      std::size_t sizes[2] = {};
      for (const trace_event& e : client.events()) {
        CHECK(e.at >= last);
        last = e.at;
        if (e.what == trace_event::kind::record) sizes[e.is_sent] += e.size + 5;
      }
      CHECK(client.duration() >= last);
      const connection_statistics s = c.client.engine.statistics();
      CHECK(sizes[1] == s.handshake_bytes_written);
      CHECK(sizes[0] == s.handshake_bytes_read);
    }
  }
}

TEST_CASE("trace: a group that the server does not have is asked for anew") {
  if constexpr (has_1_3) {
    handshake_trace trace;
    client_settings c = with_version(client_defaults(), tls_version::tls1_3);
    server_settings s = server_defaults();
    c.groups = {named_group::x25519, named_group::secp384r1};
    s.groups = {named_group::secp384r1};
    connection k(c, s);
    k.client.engine.tap(&trace);
    k.connect();
    CHECK(story(trace).starts_with(" > client_hello < hello_retry_request"));
    CHECK(story(trace).find(" > client_hello < server_hello < *") != std::string::npos);
  }
}

TEST_CASE("trace: JSON tells what was agreed on, the chain, and why a handshake failed") {
  for (const tls_version v : versions()) {
    for (const bool refused : {false, true}) {
      handshake_trace trace;
      client_settings settings = with_version(client_defaults(), v);
      settings.alpn = {"h\"2"};
      server_settings own = server_defaults();
      own.alpn = {"h\"2"};
      connection c(settings, own, refused ? "wrong.test" : server_name);
      c.client.engine.tap(&trace);
      c.run();
      CHECK(c.client.up() != refused);
      const std::string json = to_json(trace, c.client.engine);
      const auto has = [&](std::string_view part) { return json.find(part) != std::string::npos; };
      CAPTURE(json);
      CHECK(has("\"name\":\"client_hello\""));
      CHECK(has("\"subject\":\""));
      CHECK(has(c.client.engine.peer_chain().front().sha256_hex()));
      CHECK(has(refused ? "\"error\":\"hostname_mismatch\"" : "\"error\":null"));
      CHECK(has("\"version\":{\"number\":" + std::to_string(static_cast<unsigned>(v))) != refused);
      CHECK(has("\"alpn\":\"h\\\"2\"") != refused);
      CHECK(has("\"alert_sent\":{\"number\":") == refused);
    }
  }
}

TEST_CASE("statistics: bytes and records of both ends, also after the end") {
  for (const tls_version v : versions()) {
    connection c(with_version(client_defaults(), v));
    c.client.outgoing = pattern(100000);
    c.server.outgoing = pattern(10);
    c.client.shuts_down = c.server.shuts_down = true;
    c.run();
    const connection_statistics client = c.client.engine.statistics(), server = c.server.engine.statistics();
    CHECK(client.bytes_written == 100000);
    CHECK(client.records_written == 7);
    CHECK(client.bytes_read == 10);
    CHECK(server.bytes_read == 100000);
    CHECK(server.bytes_written == 10);
    CHECK(server.records_written == 1);
    CHECK(client.ciphertext_written == c.client.tap.size());
    CHECK(server.ciphertext_written == c.server.tap.size());
    CHECK(client.ciphertext_read == server.ciphertext_written);
    CHECK(server.ciphertext_read == client.ciphertext_written);
    CHECK(client.ciphertext_written > 100000 + client.handshake_bytes_written);
    CHECK(client.handshake_bytes_read != 0);
    CHECK_FALSE(client.resumed);
  }
  CHECK(engine().statistics().bytes_read == 0);
}
