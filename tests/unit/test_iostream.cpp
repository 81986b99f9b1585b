// SPDX-License-Identifier: BSL-1.0
#include "plugtls/iostream.hpp"

#include "connected_streams.hpp"

using namespace plugtls;
using namespace plugtls_test;

namespace iostream_test {

TEST_CASE("numbers and lines go both ways, buffered until a flush, or until something is read") {
  connected c;
  c.block();
  plugtls::iostream ours(c.client), theirs(c.server);
  ours << "GET " << 42 << '\n';
  char room[100];
  CHECK(c.server.read_some(room, c.ec) == 0);
  CHECK(c.ec == errc::timed_out);
  ours << std::flush;
  std::string word;
  int number = 0;
  theirs >> word >> number;
  CHECK((word == "GET" && number == 42));
  theirs.get();
  theirs << "answer" << std::endl;
  std::string line;
  CHECK(std::getline(ours, line));
  CHECK(line == "answer");
  ours << "unflushed";
  c.server.write("x", c.ec);
  CHECK(ours.get() == 'x');  // what is read may be the answer to it
  CHECK(c.server.read_some(room, c.ec) == 9);
}

TEST_CASE("an orderly end is eof, and no error") {
  connected c;
  c.client.write("last", c.ec);
  c.client.shutdown_send(c.ec);
  plugtls::iostream in(c.server);
  std::string line;
  CHECK(std::getline(in, line));
  CHECK(line == "last");
  CHECK_FALSE(std::getline(in, line));
  CHECK((in.eof() && !in.bad() && !in.error()));
}

TEST_CASE("every other end is bad, and says what it was") {
  connected c;
  c.block();
  plugtls::iostream in(c.server);
  std::string line;
  CHECK_FALSE(std::getline(in, line));
  CHECK((in.bad() && in.error() == errc::timed_out));
  in.clear();
  c.client.write("late\nbegun", c.ec);
  CHECK(std::getline(in, line));
  CHECK(line == "late");
  c.client = stream_t(client_context(), std::move(make_memory_pipe().first), server_name);  // hangs up
  std::getline(in, line);
  CHECK(line == "begun");
  CHECK((in.bad() && in.error() == errc::truncated));
  in.clear();
  in.exceptions(std::ios_base::badbit);
  CHECK_THROWS_AS(in.get(), std::ios_base::failure);
}

TEST_CASE("what a write could not send stays, and goes out later") {
  connected c;
  plugtls::iostream out(c.client);
  const std::string block(1000, 'x');
  std::size_t written = 0;
  while (out << block && written < 100000000) written += block.size();
  CHECK(out.bad());
  CHECK(out.error() == errc::would_block);
  std::string got;
  char room[16384];
  while (const std::size_t n = c.server.read_some(room, c.ec)) got.append(room, n);
  out.clear();
  out.flush();
  CHECK(out.good());
  while (const std::size_t n = c.server.read_some(room, c.ec)) got.append(room, n);
  CHECK(got.size() >= written);
  CHECK(got.find_first_not_of('x') == std::string::npos);
}

TEST_CASE("the destructor writes what is left, throws nothing, and leaves the connection") {
  connected c;
  { plugtls::iostream(c.client) << "bye"; }
  char room[100];
  CHECK(c.server.read_some(room, c.ec) == 3);
  c.server.write("words\n", c.ec);
  {
    plugtls::iostream io(c.client);
    int number = 0;
    io << "bye";
    CHECK_FALSE(io >> number);
  }
  CHECK(c.server.read_some(room, c.ec) == 3);
  c.client.shutdown_send(c.ec);
  {
    plugtls::iostream out(c.client);
    out << "too late";
    out.exceptions(std::ios_base::badbit);
  }
  CHECK(c.server.read_some(room, c.ec) == 0);
  CHECK(c.ec == errc::closed);
}

}  // namespace iostream_test
