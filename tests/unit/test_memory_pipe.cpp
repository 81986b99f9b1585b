// SPDX-License-Identifier: BSL-1.0
#include "plugtls/memory_pipe.hpp"

#include <string>
#include <thread>

#include "support/catch.hpp"

using namespace std::chrono_literals;
using plugtls::errc;
using plugtls::make_memory_pipe;
using plugtls::memory_pipe;
using plugtls::readiness;

namespace {

// Reads until something other than bytes comes.
std::string drain(memory_pipe& from, std::error_code& ec) {
  std::string text;
  std::byte block[16];
  for (;;) {
    const std::size_t n = from.read_some(block, ec);
    if (n == 0) return text;
    text += plugtls::as_text({block, n});
  }
}

std::size_t put(memory_pipe& to, std::string_view text, std::error_code& ec) {
  return to.write_some(plugtls::as_bytes(text), ec);
}

}  // namespace

TEST_CASE("a memory pipe carries bytes both ways and ends") {
  auto [a, b] = make_memory_pipe();
  std::error_code ec;
  CHECK(put(a, "to b", ec) == 4);
  CHECK_FALSE(ec);
  CHECK(put(b, "to a", ec) == 4);
  CHECK(drain(b, ec) == "to b");
  CHECK(ec == errc::would_block);
  CHECK(drain(a, ec) == "to a");
  CHECK(ec == errc::would_block);

  CHECK(put(a, "last", ec) == 4);
  a.close();
  CHECK_FALSE(a.is_open());
  CHECK(drain(b, ec) == "last");
  CHECK_FALSE(ec);
  CHECK(put(b, "x", ec) == 0);
  CHECK(ec == std::errc::broken_pipe);
  CHECK(drain(a, ec).empty());
  CHECK(ec == std::errc::bad_file_descriptor);
}

TEST_CASE("a memory pipe that is destroyed or moved away from ends for its peer") {
  auto [a, b] = make_memory_pipe();
  std::error_code ec;
  {
    const memory_pipe gone = std::move(a);
    b.timeout(1ms);
    b.wait(readiness::read, ec);
    CHECK(ec == errc::timed_out);
  }
  b.wait(readiness::read, ec);
  CHECK_FALSE(ec);
  CHECK(drain(b, ec).empty());
  CHECK_FALSE(ec);
  CHECK(put(a, "x", ec) == 0);  // NOLINT: moved from on purpose
  CHECK(ec == std::errc::invalid_argument);
  CHECK_FALSE(a.is_open());
}

TEST_CASE("a memory pipe takes no more than its capacity") {
  auto [a, b] = make_memory_pipe(10);
  std::error_code ec;
  CHECK(put(a, "123456", ec) == 6);
  CHECK(put(a, "123456", ec) == 4);
  CHECK(put(a, "x", ec) == 0);
  CHECK(ec == errc::would_block);
  a.timeout(1ms);
  a.wait(readiness::write, ec);
  CHECK(ec == errc::timed_out);
  CHECK(drain(b, ec) == "1234561234");
  a.wait(readiness::write, ec);
  CHECK_FALSE(ec);
  CHECK(put(a, "x", ec) == 1);
}

TEST_CASE("a memory pipe caps its reads and writes") {
  auto [a, b] = make_memory_pipe();
  std::error_code ec;
  a.max_write(3);
  b.max_read(2);
  CHECK(put(a, "12345", ec) == 3);
  CHECK(put(a, "45", ec) == 2);
  std::byte block[16];
  CHECK(b.read_some(block, ec) == 2);
  CHECK(b.read_some(block, ec) == 2);
  CHECK(b.read_some(block, ec) == 1);
  CHECK(a.counts().writes == 2);
  CHECK(a.counts().bytes_written == 5);
  CHECK(b.counts().reads == 3);
  CHECK(b.counts().bytes_read == 5);
}

TEST_CASE("a memory pipe puts a would_block before every call that moves bytes") {
  auto [a, b] = make_memory_pipe();
  std::error_code ec;
  a.would_block_every_other(true);
  b.would_block_every_other(true);
  b.max_read(1);
  b.timeout(1ms);
  std::byte one[1];
  for (int i = 0; i < 3; ++i) {
    CHECK(put(a, "x", ec) == 0);
    CHECK(ec == errc::would_block);
    a.wait(readiness::write, ec);
    CHECK_FALSE(ec);
    CHECK(put(a, "x", ec) == 1);
  }
  for (int i = 0; i < 3; ++i) {
    CHECK(b.read_some(one, ec) == 0);
    CHECK(ec == errc::would_block);
    b.wait(readiness::read, ec);
    CHECK_FALSE(ec);
    CHECK(b.read_some(one, ec) == 1);
  }
  // When nothing is there, the first would_block is a pretence and the second is not.
  CHECK(b.read_some(one, ec) == 0);
  b.wait(readiness::read, ec);
  CHECK_FALSE(ec);
  CHECK(b.read_some(one, ec) == 0);
  CHECK(ec == errc::would_block);
  b.wait(readiness::read, ec);
  CHECK(ec == errc::timed_out);
  CHECK(b.counts().waits == 5);
}

