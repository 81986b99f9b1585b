// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <memory>

#include "../support/ring.hpp"
#include "side.hpp"

// What lies below both ends of a connection: two rings in memory, or a TCP connection over loopback.

namespace bench {

class memory_line {
 public:
  ring_end client() { return {&rings_->to_client, &rings_->to_server}; }
  ring_end server() { return {&rings_->to_server, &rings_->to_client}; }

 private:
  std::unique_ptr<link> rings_ = std::make_unique<link>();
};

/// Not blocking: both ends are in one thread. Without Nagle's delay, as all who measure set it.
class tcp_line {
 public:
  tcp_line() {
    const int listener = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    auto* where = reinterpret_cast<sockaddr*>(&address);
    socklen_t size = sizeof address;
    client_ = ::socket(AF_INET, SOCK_STREAM, 0);
    const bool connected = listener >= 0 && ::bind(listener, where, size) == 0 && ::listen(listener, 1) == 0 &&
                           ::getsockname(listener, where, &size) == 0 && ::connect(client_, where, size) == 0;
    if (connected) server_ = ::accept(listener, nullptr, nullptr);
    ::close(listener);
    for (const int fd : {client_, server_}) {
      const int on = 1;
      ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
      ::fcntl(fd, F_SETFL, O_NONBLOCK);
    }
    if (server_ < 0) throw std::runtime_error("no TCP connection over loopback");
  }
  tcp_line(const tcp_line&) = delete;
  tcp_line& operator=(const tcp_line&) = delete;
  ~tcp_line() {
    ::close(client_);
    ::close(server_);
  }
  int client() const noexcept { return client_; }
  int server() const noexcept { return server_; }

 private:
  int client_ = -1;
  int server_ = -1;
};

}  // namespace bench
