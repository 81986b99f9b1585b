// SPDX-License-Identifier: BSL-1.0
#include "native/ticket_giver.hpp"
#include "native/ticket_thief.hpp"
#include "plugtls/session_cache.hpp"
#include "support/any_pair.hpp"

using namespace plugtls;
using namespace plugtls_test;

// How long a ticket is, is the server's affair: one that holds the client's certificates takes some thousand bytes.

TEST_CASE("a ticket of any length is resumed, or the handshake is a full one") {
  for (const backend_entry& b : registered_backends()) {
    for (const tls_version v : versions_of(b)) {
      for (const std::size_t padding : {0U, 1000U, 1400U, 4000U, 11000U, 15800U, 17000U, 40000U}) {
        CAPTURE(b.name, name(v), padding);
        ticket_giver server(v, padding);
        client_settings s = with_version(client_defaults(), v);
        s.sessions = std::make_shared<session_cache>();
        const any_context context = make_client(b, s);
        for (int i = 0; i < 3; ++i) {
          server.accept();
          endpoint<any_engine> client(any_engine(context, server_name), std::size_t{1} << 18);
          for (int round = 0; round < 8; ++round) {
            client.step();
            const byte_view sent = client.port.output();
            const std::string answer = server.step(as_text(sent));
            client.port.consume_output(sent.size());
            REQUIRE(client.port.feed(as_bytes(answer)));
          }
          INFO(i << ": " << explain(client.engine.error()));
          const bool is_long = padding > 15000 && !b.capabilities.has(capability::large_handshake_message);
          if (is_long && client.engine.error()) continue;
          CHECK(client.up());
          CHECK(server.up());
          if (i == 1 && padding <= 1000) CHECK(client.engine.resumed());
        }
      }
    }
  }
}

TEST_CASE("a ticket that nobody knows is passed over, or is too large for a server that cannot read it") {
  for (const backend_entry& b : registered_backends()) {
    if (!b.capabilities.has(capability::tls1_3)) continue;
    for (const std::size_t size : {300U, 1536U, 1537U, 9000U}) {
      CAPTURE(b.name, size);
      ticket_thief client({.version = tls_version::tls1_3, .shown_identity = std::string(size, 't')});
      endpoint<any_engine> server(any_engine(make_server(b, server_defaults())));
      for (int round = 0; round < 6; ++round) {
        const byte_view answer = server.port.output();
        const std::string sent = client.step(as_text(answer));
        server.port.consume_output(answer.size());
        REQUIRE(server.port.feed(as_bytes(sent)));
        server.step();
      }
      INFO(explain(server.engine.error()));
      CHECK(server.up() == client.up());
      if (!server.up()) {
        CHECK(size > 1536);
        CHECK(server.handshake_error == errc::handshake_too_large);
      }
    }
  }
}
