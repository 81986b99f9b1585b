// SPDX-License-Identifier: BSL-1.0
// get_server_certificate HOST PORT [CA-FILE]: prints a server's certificate, and what is wrong with it.
#include <iostream>
#include <plugtls/backend.hpp>
#include <plugtls/plugtls.hpp>

namespace tls = plugtls;

int main(int argc, char** argv) try {
  if (argc < 3) return std::cerr << "usage: get_server_certificate HOST PORT [CA-FILE]\n", 2;
  std::string verdict = "ok";
  tls::client_settings settings;
  if (argc > 3) settings.trust = tls::trust_store::from_file(argv[3]);
  // Takes the chain whatever verification says, in order to look at it. Nothing is sent over this connection.
  settings.insecure_override = [&verdict](const tls::verify_context& v) {
    if (!v.problems.empty()) verdict = name(leading(v.problems));
    return true;
  };

  tls::tcp_stream s{tls::context::client(settings), argv[1], std::stoi(argv[2])};
  s.shutdown();
  const tls::certificate& c = *s.peer_certificate();
  std::cout << "subject:  " << c.subject().oneline() << '\n';
  std::cout << "issuer:   " << c.issuer().oneline() << '\n';
  for (const std::string& name : c.subject_alt_names()) std::cout << "name:     " << name << '\n';
  std::cout << "valid:    " << tls::to_rfc3339(c.not_before()) << " to " << tls::to_rfc3339(c.not_after()) << '\n';
  std::cout << "key:      " << c.key_description() << '\n';
  std::cout << "sha256:   " << c.sha256_hex() << '\n';
  std::cout << "verdict:  " << verdict << '\n' << c.pem();
} catch (const std::exception& e) {
  std::cerr << e.what() << '\n';
  return 1;
}
