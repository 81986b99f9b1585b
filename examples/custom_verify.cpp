// SPDX-License-Identifier: BSL-1.0
// custom_verify HOST PORT CA-FILE PUBLIC-KEY-SHA256: besides all the usual checks, demands that some certificate of the
// chain has a known public key. A callback can only add reasons to refuse.
#include <iostream>
#include <plugtls/backend.hpp>
#include <plugtls/plugtls.hpp>

namespace tls = plugtls;

int main(int argc, char** argv) try {
  if (argc < 5) return std::cerr << "usage: custom_verify HOST PORT CA-FILE PUBLIC-KEY-SHA256\n", 2;
  tls::client_settings settings;
  settings.trust = tls::trust_store::from_file(argv[3]);
  settings.on_verify = [wanted = std::string(argv[4])](const tls::verify_context& v) {
    std::cout << v.peer_name << " presents " << v.chain.size() << " certificates:\n";
    bool known = false;
    for (const tls::certificate& c : v.path) {
      std::cout << "  " << c.spki_sha256_hex() << "  " << c.subject().oneline() << '\n';
      known = known || c.spki_sha256_hex() == wanted;
    }
    for (const tls::problem& p : v.problems) std::cout << "  problem: " << name(p.what) << '\n';
    return known;
  };

  tls::tcp_stream s{tls::context::client(settings), argv[1], std::stoi(argv[2])};
  std::cout << "accepted, " << name(s.version()) << '\n';
  s.shutdown();
} catch (const std::exception& e) {
  std::cerr << e.what() << '\n';
  return 1;
}
