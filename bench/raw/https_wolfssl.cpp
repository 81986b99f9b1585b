// SPDX-License-Identifier: BSL-1.0
#include <wolfssl/options.h>
// After the options.
#include <wolfssl/ssl.h>

#include <string_view>

#include "../support/https.hpp"
#include "../support/side.hpp"

int main(int argc, char** argv) {
  if (argc != 4) bench::say("usage: PROGRAM HOST PORT CA-FILE\n");
  const bench::handle<WOLFSSL_CTX, wolfSSL_CTX_free> ctx(wolfSSL_CTX_new(wolfSSLv23_client_method()));
  if (!ctx || wolfSSL_CTX_SetMinVersion(ctx.get(), WOLFSSL_TLSV1_2) != WOLFSSL_SUCCESS ||
      wolfSSL_CTX_load_verify_locations(ctx.get(), argv[3], nullptr) != WOLFSSL_SUCCESS)
    bench::say("no context\n");
  const int fd = bench::connect_to(argv[1], argv[2]);
  const bench::handle<WOLFSSL, wolfSSL_free> ssl(wolfSSL_new(ctx.get()));
  const std::string_view host(argv[1]);
  if (!ssl || wolfSSL_set_fd(ssl.get(), fd) != WOLFSSL_SUCCESS ||
      wolfSSL_UseSNI(ssl.get(), WOLFSSL_SNI_HOST_NAME, host.data(), static_cast<unsigned short>(host.size())) !=
          WOLFSSL_SUCCESS ||
      wolfSSL_check_domain_name(ssl.get(), argv[1]) != WOLFSSL_SUCCESS || wolfSSL_connect(ssl.get()) != WOLFSSL_SUCCESS)
    bench::say("no connection\n");
  const std::string request = bench::request_to(argv[1]);
  if (wolfSSL_write(ssl.get(), request.data(), static_cast<int>(request.size())) <= 0) bench::say("cannot write\n");
  char block[4096];
  int n = 0;
  while ((n = wolfSSL_read(ssl.get(), block, sizeof block)) > 0)
    std::fwrite(block, 1, static_cast<std::size_t>(n), stdout);
  if (wolfSSL_get_error(ssl.get(), n) != WOLFSSL_ERROR_ZERO_RETURN) bench::say("the end is cut off\n");
  wolfSSL_shutdown(ssl.get());
  ::close(fd);
}
