// SPDX-License-Identifier: BSL-1.0
// What OpenSSL says by itself, with its defaults and with its strictest flags.
#include <openssl/pem.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>

#include <memory>

#include "native/native_verifier.hpp"

namespace {

using plugtls_test::native_request;
struct deleter {
  void operator()(BIO* b) const { BIO_free(b); }
  void operator()(X509* c) const { X509_free(c); }
  void operator()(X509_STORE* s) const { X509_STORE_free(s); }
  void operator()(X509_STORE_CTX* c) const { X509_STORE_CTX_free(c); }
  void operator()(STACK_OF(X509) * s) const { sk_X509_pop_free(s, X509_free); }
};
template <class T>
using handle = std::unique_ptr<T, deleter>;

handle<X509> read(const std::string& pem) {
  const handle<BIO> bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  return handle<X509>(PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr));
}

bool accepts(const native_request& r, bool is_strict) {
  const handle<X509> leaf = read(r.leaf);
  const handle<X509_STORE> store(X509_STORE_new());
  const handle<STACK_OF(X509)> untrusted(sk_X509_new_null());
  const handle<X509_STORE_CTX> context(X509_STORE_CTX_new());
  if (!leaf) return false;
  for (const std::string& pem : r.trust)
    if (const auto anchor = read(pem)) X509_STORE_add_cert(store.get(), anchor.get());
  for (const std::string& pem : r.intermediates)
    if (auto one = read(pem)) sk_X509_push(untrusted.get(), one.release());
  X509_STORE_CTX_init(context.get(), store.get(), leaf.get(), untrusted.get());
  X509_VERIFY_PARAM* param = X509_STORE_CTX_get0_param(context.get());
  X509_STORE_CTX_set_default(context.get(), r.is_server ? "ssl_server" : "ssl_client");
  X509_VERIFY_PARAM_set_auth_level(param, is_strict ? 2 : 1);
  X509_VERIFY_PARAM_set_time(param, r.moment);
  if (r.max_depth >= 0) X509_VERIFY_PARAM_set_depth(param, r.max_depth);
  if (r.is_address) X509_VERIFY_PARAM_set1_ip_asc(param, r.name.c_str());
  if (!r.is_address && !r.name.empty()) X509_VERIFY_PARAM_set1_host(param, r.name.c_str(), r.name.size());
  if (is_strict) {
    X509_VERIFY_PARAM_set_flags(param, X509_V_FLAG_X509_STRICT | X509_V_FLAG_PARTIAL_CHAIN);
    X509_VERIFY_PARAM_set_hostflags(param, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS | X509_CHECK_FLAG_NEVER_CHECK_SUBJECT);
  }
  return X509_verify_cert(context.get()) == 1;
}

}  // namespace

int main() {
  return plugtls_test::answer_native_requests([](const native_request& r) {
    return std::map<std::string, bool>{{"defaults", accepts(r, false)}, {"strict", accepts(r, true)}};
  });
}
