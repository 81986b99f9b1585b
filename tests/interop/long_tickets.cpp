// SPDX-License-Identifier: BSL-1.0
#include "native/ticket_giver.hpp"
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
