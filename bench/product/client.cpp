// SPDX-License-Identifier: BSL-1.0
// What a small client takes: built for each backend, never run.
#include <iostream>
#include <plugtls/backend.hpp>
#include <plugtls/plugtls.hpp>

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  plugtls::tcp_stream s{plugtls::context::client({}), argv[1], 443};
  s.write("GET / HTTP/1.0\r\n\r\n");
  std::cout << s.read_all(1 << 20);
}