TEST_CASE("a memory pipe ends, fails, loses and changes bytes where it is told to") {
  auto [a, b] = make_memory_pipe();
  std::error_code ec;
  SECTION("end_after") {
    b.end_after(3);
    put(a, "12345", ec);
    CHECK(drain(b, ec) == "123");
    CHECK_FALSE(ec);
    b.wait(readiness::read, ec);
    CHECK_FALSE(ec);
    CHECK(drain(b, ec).empty());
    CHECK_FALSE(ec);
  }
  SECTION("fail_after") {
    b.fail_after(3);
    put(a, "12345", ec);
    CHECK(drain(b, ec) == "123");
    CHECK(ec == std::errc::connection_reset);
    CHECK(put(b, "still", ec) == 5);
  }
  SECTION("fail_write_after") {
    a.fail_write_after(3);
    CHECK(put(a, "12345", ec) == 3);
    a.wait(readiness::write, ec);
    CHECK_FALSE(ec);
    CHECK(put(a, "45", ec) == 0);
    CHECK(ec == std::errc::broken_pipe);
    CHECK(drain(b, ec) == "123");
  }
  SECTION("drop_after loses the end too") {
    b.drop_after(3);
    b.timeout(1ms);
    put(a, "12345", ec);
    a.close();
    CHECK(drain(b, ec) == "123");
    CHECK(ec == errc::would_block);
    b.wait(readiness::read, ec);
    CHECK(ec == errc::timed_out);
  }
  SECTION("drop_after lets an earlier end through") {
    b.drop_after(3);
    put(a, "12", ec);
    a.close();
    CHECK(drain(b, ec) == "12");
    CHECK_FALSE(ec);
  }
  SECTION("what is dropped does not fill the pipe") {
    auto [c, d] = make_memory_pipe(4);
    d.drop_after(0);
    for (int i = 0; i < 5; ++i) CHECK(put(c, "1234", ec) == 4);
  }
  SECTION("flip_bit") {
    b.flip_bit(17, 1);
    put(a, "0123456789abcdefghij", ec);
    CHECK(drain(b, ec) == "0123456789abcdefgjij");
  }
}

TEST_CASE("a memory pipe's wait sleeps until the other thread acts") {
  auto [a, b] = make_memory_pipe(8);
  constexpr std::size_t total = 100000;
  std::thread writer([&a = a] {
    std::error_code ec;
    for (std::size_t sent = 0; sent < total;) {
      sent += put(a, std::string_view("12345678").substr(sent % 8), ec);
      if (ec == errc::would_block) a.wait(readiness::write, ec);
      if (ec) break;
    }
    a.close();
  });
  std::error_code ec;
  std::string text;
  std::byte block[8];
  for (;;) {
    const std::size_t n = b.read_some(block, ec);
    text += plugtls::as_text({block, n});
    if (ec == errc::would_block)
      b.wait(readiness::read, ec);
    else if (n == 0)
      break;
    if (ec) break;
  }
  writer.join();
  CHECK_FALSE(ec);
  CHECK(text.size() >= total);
  bool in_order = true;
  for (std::size_t i = 0; i < text.size(); ++i) in_order = in_order && text[i] == static_cast<char>('1' + i % 8);
  CHECK(in_order);
}

TEST_CASE("two threads wait for a pipe at once, and an interrupt ends it for both") {
  auto [a, b] = make_memory_pipe(1);
  std::error_code ec;
  const auto soon = std::chrono::steady_clock::now() + std::chrono::milliseconds(10);
  const auto never = std::chrono::steady_clock::time_point::max();
  a.wait_until(true, false, soon, ec);
  CHECK(ec == errc::timed_out);
  a.wait_until(true, true, soon, ec);
  CHECK_FALSE(ec);
  a.write_some(plugtls::as_bytes("x"), ec);
  a.wait_until(false, true, soon, ec);
  CHECK(ec == errc::timed_out);
  std::error_code read_error, write_error;
  std::thread reader([&, &end = a] { end.wait_until(true, false, never, read_error); });
  std::thread writer([&, &end = a] { end.wait_until(false, true, never, write_error); });
  a.interrupt();
  reader.join();
  writer.join();
  CHECK_FALSE(read_error);
  CHECK_FALSE(write_error);
}
