// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <string>
#include <string_view>

#include "plugtls/context_plan.hpp"
#include "plugtls/mbedtls/compat.hpp"
#include "plugtls/mbedtls/error.hpp"
#include "plugtls/psk.hpp"

// Templates, so that nothing is looked up in a library that is built without PSK: it declares no such capability.
namespace plugtls::mbedtls {

/// mbedTLS's question for a key, with a plan to answer it from. mbedTLS copies the key.
template <class Ssl>
int find_psk(void* plan, Ssl* ssl, const unsigned char* identity, std::size_t size) noexcept {
  const std::string_view asked(reinterpret_cast<const char*>(identity), size);
  const external_psk* found = detail::find_psk(static_cast<const context_plan*>(plan)->psks, asked);
  if (found == nullptr) return MBEDTLS_ERR_SSL_UNKNOWN_IDENTITY;
  return mbedtls_ssl_set_hs_psk(ssl, reinterpret_cast<const unsigned char*>(found->key.c_str()), found->key.size());
}

/// Gives a client its key, and a server all of them. The plan must outlive the configuration.
template <class Config>
errc set_psks(Config* conf, const context_plan& plan, error_info& info) {
  for (const external_psk& psk : plan.psks)
    if (psk.key.size() > compat::max_psk)
      return info.set(errc::unsupported, "mbedTLS takes PSKs of at most " + std::to_string(compat::max_psk) + " bytes");
  // A client offers certificates all the same, as the other libraries do: one that comes is refused by the verifier.
  compat::set_psk_modes(conf, plan.psk_only && plan.own == role::server);
  if (plan.own == role::server) {
    mbedtls_ssl_conf_psk_cb(conf, find_psk<mbedtls_ssl_context>, const_cast<context_plan*>(&plan));
    return errc::success;
  }
  const external_psk& psk = plan.psks.front();
  const int e = mbedtls_ssl_conf_psk(conf, reinterpret_cast<const unsigned char*>(psk.key.c_str()), psk.key.size(),
                                     reinterpret_cast<const unsigned char*>(psk.identity.data()), psk.identity.size());
  return e == 0 ? errc::success : refuse(info, e, errc::unsupported, "mbedTLS cannot use the PSK");
}

}  // namespace plugtls::mbedtls
