// SPDX-License-Identifier: BSL-1.0
// What mbedTLS says by itself. It has no clock to set: dates are compared here.
#include <mbedtls/oid.h>
#include <mbedtls/x509_crt.h>

#include "native/native_verifier.hpp"

namespace {

using plugtls_test::native_request;

class certificates {
 public:
  certificates() { mbedtls_x509_crt_init(&list_); }
  certificates(const certificates&) = delete;
  certificates& operator=(const certificates&) = delete;
  ~certificates() { mbedtls_x509_crt_free(&list_); }
  mbedtls_x509_crt* get() { return &list_; }

 private:
  mbedtls_x509_crt list_;
};

int append(certificates& list, const std::string& pem) {
  return mbedtls_x509_crt_parse(list.get(), reinterpret_cast<const unsigned char*>(pem.c_str()), pem.size() + 1);
}

std::time_t seconds(const mbedtls_x509_time& t) {
  std::tm parts{};
  parts.tm_year = t.year - 1900;
  parts.tm_mon = t.mon - 1;
  parts.tm_mday = t.day;
  parts.tm_hour = t.hour;
  parts.tm_min = t.min;
  parts.tm_sec = t.sec;
  return timegm(&parts);
}

int set_dates(void* moment, mbedtls_x509_crt* c, int, std::uint32_t* flags) {
  const std::time_t now = *static_cast<const std::time_t*>(moment);
  *flags &= ~static_cast<std::uint32_t>(MBEDTLS_X509_BADCERT_EXPIRED | MBEDTLS_X509_BADCERT_FUTURE);
  if (now > seconds(c->valid_to)) *flags |= MBEDTLS_X509_BADCERT_EXPIRED;
  if (now < seconds(c->valid_from)) *flags |= MBEDTLS_X509_BADCERT_FUTURE;
  return 0;
}

bool accepts(native_request r) {
  certificates chain, trust;
  if (append(chain, r.leaf) != 0) return false;
  for (const std::string& pem : r.intermediates)
    if (append(chain, pem) != 0) return false;  // as a handshake does
  for (const std::string& pem : r.trust) append(trust, pem);
  std::uint32_t flags = 0;
  const char* purpose = r.is_server ? MBEDTLS_OID_SERVER_AUTH : MBEDTLS_OID_CLIENT_AUTH;
  return mbedtls_x509_crt_verify(chain.get(), trust.get(), nullptr, r.name.empty() ? nullptr : r.name.c_str(), &flags,
                                 set_dates, &r.moment) == 0 &&
         mbedtls_x509_crt_check_extended_key_usage(chain.get(), purpose, MBEDTLS_OID_SIZE(MBEDTLS_OID_SERVER_AUTH)) ==
             0;
}

}  // namespace

int main() {
  return plugtls_test::answer_native_requests([](const native_request& r) {
    return std::map<std::string, bool>{{"defaults", accepts(r)}};
  });
}
