// SPDX-License-Identifier: BSL-1.0
// https_get HOST PORT PATH [CA-FILE]: fetches a page over HTTPS and prints the response.
#include <iostream>
#include <plugtls/backend.hpp>
#include <plugtls/plugtls.hpp>

namespace tls = plugtls;

int main(int argc, char** argv) try {
  if (argc < 4) return std::cerr << "usage: https_get HOST PORT PATH [CA-FILE]\n", 2;
  const std::string host = argv[1], path = argv[3];
  tls::client_settings settings{.alpn = {"http/1.1"}};  // TLS 1.2 to 1.3, verification required
  if (argc > 4) settings.trust = tls::trust_store::from_file(argv[4]);

  tls::tcp_stream s{tls::context::client(settings), host, std::stoi(argv[2])};  // connects, checks who answers
  s.write("GET " + path + " HTTP/1.1\r\nHost: " + host + "\r\nConnection: close\r\n\r\n");
  std::cout << s.read_all(1 << 20);  // throws when the end is cut off
} catch (const std::exception& e) {
  std::cerr << e.what() << '\n';
  return 1;
}
