// SPDX-License-Identifier: BSL-1.0
#include <thread>

#include "plugtls/stream.hpp"
#include "transports.hpp"

using namespace plugtls;
using namespace plugtls_test;

namespace {

struct result {
  std::error_code ec;
  std::string data;
  memory_pipe::counters counts;
};

// Writes everything, one size after the other, while the peer does the same: the pipe must be able to hold it.
result talk(stream<memory_pipe, default_backend>& s, unsigned seed, std::size_t expected) {
  result r;
  s.handshake(r.ec);
  for (const std::size_t size : data_sizes) {
    if (r.ec) break;
    const std::string data = pattern(size, seed);
    if (s.write(data, r.ec) != size && !r.ec) r.ec = errc::too_long;
  }
  std::string data(expected, '\0');
  if (!r.ec) data.resize(s.read(data, r.ec));
  if (!r.ec) s.shutdown(r.ec);
  r.data = data;
  r.counts = s.next_layer().counts();
  return r;
}

}  // namespace

TEST_CASE("blocking streams in two threads, over transports of every size") {
  const std::string from_client = all_data(1), from_server = all_data(2);
  for (const tls_version v : versions()) {
    for (const hardship h : hardships) {
      CAPTURE(name(v), h.cap, h.blocks);
      auto [a, b] = make_memory_pipe();
      make_hard(a, h);
      make_hard(b, h);
      stream client(make_client(with_version(client_defaults(), v)), std::move(a), server_name);
      stream server(make_server(), std::move(b));
      result at_server;
      std::thread thread([&] { at_server = talk(server, 2, from_client.size()); });
      const result at_client = talk(client, 1, from_server.size());
      thread.join();
      CHECK(at_client.ec == std::error_code());
      CHECK(at_server.ec == std::error_code());
      CHECK(at_client.data == from_server);
      CHECK(at_server.data == from_client);
      CHECK(client.version() == v);
      CHECK(server.version() == v);
      for (const result& r : {at_client, at_server}) {
        // No busy loop: at most three calls per byte (and a few at the start).
        const std::uint64_t calls = r.counts.reads + r.counts.writes;
        CHECK(calls <= 3 * (r.counts.bytes_read + r.counts.bytes_written) + 100);
      }
    }
  }
}
