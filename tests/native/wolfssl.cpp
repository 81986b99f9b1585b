// SPDX-License-Identifier: BSL-1.0
// What wolfSSL says by itself, going through the chain as its handshake does: from the end, each certificate that is
// good being taken in as an issuer.
#include <wolfssl/options.h>
// After the options.
#include <wolfssl/ssl.h>
#include <wolfssl/wolfcrypt/asn_public.h>

#include <memory>

#include "native/native_verifier.hpp"

namespace {

using plugtls_test::native_request;
std::time_t moment;

struct deleter {
  void operator()(WOLFSSL_CERT_MANAGER* m) const { wolfSSL_CertManagerFree(m); }
  void operator()(WOLFSSL_X509* c) const { wolfSSL_X509_free(c); }
};

std::time_t now(std::time_t* out) {
  if (out != nullptr) *out = moment;
  return moment;
}

bool accepts(const native_request& r) {
  const auto bytes = [](const std::string& pem) { return reinterpret_cast<const unsigned char*>(pem.data()); };
  const auto size = [](const std::string& pem) { return static_cast<long>(pem.size()); };
  moment = r.moment;
  const std::unique_ptr<WOLFSSL_CERT_MANAGER, deleter> manager(wolfSSL_CertManagerNew());
  const auto trust = [&](const std::string& pem) {
    wolfSSL_CertManagerLoadCABuffer(manager.get(), bytes(pem), size(pem), WOLFSSL_FILETYPE_PEM);
  };
  const auto is_good = [&](const std::string& pem) {
    return wolfSSL_CertManagerVerifyBuffer(manager.get(), bytes(pem), size(pem), WOLFSSL_FILETYPE_PEM) ==
           WOLFSSL_SUCCESS;
  };
  for (const std::string& pem : r.trust) trust(pem);
  for (std::size_t i = r.intermediates.size(); i-- > 0;) {
    if (!is_good(r.intermediates[i])) return false;
    trust(r.intermediates[i]);
  }
  if (!is_good(r.leaf)) return false;
  const std::unique_ptr<WOLFSSL_X509, deleter> leaf(
      wolfSSL_X509_load_certificate_buffer(bytes(r.leaf), static_cast<int>(size(r.leaf)), WOLFSSL_FILETYPE_PEM));
  if (r.name.empty()) return true;
  const int e = r.is_address ? wolfSSL_X509_check_ip_asc(leaf.get(), r.name.c_str(), 0)
                             : wolfSSL_X509_check_host(leaf.get(), r.name.c_str(), r.name.size(), 0, nullptr);
  return e == WOLFSSL_SUCCESS;
}

}  // namespace

int main() {
  wolfSSL_Init();
  wc_SetTimeCb(now);
  return plugtls_test::answer_native_requests([](const native_request& r) {
    return std::map<std::string, bool>{{"defaults", accepts(r)}};
  });
}
