// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <memory>
#include <string_view>
#include <vector>

#include "pipes.hpp"

// What connections are made to do, the same for every side. A side S brings:
//   S(const task&)             both contexts; throws not_offered
//   S::resumes                 whether it can keep sessions; then ends have was_resumed()
//   S::end<Line>               one end, made from (S&, is_client, what Line gives): handshake() is true when it is
//                              done; write_some and read_some return 0 where they would block; finish() ends it in
//                              order
// For the workloads of all_workloads.hpp it brings more.

namespace bench {

// Turns without any progress after which a connection is given up: both ends are in one thread.
inline constexpr int patience = 10000000;

/// Moves `size` bytes from one end to the other, in one write as long as it is taken.
template <class From, class To>
void move_bytes(From& from, To& to, std::size_t size) {
  static std::byte data[262144], room[16384];
  std::size_t sent = 0, got = 0;
  for (int turns = 0; got < size; ++turns) {
    if (sent < size) sent += from.write_some(data + sent, size - sent);
    while (got < sent) {
      const std::size_t n = to.read_some(room, std::min(sizeof room, size - got));
      if (n == 0) break;
      got += n;
    }
    require(turns < patience, "moving bytes");
  }
}

template <class S, class Line>
struct connection {
  explicit connection(S& s) : client(s, true, line.client()), server(s, false, line.server()) {}
  void connect() {
    bool ours = false, theirs = false;
    for (int turns = 0; !ours || !theirs; ++turns) {
      ours = ours || client.handshake();
      theirs = theirs || server.handshake();
      require(turns < patience, "the handshake");
    }
  }
  Line line;
  typename S::template end<Line> client, server;
};

/// "handshake".
template <class S, class Line>
struct handshakes : job {
  explicit handshakes(const task& what) : side(what), resumes(what.resumes != 0) {
    if (resumes) once();  // for the first ticket
  }
  void once() {
    connection<S, Line> c(side);
    c.connect();
    if (resumes) {
      move_bytes(c.server, c.client, 1);  // a client of TLS 1.3 reads its ticket with the first data
      was_resumed = c.client.was_resumed();
      c.client.finish();
    }
  }
  double run(std::uint64_t count) override {
    const double begin = cpu_seconds();
    for (std::uint64_t i = 0; i < count; ++i) {
      once();
      if (resumes) require(was_resumed, "resuming");
    }
    return cpu_seconds() - begin;
  }
  S side;
  bool resumes;
  bool was_resumed = false;
};

/// "bulk" and "echo".
struct transfer {
  explicit transfer(const task& what) : size(what.size), reply(what.reply) {}
  template <class Connection>
  void operator()(Connection& c) const {
    move_bytes(c.client, c.server, size);
    if (reply != 0) move_bytes(c.server, c.client, reply);
  }
  std::size_t size, reply;
};

/// The same message, or exchange of messages, again and again.
template <class S, class Line, class Message>
struct exchanges : job {
  explicit exchanges(const task& what) : side(what), message(what) {}
  double run(std::uint64_t count) override {
    connection<S, Line> c(side);
    c.connect();
    move_bytes(c.server, c.client, 1);
    for (int i = 0; i < 8; ++i) message(c);
    const double begin = cpu_seconds();
    for (std::uint64_t i = 0; i < count; ++i) message(c);
    return cpu_seconds() - begin;
  }
  S side;
  Message message;
};

/// "idle": holds so many connections that have exchanged some bytes; what they hold on the heap is counted from
/// outside.
template <class S, class Line>
struct idle : job {
  explicit idle(const task& what) : side(what), size(what.size) {}
  double run(std::uint64_t count) override {
    held.clear();
    for (std::uint64_t i = 0; i < count; ++i) {
      held.push_back(std::make_unique<connection<S, Line>>(side));
      held.back()->connect();
      move_bytes(held.back()->client, held.back()->server, size);
      move_bytes(held.back()->server, held.back()->client, size);
    }
    return 0;
  }
  S side;
  std::size_t size;
  std::vector<std::unique_ptr<connection<S, Line>>> held;
};

/// The workloads that every side has; null for others.
template <class S, class Line>
std::unique_ptr<job> make_common_workload(const task& what) {
  const std::string_view work = what.work;
  if (what.threads != 0 || (what.resumes != 0 && !S::resumes)) return nullptr;
  if (work == "handshake") return std::make_unique<handshakes<S, Line>>(what);
  if (work == "bulk" || work == "echo") return std::make_unique<exchanges<S, Line, transfer>>(what);
  if (work.starts_with("idle")) return std::make_unique<idle<S, Line>>(what);
  return nullptr;
}

/// Over TCP, of a side that has no more than these.
template <class S>
std::unique_ptr<job> make_few_workloads(const task& what) {
  const bool is_few = std::string_view(what.work) != "idle_released";
  auto made = what.over_tcp != 0 && is_few ? make_common_workload<S, tcp_line>(what) : nullptr;
  if (made == nullptr) throw not_offered("not measured with this side");
  return made;
}

}  // namespace bench
