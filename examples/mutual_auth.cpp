// SPDX-License-Identifier: BSL-1.0
// mutual_auth CA-FILE SERVER-CERT SERVER-KEY CLIENT-CERT CLIENT-KEY: both ends show a certificate and check the
// other's.
#include <iostream>
#include <plugtls/backend.hpp>
#include <plugtls/plugtls.hpp>
#include <thread>

namespace tls = plugtls;

void serve(const tls::context& context, tls::tcp_acceptor& acceptor) try {
  auto s = acceptor.accept(context);
  s.handshake();
  s.write("hello, " + s.peer_certificate()->subject().first("CN"));
  s.shutdown();
  s.close();
} catch (const std::exception& e) {
  std::cerr << "server: " << e.what() << '\n';
}

int main(int argc, char** argv) try {
  if (argc < 6) return std::cerr << "usage: mutual_auth CA-FILE SERVER-CERT SERVER-KEY CLIENT-CERT CLIENT-KEY\n", 2;
  const tls::trust_store trust = tls::trust_store::from_file(argv[1]);
  const tls::context server_context = tls::context::server({.identities = {tls::identity::from_files(argv[2], argv[3])},
                                                            .verify = tls::verify_mode::required,
                                                            .trust = trust});
  const tls::context client_context =
      tls::context::client({.trust = trust, .identities = {tls::identity::from_files(argv[4], argv[5])}});

  tls::tcp_acceptor acceptor{"127.0.0.1", 0};
  acceptor.timeout(std::chrono::seconds(10));
  const std::jthread server(serve, std::cref(server_context), std::ref(acceptor));
  tls::tcp_stream s{client_context, "127.0.0.1", acceptor.local_port()};
  // In TLS 1.3 the server judges our certificate after our handshake is done: what it says comes with the first read.
  std::cout << s.read_all(1000) << '\n';
  s.shutdown();
  s.close();
} catch (const std::exception& e) {
  std::cerr << "client: " << e.what() << '\n';
  return 1;
}
