// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <netdb.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <string>
#include <utility>

// What the smallest HTTPS clients share. They are there to be compared in size: PROGRAM HOST PORT CA-FILE.

namespace bench {

inline void say(const char* problem) {
  std::fputs(problem, stderr);
  std::exit(1);
}

inline int connect_to(const char* host, const char* port) {
  addrinfo hints{}, *found = nullptr;
  hints.ai_socktype = SOCK_STREAM;
  if (::getaddrinfo(host, port, &hints, &found) != 0) say("no such host\n");
  int fd = -1;
  for (const addrinfo* a = found; a != nullptr && fd < 0; a = a->ai_next) {
    fd = ::socket(a->ai_family, a->ai_socktype, a->ai_protocol);
    if (fd >= 0 && ::connect(fd, a->ai_addr, a->ai_addrlen) != 0) ::close(std::exchange(fd, -1));
  }
  ::freeaddrinfo(found);
  if (fd < 0) say("cannot connect\n");
  return fd;
}

inline std::string request_to(const char* host) {
  return "GET / HTTP/1.1\r\nHost: " + std::string(host) + "\r\nConnection: close\r\n\r\n";
}

}  // namespace bench
