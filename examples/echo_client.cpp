// SPDX-License-Identifier: BSL-1.0
// echo_client HOST PORT [CA-FILE]: sends each line of standard input to an echo server and prints what comes back.
#include <iostream>
#include <plugtls/backend.hpp>
#include <plugtls/plugtls.hpp>

namespace tls = plugtls;

int main(int argc, char** argv) try {
  if (argc < 3) return std::cerr << "usage: echo_client HOST PORT [CA-FILE]\n", 2;
  tls::client_settings settings;
  if (argc > 3) settings.trust = tls::trust_store::from_file(argv[3]);

  tls::tcp_stream s{tls::context::client(settings), argv[1], std::stoi(argv[2])};
  for (std::string line; std::getline(std::cin, line);) {
    line += '\n';
    s.write(line);
    s.read(line);  // as many bytes as were sent
    std::cout << line << std::flush;
  }
  s.shutdown();  // close_notify both ways, so that each side knows that nothing was cut off
  s.close();
} catch (const std::exception& e) {
  std::cerr << e.what() << '\n';
  return 1;
}
