// SPDX-License-Identifier: BSL-1.0
#include "plugtls/session_cache.hpp"
#include "plugtls/ticket_keys.hpp"
#include "support/any_pair.hpp"

using namespace plugtls;
using namespace plugtls_test;

TEST_CASE("early data: who has it resumes with everybody, and sends it where both have it") {
  for_each_pair([](const backend_entry& a, const backend_entry& b) {
    const capability needed = capability::early_data;
    if (!a.capabilities.has(capability::tls1_3) || !b.capabilities.has(capability::tls1_3)) return;
    if (!a.capabilities.has(needed) && !b.capabilities.has(needed)) return;
    const bool both = a.capabilities.has(needed) && b.capabilities.has(needed);
    client_settings c = with_version(client_defaults(), tls_version::tls1_3);
    c.sessions = std::make_shared<session_cache>();
    c.replayable_early_data = a.capabilities.has(needed);
    server_settings s = with_version(server_defaults(), tls_version::tls1_3);
    s.tickets = std::make_shared<ticket_keys>();
    s.replayable_early_data = b.capabilities.has(needed) ? 1000 : 0;
    const any_context client = make_client(a, c), server = make_server(b, s);
    for (int i = 0; i < 3; ++i) {
      CAPTURE(i);
      any_pair p(client, server);
      const std::size_t room = both && i != 0 ? 1000 : 0;
      CHECK(p.client.engine.early_data_room() == room);
      const std::string_view text = "early";
      const engine_result w =
          p.client.engine.write_replayable_early_data(p.client.port, as_bytes(text).data(), text.size());
      CHECK(w.bytes == (room == 0 ? 0 : text.size()));
      CHECK(w.error == (c.replayable_early_data ? errc::success : errc::invalid_argument));
      p.client.engine.flush(p.client.port);
      carry(p.client, p.server);
      std::byte block[100];
      const engine_result r = p.server.engine.read_replayable_early_data(p.server.port, block, sizeof block);
      CHECK(r.bytes == w.bytes);
      CHECK(r.error == errc::success);
      p.client.outgoing = "later";
      p.server.outgoing = "answer";
      p.run();
      INFO(p.describe());
      REQUIRE(p.up());
      CHECK(p.client.engine.resumed() == (i != 0));
      CHECK(p.client.engine.early_data() == (room == 0 ? early_data_status::not_offered : early_data_status::accepted));
      CHECK(p.client.incoming == "answer");
      CHECK(p.server.incoming == "later");
      CHECK(p.client.read_error == errc::success);
    }
  });
}
