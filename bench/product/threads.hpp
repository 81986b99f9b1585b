// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <sched.h>

#include <thread>

#include "messages.hpp"

// The same with a thread for each end, over sockets that wait, by the clock on the wall. A side S says
//   S::sets_no_delay   it switches Nagle's delay off on the sockets that it opens
// and an end may have waits(bool).

namespace bench {

inline cpu_set_t usable_cores() {
  cpu_set_t out;
  CPU_ZERO(&out);
  require(sched_getaffinity(0, sizeof out, &out) == 0, "asking for the cores");
  return out;
}

/// Keeps this thread, and those that it starts meanwhile, on one core, if it is `on`.
class pinned {
 public:
  explicit pinned(bool on) : before_(usable_cores()) {
    if (!on) return;
    int core = 0;
    while (!CPU_ISSET(core, &before_)) ++core;
    cpu_set_t one;
    CPU_ZERO(&one);
    CPU_SET(core, &one);
    require(sched_setaffinity(0, sizeof one, &one) == 0, "choosing a core");
  }
  ~pinned() { sched_setaffinity(0, sizeof before_, &before_); }
  pinned(const pinned&) = delete;
  pinned& operator=(const pinned&) = delete;

 private:
  cpu_set_t before_;
};

template <class S>
struct threaded : job {
  using end = typename S::template end<tcp_line>;

  explicit threaded(const task& what) : side(what), work(what.work), size(what.size), reply(what.reply) {
    const cpu_set_t cores = usable_cores();
    if (what.threads == 2 && CPU_COUNT(&cores) < 2)
      throw not_offered("two threads at once need two cores; this process has one");
    is_pinned = what.threads == 1;
  }
  double run(std::uint64_t count) override {
    const pinned here(is_pinned);
    if (work == "handshake") {
      double sum = 0;
      for (std::uint64_t i = 0; i < count; ++i) {
        tcp_line line(true, !S::sets_no_delay);
        const double begin = cpu_seconds(CLOCK_MONOTONIC);
        both(
            line, [&](end& e) { shake(e), receive(e, size), send(e, reply); },
            [&](end& e) { shake(e), send(e, size), receive(e, reply); });
        sum += cpu_seconds(CLOCK_MONOTONIC) - begin;
      }
      return sum;
    }
    tcp_line line(true);
    double seconds = 0;
    both(
        line, [&](end& e) { shake(e), send(e, 1), serve(e, count); },
        [&](end& e) {
          shake(e), receive(e, 1);
          const double begin = cpu_seconds(CLOCK_MONOTONIC);
          for (std::uint64_t i = 0; i < count; ++i) {
            send(e, size);
            if (reply != 0) receive(e, reply);
          }
          receive(e, 1);
          seconds = cpu_seconds(CLOCK_MONOTONIC) - begin;
        });
    return seconds;
  }

 private:
  void serve(end& e, std::uint64_t count) {
    for (std::uint64_t i = 0; i < count; ++i) {
      receive(e, size);
      if (reply != 0) send(e, reply);
    }
    send(e, 1);
  }
  static void shake(end& e) {
    while (!e.handshake()) continue;
  }
  static void send(end& e, std::size_t n) {
    static const std::byte data[16384] = {};
    write_whole(e, data, n);
  }
  static void receive(end& e, std::size_t n) {
    std::byte room[16384];
    read_whole(e, room, n);
  }

  // Runs both ends. Where one fails the other must not wait for it.
  template <class Server, class Client>
  void both(tcp_line& line, Server serve_it, Client use_it) {
    std::string why;
    const auto guarded = [&](bool is_client, auto&& what) {
      try {
        end e(side, is_client, is_client ? line.client() : line.server());
        if constexpr (requires { e.waits(true); }) e.waits(true);
        what(e);
        return std::string();
      } catch (const std::exception& e) {
        ::shutdown(is_client ? line.client() : line.server(), SHUT_RDWR);
        return std::string(e.what());
      }
    };
    std::thread server([&] { why = guarded(false, serve_it); });
    const std::string ours = guarded(true, use_it);
    server.join();
    if (!why.empty() || !ours.empty()) throw std::runtime_error(why.empty() ? ours : why);
  }

  S side;
  std::string work;
  std::size_t size, reply;
  bool is_pinned = false;
};

}  // namespace bench
