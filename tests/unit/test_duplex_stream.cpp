// SPDX-License-Identifier: BSL-1.0
#include "plugtls/duplex_stream.hpp"

#include <thread>

#include "connected_streams.hpp"

using namespace plugtls;
using namespace plugtls_test;

namespace {

using duplex_t = duplex_stream<memory_pipe, null_backend>;

constexpr std::size_t rounds = 300;

// A pipe whose waits look only now and then whether they may end.
class drowsy_pipe {
 public:
  explicit drowsy_pipe(memory_pipe p) : inner_(std::move(p)) {}
  std::size_t read_some(std::span<std::byte> out, std::error_code& ec) { return inner_.read_some(out, ec); }
  std::size_t write_some(byte_view in, std::error_code& ec) { return inner_.write_some(in, ec); }
  void wait(readiness what, std::error_code& ec) { inner_.wait(what, ec); }
  void interrupt() noexcept { inner_.interrupt(); }
  void wait_until(bool reading, bool writing, std::chrono::steady_clock::time_point until, std::error_code& ec) {
    do {
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
      ec.clear();
      inner_.wait_until(reading, writing, std::chrono::steady_clock::now(), ec);
    } while (ec == errc::timed_out && std::chrono::steady_clock::now() < until);
  }

 private:
  memory_pipe inner_;
};

void connect(auto& client, auto& server) {
  std::error_code a, b;
  std::thread other([&] { server.handshake(b); });
  client.handshake(a);
  other.join();
  REQUIRE_FALSE(a);
  REQUIRE_FALSE(b);
}

}  // namespace

TEST_CASE("duplex_stream: a writer that must hear something first is told, whoever takes it, and so is the reader") {
  for (const bool writer_is_first : {false, true}) {
    null_scripted script;
    auto [a, b] = make_memory_pipe();
    duplex_t client(client_context(), std::move(a), server_name), server(server_context(), std::move(b));
    std::error_code read, written, ec;
    connect(client, server);
    script->hears_first = role::server;
    for (duplex_t* s : {&client, &server}) s->timeout(std::chrono::seconds(10));

    std::string up(rounds, '\0'), down(1, '\0');
    std::atomic<int> started = 0;
    const auto begin = [&](bool is_first) {
      while (!is_first && started == 0) std::this_thread::yield();
      ++started;
    };
    std::thread reader([&] {
      begin(!writer_is_first);
      server.read(up, read);
    });
    std::thread writer([&] {
      begin(writer_is_first);
      for (std::size_t i = 0; i < rounds && !written; ++i) server.write("d", written);
    });
    for (std::size_t i = 0; i < rounds && !ec; ++i) {
      client.write("u", ec);
      if (!ec) client.read(down, ec);
    }
    reader.join();
    writer.join();
    CHECK_FALSE(read);
    CHECK_FALSE(written);
    CHECK_FALSE(ec);
    CHECK(up == std::string(rounds, 'u'));
  }
}

TEST_CASE("duplex_stream: a writer takes nothing away from a reader that waits for it") {
  null_scripted script;
  auto [a, b] = make_memory_pipe();
  duplex_t client(client_context(), std::move(a), server_name);
  duplex_stream<drowsy_pipe, null_backend> server(server_context(), drowsy_pipe(std::move(b)));
  connect(client, server);
  script->hears_first = role::server;
  server.timeout(std::chrono::seconds(2));
  std::error_code read, ec;
  char up = 0;
  std::thread reader([&] { server.read(std::span(&up, 1), read); });
  std::this_thread::sleep_for(std::chrono::milliseconds(50));
  client.write("u", ec);
  CHECK(server.write("d", ec) == 1);
  CHECK_FALSE(ec);
  reader.join();
  CHECK_FALSE(read);
  CHECK(up == 'u');
}
