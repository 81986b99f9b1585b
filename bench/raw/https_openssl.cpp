// SPDX-License-Identifier: BSL-1.0
#include <openssl/err.h>
#include <openssl/ssl.h>

#include "../support/https.hpp"
#include "../support/side.hpp"

int main(int argc, char** argv) {
  if (argc != 4) bench::say("usage: PROGRAM HOST PORT CA-FILE\n");
  const bench::handle<SSL_CTX, SSL_CTX_free> ctx(SSL_CTX_new(TLS_client_method()));
  if (!ctx || SSL_CTX_set_min_proto_version(ctx.get(), TLS1_2_VERSION) != 1 ||
      SSL_CTX_load_verify_locations(ctx.get(), argv[3], nullptr) != 1)
    bench::say("no context\n");
  SSL_CTX_set_verify(ctx.get(), SSL_VERIFY_PEER, nullptr);
  const int fd = bench::connect_to(argv[1], argv[2]);
  const bench::handle<SSL, SSL_free> ssl(SSL_new(ctx.get()));
  if (!ssl || SSL_set_fd(ssl.get(), fd) != 1 || SSL_set_tlsext_host_name(ssl.get(), argv[1]) != 1 ||
      SSL_set1_host(ssl.get(), argv[1]) != 1 || SSL_connect(ssl.get()) != 1) {
    ERR_print_errors_fp(stderr);
    return 1;
  }
  const std::string request = bench::request_to(argv[1]);
  if (SSL_write(ssl.get(), request.data(), static_cast<int>(request.size())) <= 0) bench::say("cannot write\n");
  char block[4096];
  int n = 0;
  while ((n = SSL_read(ssl.get(), block, sizeof block)) > 0) std::fwrite(block, 1, static_cast<std::size_t>(n), stdout);
  if (SSL_get_error(ssl.get(), n) != SSL_ERROR_ZERO_RETURN) bench::say("the end is cut off\n");
  SSL_shutdown(ssl.get());
  ::close(fd);
}
