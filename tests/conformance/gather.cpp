// SPDX-License-Identifier: BSL-1.0
#include <thread>

#include "conformance.hpp"
#include "plugtls/any.hpp"
#include "plugtls/duplex_stream.hpp"

using namespace plugtls;
using namespace plugtls_test;

namespace gather_tests {

// What two pieces and an empty one between them make: records, and the bytes that arrive.
template <class Write>
void check(Write&& write_pieces, std::size_t head_size, std::size_t body_size) {
  for (const tls_version v : versions()) {
    CAPTURE(name(v), head_size, body_size);
    stream_pair pair(v);
    const std::string head = pattern(head_size, 1), body = pattern(body_size, 2);
    const const_buffer pieces[] = {head, "", body, ""};
    const std::size_t all = head.size() + body.size(), most = pair.client.engine().max_write();
    const std::uint64_t before = pair.client.statistics().records_written;
    pair.client.non_blocking(false);
    std::error_code ec;
    CHECK(write_pieces(pair.client, std::span(pieces), ec) == all);
    CHECK_FALSE(ec);
    CHECK(pair.client.statistics().records_written - before == (all + most - 1) / most);
    std::string got(all, ' ');
    pair.server.non_blocking(false);
    CHECK(pair.server.read(got, ec) == all);
    CHECK(got == head + body);
  }
}

// Two connected ends with little room between them.
struct narrow_pair {
  using stream_type = stream<memory_pipe, default_backend>;
  narrow_pair(tls_version v, std::size_t room) : narrow_pair(v, make_memory_pipe(room)) {}

  stream_type client;
  stream_type server;

 private:
  narrow_pair(tls_version v, std::pair<memory_pipe, memory_pipe> ends)
      : client(make_client(with_version(client_defaults(), v)), std::move(ends.first), server_name),
        server(make_server(), std::move(ends.second)) {
    client.non_blocking(true);
    server.non_blocking(true);
    std::error_code c, s;
    for (int i = 0; i < 20; ++i) {
      client.handshake(c);
      server.handshake(s);
    }
    REQUIRE(client.established());
    REQUIRE(server.established());
  }
};

}  // namespace gather_tests
using namespace gather_tests;

TEST_CASE("gather: a header and a body go in one record, and what is longer in as few as can be") {
  const auto write = [](auto& stream, auto pieces, std::error_code& ec) { return stream.write(pieces, ec); };
  for (const auto& [head, body] :
       {std::pair(200, 1000), std::pair(0, 5), std::pair(5, 0), std::pair(0, 0), std::pair(16000, 384),
        std::pair(200, 16384), std::pair(20000, 30000), std::pair(1, 40000)})
    check(write, static_cast<std::size_t>(head), static_cast<std::size_t>(body));
  stream_pair pair(versions().back());
  pair.client.write({"GET / ", std::string("HTTP/1.1"), "\r\n\r\n"});
  std::string got(18, ' ');
  std::error_code ec;
  CHECK(pair.server.read(got, ec) == got.size());
  CHECK(got == "GET / HTTP/1.1\r\n\r\n");
}

TEST_CASE("gather: write_some takes one record, and goes on in the middle of a piece") {
  for (const tls_version v : versions()) {
    narrow_pair pair(v, 5000);  // less than a record: it blocks in the middle of one
    const std::string head = pattern(100, 1), body = pattern(50000, 2), whole = head + body;
    std::string got;
    std::error_code ec;
    std::size_t sent = 0, refused = 0;
    while (got.size() < whole.size()) {
      const std::size_t in_body = sent < head.size() ? 0 : sent - head.size();
      const const_buffer pieces[] = {std::string_view(head).substr(sent < head.size() ? sent : head.size()),
                                     std::string_view(body).substr(in_body)};
      const std::size_t n = pair.client.write_some(std::span(pieces), ec);
      CHECK(n <= pair.client.engine().max_write());
      REQUIRE((!ec || ec == errc::would_block));
      if (ec) ++refused;
      sent += n;
      std::byte room[4096];
      const std::size_t some = pair.server.read_some(room, ec);
      got.append(reinterpret_cast<const char*>(room), some);
    }
    CHECK(sent == whole.size());
    CHECK(refused > 0);
    CHECK(got == whole);
  }
}

