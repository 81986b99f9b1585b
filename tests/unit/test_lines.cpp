// SPDX-License-Identifier: BSL-1.0
#include "plugtls/lines.hpp"

#include <cstdint>
#include <list>
#include <thread>

#include "connected_streams.hpp"
#include "plugtls/duplex_stream.hpp"

using namespace plugtls;
using namespace plugtls_test;

namespace lines_test {
namespace {

// What a reader makes of bytes and an orderly end.
std::vector<std::string> lines_of(std::string_view text, std::size_t limit, std::error_code& ec) {
  connected c;
  c.client.write(text, c.ec);
  c.client.shutdown_send(c.ec);
  line_reader in(c.server, limit);
  return in.read_lines(100000, ec);
}
std::vector<std::string> lines_of(std::string_view text) {
  std::error_code ec;
  const auto lines = lines_of(text, 65536, ec);
  CHECK_FALSE(ec);
  return lines;
}
using list = std::vector<std::string>;

}  // namespace

TEST_CASE("lines end with LF or CRLF, the last one perhaps with nothing") {
  CHECK(lines_of("").empty());
  CHECK(lines_of("a\nb\r\n\r\n\nlast") == list{"a", "b", "", "", "last"});
  CHECK(lines_of("a\r\n") == list{"a"});
  CHECK(lines_of("a\rb\r\r\n\r") == list{"a\rb\r", "\r"});
  CHECK(lines_of(std::string_view("a\0b\nc", 5)) == list{std::string("a\0b", 3), "c"});
  CHECK(lines_of("\n") == list{""});
}

TEST_CASE("a line may arrive byte by byte, and a reader goes on after would_block") {
  connected c;
  line_reader in(c.server);
  std::string line = "untouched";
  for (const char* byte : {"a", "b", "\r"}) {
    c.client.write(byte, c.ec);
    CHECK_FALSE(in.read_line(line, c.ec));
    CHECK(c.ec == errc::would_block);
    CHECK(line == "untouched");
  }
  CHECK(in.buffered() == "ab\r");
  c.client.write("\nrest", c.ec);
  CHECK(in.read_line(line, c.ec));
  CHECK(line == "ab");
  CHECK(in.buffered() == "rest");
}

TEST_CASE("a line over the limit is too_long, every time, and nothing of it is lost") {
  std::error_code ec;
  CHECK(lines_of("12345\r\n1234\n", 5, ec) == list{"12345", "1234"});
  CHECK_FALSE(ec);
  CHECK(lines_of("1234\n123456\nx\n", 5, ec) == list{"1234"});
  CHECK(ec == errc::too_long);
  CHECK(lines_of("1234567", 5, ec).empty());
  CHECK(ec == errc::too_long);
  CHECK(lines_of("123456", 5, ec).empty());
  CHECK(ec == errc::too_long);
  connected c;
  c.client.write(std::string(9000, 'x'), c.ec);
  line_reader in(c.server, 5000);
  std::string line;
  for (int i = 0; i < 2; ++i) {
    CHECK_FALSE(in.read_line(line, ec));
    CHECK(ec == errc::too_long);
  }
  CHECK(in.buffered().size() <= 5000 + 2 + 4096);
  std::string all(9000, '\0');
  std::size_t n = 0;
  while (n < all.size() && !c.ec) n += in.read_some(std::span(all).subspan(n), c.ec);
  CHECK(all == std::string(9000, 'x'));
}

TEST_CASE("read_lines is bounded in all") {
  connected c;
  c.client.write("123\n45\n6\n", c.ec);
  line_reader in(c.server);
  std::error_code ec;
  CHECK(in.read_lines(7, ec) == list{"123", "45"});
  CHECK(ec == errc::too_long);
  // Lines of nothing count too.
  connected none;
  none.client.write(std::string(5000, '\n'), none.ec);
  line_reader from(none.server);
  CHECK(from.read_lines(10, ec).size() == 10);
  CHECK(ec == errc::too_long);
}

TEST_CASE("a reader without a limit takes lines of every length") {
  connected c;
  const std::string wide(5000, 'w');
  c.client.write(wide + '\n', c.ec);
  line_reader in(c.server, SIZE_MAX);
  std::string line;
  CHECK(in.read_line(line, c.ec));
  CHECK(line == wide);
}

TEST_CASE("an end without close_notify is truncated, and the unfinished line is there") {
  connected c;
  c.client.write("whole\nbegun", c.ec);
  c.client = stream_t(client_context(), std::move(make_memory_pipe().first), server_name);  // hangs up
  line_reader in(c.server);
  std::string line;
  CHECK(in.read_line(line, c.ec));
  CHECK(line == "whole");
  for (int i = 0; i < 2; ++i) {
    CHECK_FALSE(in.read_line(line, c.ec));
    CHECK(c.ec == errc::truncated);
    CHECK(in.buffered() == "begun");
  }
}

TEST_CASE("bytes after the lines are read through the reader, then from the stream, up to closed") {
  connected c;
  c.client.write("header\r\n\r\nbody", c.ec);
  line_reader in(c.server);
  std::string line;
  CHECK(in.read_line(line, c.ec));
  CHECK(in.read_line(line, c.ec));
  CHECK(line.empty());
  char two[2], many[100];
  CHECK(in.read_some(two, c.ec) == 2);
  CHECK(std::string_view(two, 2) == "bo");
  CHECK(in.read_some(many, c.ec) == 2);
  c.client.write("more", c.ec);
  CHECK(in.read_some(many, c.ec) == 4);
  c.client.shutdown_send(c.ec);
  CHECK(in.read_some(many, c.ec) == 0);
  CHECK(c.ec == errc::closed);
  CHECK_FALSE(in.read_line(line, c.ec));
  CHECK((!c.ec && line.empty()));
}

TEST_CASE("the throwing forms tell what the stream says, or what the reader does") {
  connected c;
  c.client.write("123456\n", c.ec);
  line_reader in(c.server, 5);
  std::string line;
  try {
    in.read_line(line);
    FAIL("no exception");
  } catch (const tls_error& e) {
    CHECK(e.code() == errc::too_long);
  }
  line_reader other(c.server);
  CHECK_THROWS_AS(other.read_lines(10), tls_error);  // would_block
}

TEST_CASE("the throwing forms let out what a callback has thrown, over every kind of stream") {
  client_settings asking = client_defaults();
  asking.on_verify = [](const verify_context&) -> bool { throw 42; };
  const auto reads = [&](auto& client, memory_pipe other) {
    std::thread peer([end = std::move(other)]() mutable {
      stream_t server(server_context(), std::move(end));
      std::error_code ec;
      server.handshake(ec);
    });
    line_reader in(client);
    std::string line;
    CHECK_THROWS_AS(in.read_line(line), int);
    peer.join();
  };
  auto one = make_memory_pipe(), two = make_memory_pipe();
  stream_t single(client_context(asking), std::move(one.first), server_name);
  reads(single, std::move(one.second));
  duplex_stream<memory_pipe, null_backend> both(client_context(asking), std::move(two.first), server_name);
  reads(both, std::move(two.second));
}

TEST_CASE("write_lines ends each line, for any range of text, in few records") {
  connected c;
  CHECK(write_lines(c.client, list{"a", "", "b"}, c.ec) == 8);
  CHECK(write_lines(c.client, std::list<const char*>{"c"}, c.ec, "\n") == 2);
  CHECK(write_lines(c.client, list{}, c.ec) == 0);
  char room[100];
  const std::size_t first = c.server.read_some(room, c.ec);
  CHECK(std::string_view(room, first) == "a\r\n\r\nb\r\n");
  CHECK(c.server.read_some(room, c.ec) == 2);

  c.block();
  const list many(5000, "0123456789");
  CHECK(write_lines(c.client, many, c.ec, "\n") == 55000);
  CHECK_FALSE(c.ec);
  std::string got(55000, '\0');
  std::size_t records = 0;
  for (std::size_t n = 0; n < got.size() && !c.ec; ++records) n += c.server.read_some(std::span(got).subspan(n), c.ec);
  CHECK(records == 4);
  CHECK((got.substr(0, 11) == "0123456789\n" && got.back() == '\n'));
  CHECK(write_lines(c.client, std::vector<std::string>{std::string(40000, 'x')}, c.ec) == 40002);
}

TEST_CASE("write_lines tells how much was taken before an error") {
  connected c;
  std::size_t taken = 0;
  for (int i = 0; i < 100 && !c.ec; ++i) taken = write_lines(c.client, list{std::string(100000, 'x')}, c.ec);
  CHECK(c.ec == errc::would_block);
  CHECK(taken < 100002);
}

}  // namespace lines_test
