// SPDX-License-Identifier: BSL-1.0
// line_server CERT-FILE KEY-FILE [PORT [CONNECTIONS]]: answers each line in capitals; a thread for each connection.
#include <algorithm>
#include <cctype>
#include <iostream>
#include <plugtls/backend.hpp>
#include <plugtls/iostream.hpp>
#include <plugtls/plugtls.hpp>
#include <thread>
#include <vector>

namespace tls = plugtls;

class line_server {
 public:
  line_server(const char* cert, const char* key, int port)
      : context_(tls::context::server({.identities = {tls::identity::from_files(cert, key)}})),
        acceptor_("127.0.0.1", port) {}

  void serve(int connections) {
    std::cout << "listening " << acceptor_.local_endpoint() << std::endl;
    for (; connections > 0; --connections) threads_.emplace_back(handle, acceptor_.accept(context_));
    for (std::thread& t : threads_) t.join();
  }

 private:
  static void handle(tls::tcp_stream<tls::default_backend> connection) {
    tls::iostream io(connection);  // shakes hands when it first reads
    for (std::string line; std::getline(io, line); io << line << std::endl)
      std::transform(line.begin(), line.end(), line.begin(), [](unsigned char c) { return std::toupper(c); });
    std::error_code ec;
    if (io.bad()) std::cerr << explain(connection.error()) << '\n';
    if (!io.bad()) connection.shutdown(ec);
    connection.close();
  }

  tls::context context_;
  tls::tcp_acceptor acceptor_;
  std::vector<std::thread> threads_;
};

int main(int argc, char** argv) try {
  if (argc < 3) return std::cerr << "usage: line_server CERT-FILE KEY-FILE [PORT [CONNECTIONS]]\n", 2;
  line_server(argv[1], argv[2], argc > 3 ? std::stoi(argv[3]) : 0).serve(argc > 4 ? std::stoi(argv[4]) : 1000);
} catch (const std::exception& e) {
  std::cerr << e.what() << '\n';
  return 1;
}
