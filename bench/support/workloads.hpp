// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstdio>
#include <cstdlib>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "account.hpp"
#include "counted.hpp"
#include "give_up.hpp"
#include "ring.hpp"
#include "side.hpp"
#include "socket_end.hpp"

// The workloads that are counted, the same for every implementation; see side.hpp. Context and Connection are its.

namespace bench {

inline unsigned char data[16384], room[16384];

template <class Client, class Server>
void shake_hands(Client& client, Server& server) {
  bool ours = false, theirs = false;
  for (int i = 0; !ours || !theirs; ++i) {
    if (!ours) ours = client.handshake() == outcome::done;
    if (!theirs) theirs = server.handshake() == outcome::done;
    if (i == 100) give_up("the handshake");
  }
}

/// Writes at one end and reads at the other, in as many reads as it takes.
template <class Connection>
void pass(Connection& from, Connection& to, std::size_t n) {
  if (from.write(data, n) != n) give_up("writing");
  for (std::size_t got = 0; got < n;) {
    const std::size_t some = to.read(room, n - got);
    if (some == 0) give_up("reading");
    got += some;
  }
}

/// Whether calls wait, where a connection can be told.
template <class Connection>
void set_waiting(Connection& c, bool on) {
  if constexpr (requires { c.waits(on); }) c.waits(on);
}

/// Writes, reads that find one record, and reads that find none, each counted alone: `n` and then 3n of them.
template <class Connection>
void count_calls(Connection& client, Connection& server, std::size_t size, int n) {
  for (int i = 0; i < 10; ++i) pass(client, server, size);
  if (server.read(room, size) != 0) give_up("emptying the link");
  char name[32];
  const auto tell = [&](const char* what, int times) {
    std::snprintf(name, sizeof name, "%s_%zu", what, size);
    bench_workload_done(name, times);
  };
  account heap;
  for (const int times : {n, 3 * n}) {
    set_waiting(client, true), set_waiting(server, true);
    for (int i = 0; i < times; ++i) {
      const accounting on(heap);
      counted([&] {
        if (client.write(data, size) != size) give_up("writing");
      });
      if (server.read(room, size) != size) give_up("reading");
    }
    tell("write", times);
    for (int i = 0; i < times; ++i) {
      const accounting on(heap);
      if (client.write(data, size) != size) give_up("writing");
      counted([&] {
        if (server.read(room, size) != size) give_up("reading");
      });
    }
    tell("read", times);
    set_waiting(server, false);
    for (int i = 0; i < times; ++i)
      counted([&] {
        if (server.read(room, size) != 0) give_up("reading what is not there");
      });
    tell("blocked", times);
  }
  std::printf("allocations_per_round_%zu %.3f\n", size, static_cast<double>(heap.allocations) / (8 * n));
}

template <class Context, class Connection>
void calls(bool is_1_3) {
  const auto way = std::make_unique_for_overwrite<link>();
  const Context client_context({.is_client = true, .is_1_3 = is_1_3}),
      server_context({.is_client = false, .is_1_3 = is_1_3});
  Connection client(client_context, way->client()), server(server_context, way->server());
  shake_hands(client, server);
  count_calls(client, server, 64, 200);
  count_calls(client, server, 16000, 4);  // in one record also by mbedTLS 3.6 in TLS 1.3
}

/// A write at one end of a TCP connection and the read at the other. `Context` and `Connection` take descriptors.
template <class Context, class Connection>
void tcp(bool is_1_3, bool is_expert, bool blocks) {
  const sessions kept = is_expert ? sessions::off : sessions::as_they_come;
  const Context client_context({.is_client = true, .is_1_3 = is_1_3, .is_expert = is_expert, .sessions = kept}),
      server_context({.is_client = false, .is_1_3 = is_1_3, .is_expert = is_expert, .sessions = kept});
  const auto [client_fd, server_fd] = connect_loopback();
  set_blocking(client_fd, false);
  set_blocking(server_fd, false);
  Connection client(client_context, client_fd), server(server_context, server_fd);
  shake_hands(client, server);
  for (int i = 0; i < 10; ++i) pass(client, server, 64), pass(server, client, 64);
  set_waiting(client, true), set_waiting(server, true);
  if (blocks) set_blocking(client_fd, true), set_blocking(server_fd, true);
  for (const int times : {100, 300}) {
    for (int i = 0; i < times; ++i) {
      counted([&] { pass(client, server, 64); });
      counted([&] { pass(server, client, 64); });
    }
    bench_workload_done("tcp_64", 2 * times);
  }
}

// The more, the less it matters that some libraries allocate by chance (mbedTLS, to blind its numbers).
inline constexpr int many_handshakes = 100;
inline constexpr int few_handshakes = 2;  ///< for callgrind, in which each takes a while

/// Full handshakes. What the client does, from its making on, is counted by callgrind, and both ends' allocations.
/// `is_new`: no client's context has seen the server's certificates before.
template <class Context, class Connection>
void handshakes(bool is_1_3, bool is_new, int count) {
  const auto way = std::make_unique_for_overwrite<link>();
  const options client_options{.is_client = true, .is_1_3 = is_1_3};
  const Context server_context({.is_client = false, .is_1_3 = is_1_3});
  std::optional<Context> client_context;
  account at_client, at_server;
  for (int i = -1; i < count; ++i) {
    if (i == 0) {
      at_client = at_server = {};
      bench_workload_done("warm_up", 1);
    }
    if (is_new || !client_context) client_context.emplace(client_options);
    *way = {};
    std::optional<Connection> client, server;
    bool ours = false, theirs = false;
    for (int k = 0; !ours || !theirs; ++k) {
      if (k == 100) give_up("the handshake");
      if (!ours) {
        const accounting on(at_client);
        counted([&] {
          if (k == 0) client.emplace(*client_context, way->client());
          ours = client->handshake() == outcome::done;
        });
      }
      if (!theirs) {
        const accounting on(at_server);
        if (k == 0) server.emplace(server_context, way->server());
        theirs = server->handshake() == outcome::done;
      }
    }
  }
  bench_workload_done("handshake", count);
  std::printf("client_allocations %.2f\n", static_cast<double>(at_client.allocations) / count);
  std::printf("server_allocations %.2f\n", static_cast<double>(at_server.allocations) / count);
}

/// Heap of a connection that has carried 64 bytes each way and lies idle.
template <class Context, class Connection>
void idle(bool is_1_3, bool releases_buffers) {
  constexpr int count = 50;
  struct pair {
    std::unique_ptr<link> way = std::make_unique_for_overwrite<link>();
    std::unique_ptr<Connection> client, server;
  };
  const Context client_context({.is_client = true, .is_1_3 = is_1_3, .releases_buffers = releases_buffers}),
      server_context({.is_client = false, .is_1_3 = is_1_3, .releases_buffers = releases_buffers});
  std::vector<pair> pairs;
  account at_client, at_server;
  // One to warm up: what is made once per thread or process belongs to no connection.
  for (int i = -1; i < count; ++i) {
    if (i == 0) at_client = at_server = {};
    pair p;
    *p.way = {};
    const auto at = [](account& a, auto&& step) {
      const accounting on(a);
      return step();
    };
    at(at_client, [&] { p.client = std::make_unique<Connection>(client_context, p.way->client()); });
    at(at_server, [&] { p.server = std::make_unique<Connection>(server_context, p.way->server()); });
    bool ours = false, theirs = false;
    for (int k = 0; k < 100 && (!ours || !theirs); ++k) {
      if (!ours) ours = at(at_client, [&] { return p.client->handshake() == outcome::done; });
      if (!theirs) theirs = at(at_server, [&] { return p.server->handshake() == outcome::done; });
    }
    std::size_t n = at(at_client, [&] { return p.client->write(data, 64); });
    n += at(at_server, [&] { return p.server->read(room, 64); });
    n += at(at_server, [&] { return p.server->write(data, 64); });
    n += at(at_client, [&] { return p.client->read(room, 64); });
    n += at(at_client, [&] { return p.client->read(room, 64); });
    n += at(at_server, [&] { return p.server->read(room, 64); });
    if (n != 4 * 64) give_up("passing bytes");
    pairs.push_back(std::move(p));
  }
  std::printf("client_heap %.0f\n", static_cast<double>(at_client.live_bytes) / count);
  std::printf("server_heap %.0f\n", static_cast<double>(at_server.live_bytes) / count);
}

}  // namespace bench
