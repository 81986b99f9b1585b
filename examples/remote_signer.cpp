// SPDX-License-Identifier: BSL-1.0
// remote_signer CERT-FILE KEY-FILE [PORT [CONNECTIONS]]: serves a greeting with a key that this program never reads.
// Another process signs, here the openssl command; an agent or a hardware module would do it the same way.
#include <cstdio>
#include <iostream>
#include <plugtls/backend.hpp>
#include <plugtls/plugtls.hpp>

namespace tls = plugtls;

// Asks the openssl command for one signature.
tls::errc sign(const std::string& key_file, const tls::signing_request& request, tls::byte_vector& signature,
               tls::error_info& info) {
  const std::string hash = "sha" + std::to_string(8 * request.digest.size());
  std::string command = "openssl pkeyutl -sign -inkey '" + key_file + "' -pkeyopt digest:" + hash;
  if (name(request.scheme).starts_with("rsa_pss"))
    command += " -pkeyopt rsa_padding_mode:pss -pkeyopt rsa_pss_saltlen:digest";
  std::string octal;  // for the shell's printf
  for (const std::byte b : request.digest) {
    char text[8];
    std::snprintf(text, sizeof text, "\\%03o", std::to_integer<unsigned>(b));
    octal += text;
  }
  std::FILE* answer = popen(("printf '" + octal + "' | " + command).c_str(), "r");
  if (answer == nullptr) return info.set(tls::errc::io_error, "no process can be started");
  signature.resize(1024);
  signature.resize(std::fread(signature.data(), 1, signature.size(), answer));
  const bool good = pclose(answer) == 0;
  return good ? tls::errc::success : info.set(tls::errc::io_error, "the openssl command failed");
}

int main(int argc, char** argv) try {
  if (argc < 3) return std::cerr << "usage: remote_signer CERT-FILE KEY-FILE [PORT [CONNECTIONS]]\n", 2;
  const tls::signer remote{.sign = [key_file = std::string(argv[2])](const auto& request, auto& out, auto& info) {
    return sign(key_file, request, out, info);
  }};
  const tls::context context = tls::context::server({.identities = {tls::identity::from_signer_file(argv[1], remote)}});
  tls::tcp_acceptor acceptor{"127.0.0.1", argc > 3 ? std::stoi(argv[3]) : 0};
  std::cout << "listening " << acceptor.local_endpoint() << std::endl;

  for (int left = argc > 4 ? std::stoi(argv[4]) : 1000; left > 0; --left) {
    std::error_code ec;
    auto s = acceptor.accept(context);
    s.write("hello, signed elsewhere\n", ec);  // shakes hands first
    if (!ec) s.shutdown(ec);
    if (ec) std::cerr << explain(s.error()) << '\n';
    s.close();
  }
} catch (const std::exception& e) {
  std::cerr << e.what() << '\n';
  return 1;
}
