// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <memory>

#include "../support/ring.hpp"
#include "../support/socket_end.hpp"
#include "side.hpp"

// What lies below both ends of a connection: two rings in memory, or a TCP connection over loopback.

namespace bench {

/// Takes the rings of the one before: two megabytes anew would cost more than some handshakes do.
class memory_line {
 public:
  memory_line() : rings_(spare() != nullptr ? std::move(spare()) : std::make_unique_for_overwrite<link>()) {
    for (ring* r : {&rings_->to_client, &rings_->to_server}) r->begin = r->end = 0;
  }
  memory_line(const memory_line&) = delete;
  memory_line& operator=(const memory_line&) = delete;
  ~memory_line() { spare() = std::move(rings_); }
  ring_end client() { return rings_->client(); }
  ring_end server() { return rings_->server(); }

 private:
  static std::unique_ptr<link>& spare() {
    static std::unique_ptr<link> kept;
    return kept;
  }
  std::unique_ptr<link> rings_;
};

/// Not blocking, where both ends are in one thread. Without Nagle's delay, as all who measure set it, unless it is what
/// is measured.
class tcp_line {
 public:
  explicit tcp_line(bool blocks = false, bool delays = false) : ends_(connect_loopback(delays)) {
    for (const int fd : {client(), server()}) set_blocking(fd, blocks);
  }
  tcp_line(const tcp_line&) = delete;
  tcp_line& operator=(const tcp_line&) = delete;
  ~tcp_line() {
    ::close(client());
    ::close(server());
  }
  int client() const noexcept { return ends_.first; }
  int server() const noexcept { return ends_.second; }

 private:
  std::pair<int, int> ends_;
};

}  // namespace bench
