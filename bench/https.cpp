// SPDX-License-Identifier: BSL-1.0
// The same as raw/https_NAME.cpp, with plugtls.
#include <plugtls/backend.hpp>
#include <plugtls/net/fd_transport.hpp>
#include <plugtls/stream.hpp>

#include "support/https.hpp"

namespace tls = plugtls;

int main(int argc, char** argv) try {
  if (argc != 4) bench::say("usage: PROGRAM HOST PORT CA-FILE\n");
  const tls::context ctx = tls::context::client({.trust = tls::trust_store::from_file(argv[3])});
  tls::stream s{ctx, tls::fd_transport(bench::connect_to(argv[1], argv[2])), argv[1]};
  s.write(bench::request_to(argv[1]));
  char block[4096];
  std::error_code ec;
  while (const std::size_t n = s.read_some(block, ec)) std::fwrite(block, 1, n, stdout);
  if (ec != tls::errc::closed) bench::say("the end is cut off\n");
  s.shutdown(ec);
} catch (const tls::tls_error& e) {
  bench::say(e.what());
}
