// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "support/pki.hpp"

namespace plugtls_test {

/// A PSK for tests: `size` bytes that `seed` determines.
inline plugtls::external_psk make_psk(std::string identity = "device 1", char seed = 'a', std::size_t size = 32) {
  std::string key(size, '\0');
  for (std::size_t i = 0; i < size; ++i) key[i] = static_cast<char>(static_cast<std::size_t>(seed) * 37 + i * 11);
  return {std::move(identity), plugtls::secret(std::string_view(key))};
}

/// A client that knows nothing but a PSK: it trusts nobody and names nobody.
inline plugtls::client_settings psk_client(plugtls::external_psk psk = make_psk()) {
  plugtls::client_settings s;
  s.trust = plugtls::trust_store::none();
  s.psk = std::move(psk);
  return s;
}
inline plugtls::server_settings psk_server(plugtls::external_psk psk = make_psk()) {
  plugtls::server_settings s;
  s.psks = {make_psk("another", 'x'), std::move(psk), make_psk("a third", 'y')};
  return s;
}
/// One with a certificate besides.
inline plugtls::server_settings psk_and_certificate(plugtls::external_psk psk = make_psk()) {
  plugtls::server_settings s = psk_server(std::move(psk));
  s.identities = {server_identity()};
  return s;
}

}  // namespace plugtls_test
