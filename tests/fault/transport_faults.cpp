// SPDX-License-Identifier: BSL-1.0
#include <cerrno>

#include "plugtls/memory_pipe.hpp"
#include "plugtls/stream.hpp"
#include "support/any_pair.hpp"

using namespace plugtls;
using namespace plugtls_test;

// One fault of the transport at every n-th byte of a whole connection: each way of failing, on each end, with each
// backend against itself. Whatever happens, both ends come to an end, with a condition that names what happened, and
// what was delivered is a beginning of what was sent.

namespace {

enum class fault { reset, broken_write, early_end, flipped_bit };

struct party {
  party(const any_context& c, memory_pipe pipe, unsigned seed, peer_options peer = {})
      : s(c, std::move(pipe), std::move(peer)), outgoing(pattern(2000, seed)) {
    s.non_blocking(true);
  }

  /// Does the next thing: shake hands, write, read to the end, shut down. False: nothing moved.
  bool step() {
    if (over) return false;
    const auto before = s.next_layer().counts();
    std::error_code ec;
    if (!s.established()) {
      s.handshake(ec);
    } else if (sent < outgoing.size()) {
      sent += s.write_some(outgoing.substr(sent), ec);
    } else if (!shut) {
      s.shutdown_send(ec);
      shut = !ec;
    } else {
      char block[500];
      incoming.append(block, s.read_some(block, ec));
    }
    if (ec && ec != errc::would_block) {
      over = true;
      end = static_cast<errc>(ec.value());
      if (end != errc::closed) s.next_layer().close();
    }
    const auto after = s.next_layer().counts();
    return over || after.bytes_read != before.bytes_read || after.bytes_written != before.bytes_written || !ec;
  }

  stream<memory_pipe, any_backend> s;
  std::string outgoing, incoming;
  std::size_t sent = 0;
  bool shut = false, over = false;
  errc end = errc::success;
};

struct sizes {
  std::uint64_t client_read, client_written;
};

// `at_server`: which end has the fault.
sizes run(const any_context& c, const any_context& s, fault f, bool at_server, std::uint64_t at) {
  auto [a, b] = make_memory_pipe();
  memory_pipe& faulty = at_server ? b : a;
  if (f == fault::reset) faulty.fail_after(at);
  if (f == fault::broken_write) faulty.fail_write_after(at);
  if (f == fault::early_end) faulty.end_after(at);
  if (f == fault::flipped_bit) faulty.flip_bit(at, static_cast<unsigned>(at % 8));
  party client(c, std::move(a), 1, server_name), server(s, std::move(b), 2);
  int idle = 0;
  for (int rounds = 0; rounds < 3000 && idle < 3 && !(client.over && server.over); ++rounds) {
    const bool moved = client.step();
    idle = server.step() || moved ? 0 : idle + 1;
  }
  CAPTURE(at, at_server, static_cast<int>(f), name(client.end), name(server.end));
  // A changed length may leave both waiting; every other fault ends both.
  if (f != fault::flipped_bit) {
    CHECK(client.over);
    CHECK(server.over);
  }
  party& one = at_server ? server : client;
  party& other = at_server ? client : server;
  CHECK(one.outgoing.compare(0, other.incoming.size(), other.incoming) == 0);
  CHECK(other.outgoing.compare(0, one.incoming.size(), one.incoming) == 0);
  const bool untouched = one.end == errc::closed && one.incoming == other.outgoing;
  if (!untouched && f == fault::early_end) CHECK((one.end == errc::truncated || one.end == errc::io_error));
  if (!untouched && f == fault::reset) CHECK((one.end == errc::io_error || one.end == errc::truncated));
  if (!untouched && f == fault::broken_write) CHECK(one.end == errc::io_error);
  CHECK(one.end != errc::would_block);
  if (f != fault::flipped_bit) CHECK(one.end != errc::handshake_failed);
  if (one.end == errc::closed) CHECK(one.incoming == other.outgoing);
  const auto counts = client.s.next_layer().counts();
  return {counts.bytes_read, counts.bytes_written};
}

void everywhere(fault f) {
  for (const backend_entry& backend : registered_backends()) {
    for (const tls_version v : common_versions(backend, backend)) {
      CAPTURE(backend.name, name(v));
      client_settings cs = with_version(client_defaults(), v);
      cs.identities = {client_identity()};
      const any_context c = make_client(backend, cs), s = make_server(backend, mutual_defaults());
      const sizes all = run(c, s, f, true, std::uint64_t{1} << 40);
      for (const bool at_server : {false, true}) {
        const bool reads = f != fault::broken_write;
        const std::uint64_t bytes = reads == at_server ? all.client_written : all.client_read;
        for (std::uint64_t at = 0; at < bytes; at += 53) run(c, s, f, at_server, at);
      }
    }
  }
}

}  // namespace

TEST_CASE("a reset at any byte ends both ends") { everywhere(fault::reset); }
TEST_CASE("a broken write at any byte ends both ends") { everywhere(fault::broken_write); }
TEST_CASE("an early end at any byte is truncated") { everywhere(fault::early_end); }
TEST_CASE("a flipped bit at any byte lets nothing altered through") { everywhere(fault::flipped_bit); }

TEST_CASE("a dead network ends in the deadline of the transport, in every operation") {
  for (const backend_entry& backend : registered_backends()) {
    for (const std::uint64_t at : {0U, 100U, 1000U, 1500U, 3000U}) {
      CAPTURE(backend.name, at);
      auto [a, b] = make_memory_pipe(4000);
      a.drop_after(at);
      a.timeout(std::chrono::milliseconds(20));
      stream<memory_pipe, any_backend> client(make_client(backend, client_defaults()), std::move(a), server_name);
      stream<memory_pipe, any_backend> server(make_server(backend, server_defaults()), std::move(b));
      server.non_blocking(true);
      std::error_code ec, at_server;
      for (int i = 0; i < 5 && !client.established(); ++i) {
        server.handshake(at_server);
        client.handshake(ec);
      }
      char room[10];
      if (client.established()) client.read_some(room, ec);
      CHECK(ec == errc::timed_out);
      if (!client.established()) continue;
      client.write(std::string(20000, 'x'), ec);
      CHECK(ec == errc::timed_out);
      client.shutdown(ec);
      CHECK(ec == errc::timed_out);
    }
  }
}
