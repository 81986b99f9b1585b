// SPDX-License-Identifier: BSL-1.0
#include <stdexcept>

#include "client_hello.hpp"
#include "conformance.hpp"
#include "other_server.hpp"

using namespace plugtls;
using namespace plugtls_test;

namespace hello_callback {

server_settings answering(client_hello_callback callback) {
  server_settings s = server_defaults();
  s.names = {{"other.plugtls.test", {other_identity()}}, {"*.wild.plugtls.test", {rsa_identity()}}};
  s.on_client_hello = std::move(callback);
  return s;
}
client_settings with_alpn(tls_version v) {
  client_settings s = curious(v);
  s.alpn = {"h2", "http/1.1"};
  return s;
}
certificate presented(tls_version v, const server_settings& s) {
  connection c(with_alpn(v), s);
  c.connect();
  return c.client.engine.peer_chain().front();
}

TEST_CASE("on_client_hello: sees once what the client offers, as it stands on the wire") {
  for (const tls_version v : versions()) {
    CAPTURE(name(v));
    const plugtls_test::client_hello wire = hello_of(with_alpn(v));
    int calls = 0;
    const server_settings s = answering([&](const client_hello_view& hello) {
      ++calls;
      CHECK(hello.server_name == server_name);
      CHECK(hello.versions == std::vector{v});
      CHECK(numbers(hello.cipher_suites) == wire.suites);
      CHECK(numbers(hello.groups) == wire.groups);
      CHECK(numbers(hello.signature_schemes) == wire.schemes);
      CHECK(hello.names_groups);
      CHECK(hello.alpn == std::vector<std::string_view>{"h2", "http/1.1"});
      return hello_answer();
    });
    connection c(with_alpn(v), s);
    c.run(7);
    CHECK(c.client.up());
    CHECK(calls == 1);
  }
}

TEST_CASE("on_client_hello: goes on by the table, serves as another name, or refuses") {
  for (const tls_version v : versions()) {
    CAPTURE(name(v));
    const auto with = [&](const hello_answer& a) { return answering([a](const client_hello_view&) { return a; }); };
    CHECK(presented(v, with({})) == leaf_of(server_identity()));
    CHECK(presented(v, with(hello_answer::serve_as("Other.plugtls.test"))) == leaf_of(other_identity()));
    CHECK(presented(v, with(hello_answer::serve_as("any.wild.plugtls.test"))) == leaf_of(rsa_identity()));
    CHECK(presented(v, with(hello_answer::serve_as(""))) == leaf_of(server_identity()));
    connection refused(with_alpn(v), with(hello_answer::refuse()));
    refused.run();
    CHECK(refused.server.handshake_error == errc::unrecognized_name);
    CHECK(refused.client.handshake_error == errc::unrecognized_name);
    connection nowhere(with_alpn(v), with(hello_answer::serve_as("elsewhere.test")));
    nowhere.run();
    CHECK(nowhere.server.handshake_error == errc::invalid_argument);
    CHECK(nowhere.server.engine.error().detail.find("elsewhere.test") != std::string::npos);
    CHECK(nowhere.client.engine.error().alert_received == alert::internal_error);
  }
}

TEST_CASE("on_client_hello: works for a server with one identity, and goes before unknown_name") {
  for (const tls_version v : versions()) {
    server_settings one = server_defaults();
    bool refuses = false;
    one.on_client_hello = [&](const client_hello_view&) { return refuses ? hello_answer::refuse() : hello_answer(); };
    CHECK(presented(v, one) == leaf_of(server_identity()));
    refuses = true;
    connection c(with_alpn(v), one);
    c.run();
    CHECK(c.client.handshake_error == errc::unrecognized_name);

    server_settings strict = answering([](const client_hello_view&) { return hello_answer::serve_as(""); });
    strict.unknown_name = unknown_name_policy::refuse;
    CHECK(presented(v, strict) == leaf_of(server_identity()));
    strict.on_client_hello = [](const client_hello_view&) { return hello_answer(); };
    connection unknown(with_alpn(v), strict);
    unknown.run();
    CHECK(unknown.server.handshake_error == errc::unrecognized_name);
  }
}

TEST_CASE("on_client_hello: an exception fails the handshake and comes out of the stream") {
  for (const tls_version v : versions()) {
    const server_settings s =
        answering([](const client_hello_view&) -> hello_answer { throw std::domain_error("the table burns"); });
    auto ends = make_memory_pipe();
    stream<memory_pipe, default_backend> client(make_client(with_alpn(v)), std::move(ends.first), server_name);
    stream<memory_pipe, default_backend> server(make_server(s), std::move(ends.second));
    client.non_blocking(true);
    server.non_blocking(true);
    std::error_code ec;
    client.handshake(ec);
    CHECK(ec == errc::would_block);
    CHECK_THROWS_AS(server.handshake(), std::domain_error);
    server.handshake(ec);
    CHECK(ec == errc::unrecognized_name);
    server.flush(ec);
    client.handshake(ec);
    CHECK(ec == errc::alert_received);
    CHECK(client.error().alert_received == alert::internal_error);
  }
}

}  // namespace hello_callback
