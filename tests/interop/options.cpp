// SPDX-License-Identifier: BSL-1.0
#include "support/any_pair.hpp"

using namespace plugtls;
using namespace plugtls_test;

TEST_CASE("key updates pass between all backends, in both roles") {
  for_each_pair([](const backend_entry& a, const backend_entry& b) {
    if (!a.capabilities.has(capability::tls1_3) || !b.capabilities.has(capability::tls1_3)) return;
    for (const bool by_client : {true, false}) {
      CAPTURE(by_client);
      const backend_entry& asking = by_client ? a : b;
      const backend_entry& answering = by_client ? b : a;
      any_pair p(make_client(a, with_version(client_defaults(), tls_version::tls1_3)),
                 make_server(b, server_defaults()));
      p.run();
      REQUIRE(p.up());
      auto& end = by_client ? p.client : p.server;
      const bool can_ask = asking.capabilities.has(capability::request_key_update);
      const bool can_answer = answering.capabilities.has(capability::key_update);
      for (int i = 0; i < 5; ++i) {
        const engine_result r = end.engine.update_keys(end.port);
        CHECK(r.error == (can_ask ? errc::success : errc::unsupported));
        p.client.outgoing += pattern(20000, static_cast<unsigned>(i));
        p.server.outgoing += pattern(20000, static_cast<unsigned>(i));
        if (i != 2) p.run(i == 1 ? 1 : 100000);
        if (can_ask && !can_answer) break;
      }
      INFO(p.describe());
      if (can_ask && !can_answer) {
        CHECK((by_client ? p.server : p.client).read_error == errc::bad_record);
        continue;
      }
      CHECK(p.client.incoming == p.server.outgoing);
      CHECK(p.server.incoming == p.client.outgoing);
    }
  });
}
