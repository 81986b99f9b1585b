// SPDX-License-Identifier: BSL-1.0
// echo_server CERT-FILE KEY-FILE [PORT [CONNECTIONS]]: sends back what it gets, one thread per connection.
#include <iostream>
#include <plugtls/backend.hpp>
#include <plugtls/plugtls.hpp>
#include <thread>
#include <vector>

namespace tls = plugtls;

void echo(tls::tcp_stream<tls::default_backend> s) {
  std::error_code ec;
  s.handshake(ec);
  char block[4096];
  while (!ec)
    if (const std::size_t n = s.read_some(block, ec)) s.write(std::string_view(block, n), ec);
  if (ec == tls::errc::closed)
    s.shutdown(ec);
  else
    std::cerr << explain(s.error()) << '\n';
  s.close();
}

int main(int argc, char** argv) try {
  if (argc < 3) return std::cerr << "usage: echo_server CERT-FILE KEY-FILE [PORT [CONNECTIONS]]\n", 2;
  const tls::context context = tls::context::server({.identities = {tls::identity::from_files(argv[1], argv[2])}});
  tls::tcp_acceptor acceptor{"127.0.0.1", argc > 3 ? std::stoi(argv[3]) : 0};
  std::cout << "listening " << acceptor.local_endpoint() << std::endl;

  std::vector<std::thread> threads;
  for (int left = argc > 4 ? std::stoi(argv[4]) : 1000; left > 0; --left)
    threads.emplace_back(echo, acceptor.accept(context));
  for (std::thread& t : threads) t.join();
} catch (const std::exception& e) {
  std::cerr << e.what() << '\n';
  return 1;
}