TEST_CASE("gather: what a non-blocking write took of the pieces is told, and no byte is lost or doubled") {
  for (const tls_version v : versions()) {
    narrow_pair pair(v, 20000);
    const std::string head = pattern(300, 1), body = pattern(60000, 2), whole = head + body;
    std::error_code ec;
    const const_buffer pieces[] = {head, body};
    const std::size_t sent = pair.client.write(std::span(pieces), ec);
    CHECK(ec == errc::would_block);
    CHECK(sent > 0);
    CHECK(sent < whole.size());
    std::string got(sent, ' ');
    std::size_t n = 0;
    for (int i = 0; i < 1000 && n < sent; ++i) {
      n += pair.server.read(std::span(got).subspan(n), ec);
      pair.client.flush(ec);
    }
    CHECK(got == whole.substr(0, sent));
    CHECK(pair.client.write(std::string_view(whole).substr(sent, 10), ec) == 10);
    std::string more(10, ' ');
    CHECK(pair.server.read(more, ec) == 10);
    CHECK(more == whole.substr(sent, 10));
  }
}

TEST_CASE("gather: engines without I/O, type-erased ones too, fill one record") {
  const const_buffer pieces[] = {"one ", "two ", "three"};
  connection c;
  c.connect();
  const engine_result r = c.client.engine.write_some(c.client.port, pieces);
  CHECK(r.bytes == 13);
  CHECK(c.client.engine.statistics().records_written == 1);
  c.run();
  CHECK(c.server.incoming == "one two three");

  endpoint<any_engine> client(any_engine(any_context(make_client()), server_name));
  endpoint<any_engine> server{any_engine(any_context(make_server()))};
  REQUIRE(pump(client, server, 1 << 20));
  CHECK(client.engine.max_write() == c.client.engine.max_write());
  CHECK(client.engine.write_some(client.port, pieces).bytes == 13);
  CHECK(client.engine.statistics().records_written == 1);
  REQUIRE(pump(client, server, 1 << 20));
  CHECK(server.incoming == "one two three");
  // Not before the handshake.
  any_engine fresh(any_context(make_client()), server_name);
  CHECK(fresh.write_some(client.port, pieces).error == errc::invalid_argument);
  CHECK(any_engine().write_some(client.port, pieces).error == errc::invalid_argument);
}

TEST_CASE("gather: limit.max_record_size holds for pieces too") {
  client_settings s = client_defaults();
  s.limit.max_record_size = 1000;
  connection c(s);
  c.connect();
  const std::string head = pattern(600, 1), body = pattern(600, 2);
  const const_buffer pieces[] = {head, body};
  CHECK(c.client.engine.max_write() == 1000);
  CHECK(c.client.engine.write_some(c.client.port, pieces).bytes == 1000);
  CHECK(c.client.engine.statistics().records_written == 1);
}

TEST_CASE("gather: a duplex_stream fills records too") {
  auto [a, b] = make_memory_pipe();
  duplex_stream client(make_client(), std::move(a), server_name);
  duplex_stream server(make_server(), std::move(b));
  std::thread peer([&] {
    std::error_code ec;
    server.handshake(ec);
  });
  client.handshake();
  peer.join();
  const std::string head = pattern(300, 1), body = pattern(2000, 2);
  const const_buffer pieces[] = {head, body};
  CHECK(client.write(std::span(pieces)) == 2300);
  CHECK(client.with_engine([](auto& e) { return e.statistics().records_written; }) == 1);
  CHECK(client.write({"a", "bc"}) == 3);
  std::string got(2303, ' ');
  CHECK(server.read(got) == got.size());
  CHECK(got == head + body + "abc");
}
