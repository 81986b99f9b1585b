// SPDX-License-Identifier: BSL-1.0
// https_tour HOST PORT CA-FILE: looks at a server's certificate, tells the four checks of HTTPS apart, and fetches a
// page if they are all good.
#include <iostream>
#include <plugtls/backend.hpp>
#include <plugtls/plugtls.hpp>

namespace tls = plugtls;

bool is_good(const tls::problem_list& problems, std::initializer_list<tls::errc> wrong) {
  for (const tls::problem& p : problems)
    for (const tls::errc e : wrong)
      if (p.what == e) return false;
  return true;
}

void show(const char* what, const std::vector<tls::name_component>& name) {
  std::cout << what << ":\n";
  for (const auto& [type, value] : name) std::cout << "  " << type << " = " << value << '\n';
}

int main(int argc, char** argv) try {
  if (argc != 4) return std::cerr << "usage: https_tour HOST PORT CA-FILE\n", 2;
  const std::string host = argv[1];
  const int port = std::stoi(argv[2]);
  tls::client_settings settings{.trust = tls::trust_store::from_file(argv[3])};

  // 1. Whatever is wrong with it, the certificate is shown; nothing is sent over this connection.
  tls::problem_list problems;
  tls::client_settings looking = settings;
  looking.insecure_override = [&problems](const tls::verify_context& seen) {
    problems = seen.problems;
    return true;
  };
  tls::tcp_stream look{tls::context::client(looking), host, port};
  look.shutdown();
  const tls::certificate_info info(*look.peer_certificate());
  show("subject", info.subject);
  show("issuer", info.issuer);

  // 2. The four checks, each with its own reason.
  const auto say = [&](const char* question, std::initializer_list<tls::errc> wrong) {
    std::cout << question << (is_good(problems, wrong) ? " yes\n" : " NO\n");
  };
  say("valid today?", {tls::errc::certificate_expired, tls::errc::certificate_not_yet_valid});
  say("for this host?", {tls::errc::hostname_mismatch});
  say("unchanged?", {tls::errc::bad_signature, tls::errc::malformed_certificate});
  say("from a trusted authority?", {tls::errc::unknown_issuer, tls::errc::self_signed});

  // 3. The page, over a connection that makes all of them.
  tls::tcp_stream s{tls::context::client(settings), host, port};
  s.write("GET / HTTP/1.1\r\nHost: " + host + "\r\nConnection: close\r\n\r\n");
  std::cout << s.read_all(1 << 20);
} catch (const std::exception& e) {
  std::cerr << e.what() << '\n';
  return 1;
}
