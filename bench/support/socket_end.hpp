// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstddef>
#include <utility>

#include "give_up.hpp"

namespace bench {

/// A socket without a library's own callbacks. 0: it would block, or the connection is lost, which no program here
/// expects of its own machine.
struct socket_end {
  static constexpr bool can_be_full = true;

  std::size_t read(void* out, std::size_t n) noexcept {
    const ssize_t got = ::recv(fd, out, n, 0);
    return got < 0 ? 0 : static_cast<std::size_t>(got);
  }
  std::size_t write(const void* from, std::size_t n) noexcept {
    const ssize_t sent = ::send(fd, from, n, MSG_NOSIGNAL);
    return sent < 0 ? 0 : static_cast<std::size_t>(sent);
  }

  int fd;
};

/// Two connected TCP sockets of this machine: the client's and the server's. Without Nagle's delay, unless it is
/// wanted.
inline std::pair<int, int> connect_loopback(bool delays = false) {
  const int listener = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  auto* plain = reinterpret_cast<sockaddr*>(&address);
  socklen_t size = sizeof address;
  if (::bind(listener, plain, size) != 0 || ::listen(listener, 1) != 0 || ::getsockname(listener, plain, &size) != 0)
    give_up("listening on 127.0.0.1");
  const int client = ::socket(AF_INET, SOCK_STREAM, 0);
  if (::connect(client, plain, size) != 0) give_up("connecting to 127.0.0.1");
  const int server = ::accept(listener, nullptr, nullptr);
  ::close(listener);
  const int on = delays ? 0 : 1;
  ::setsockopt(client, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  ::setsockopt(server, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  return {client, server};
}

/// Makes calls on a socket wait, or not.
inline void set_blocking(int fd, bool on) {
  const int flags = ::fcntl(fd, F_GETFL);
  ::fcntl(fd, F_SETFL, on ? flags & ~O_NONBLOCK : flags | O_NONBLOCK);
}

}  // namespace bench
