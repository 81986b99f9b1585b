// SPDX-License-Identifier: BSL-1.0
// http_plain HOST PORT PATH: fetches a page, in the clear. http_tls.cpp is the same over TLS: five lines are other
// ones.
#include <netdb.h>
#include <sys/socket.h>
#include <unistd.h>

#include <iostream>
#include <string>

int dial(const char* host, const char* port) {
  addrinfo hints{}, *list = nullptr;
  hints.ai_socktype = SOCK_STREAM;
  if (getaddrinfo(host, port, &hints, &list) != 0) return -1;
  int fd = -1;
  for (const addrinfo* a = list; a != nullptr && fd < 0; a = a->ai_next) {
    fd = socket(a->ai_family, a->ai_socktype, a->ai_protocol);
    if (fd >= 0 && connect(fd, a->ai_addr, a->ai_addrlen) != 0) close(fd), fd = -1;
  }
  freeaddrinfo(list);
  return fd;
}

int main(int argc, char** argv) try {
  if (argc != 4) return std::cerr << "usage: http_plain HOST PORT PATH\n", 2;
  const int fd = dial(argv[1], argv[2]);
  if (fd < 0) return std::cerr << "cannot connect\n", 1;
  const std::string host = argv[1], path = argv[3];
  const std::string request = "GET " + path + " HTTP/1.1\r\nHost: " + host + "\r\nConnection: close\r\n\r\n";
  send(fd, request.data(), request.size(), MSG_NOSIGNAL);
  char block[4096];
  for (ssize_t n; (n = recv(fd, block, sizeof block, 0)) > 0;) std::cout.write(block, n);
  close(fd);
} catch (const std::exception& e) {
  std::cerr << e.what() << '\n';
  return 1;
}
