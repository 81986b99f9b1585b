// SPDX-License-Identifier: BSL-1.0
#include "transports.hpp"

using namespace plugtls;
using namespace plugtls_test;

TEST_CASE("engines without I/O, both directions at once, over transports of every size") {
  for (const tls_version v : versions()) {
    for (const hardship h : hardships) {
      for (const std::size_t room : {std::size_t{1} << 20, h.cap}) {
        CAPTURE(name(v), h.cap, room);
        connection c(with_version(client_defaults(), v));
        c.client.port.limit = c.server.port.limit = room;
        c.client.outgoing = all_data(1);
        c.server.outgoing = all_data(2);
        c.client.shuts_down = c.server.shuts_down = true;
        c.run(h.cap);
        CHECK(c.client.engine.version() == v);
        CHECK(c.server.engine.version() == v);
        CHECK(c.client.incoming == c.server.outgoing);
        CHECK(c.server.incoming == c.client.outgoing);
        CHECK(c.client.read_error == errc::closed);
        CHECK(c.server.read_error == errc::closed);
      }
    }
  }
}
