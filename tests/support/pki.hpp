// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <string>
#include <string_view>

#include "plugtls/settings.hpp"
#include "support/print.hpp"
#include "test_pki.hpp"

namespace plugtls_test {

namespace pki = plugtls::test_pki;

/// An identity of the test PKI. Fails the program's invariant loudly (by an empty chain) where the PEM is not usable.
inline plugtls::identity make_identity(std::string_view chain, std::string_view key,
                                       plugtls::password_callback password = {}) {
  plugtls::error_info info;
  return plugtls::identity::from_pem(chain, key, info, std::move(password));
}
inline plugtls::identity server_identity() { return make_identity(pki::server_chain, pki::server_key); }
inline plugtls::identity rsa_identity() { return make_identity(pki::server_rsa_chain, pki::server_rsa_key); }
inline plugtls::identity client_identity() { return make_identity(pki::client_chain, pki::client_key); }

inline plugtls::trust_store trust(std::string_view pem = pki::root) {
  plugtls::error_info info;
  return plugtls::trust_store::from_memory(pem, info);
}

/// Settings with which the ends of the test PKI verify each other; tests change what they are about.
inline plugtls::client_settings client_defaults() {
  plugtls::client_settings s;
  s.trust = trust();
  return s;
}
inline plugtls::server_settings server_defaults(plugtls::identity id = server_identity()) {
  plugtls::server_settings s;
  s.identities = {std::move(id)};
  return s;
}
/// The same, for a server that wants the client's certificate too.
inline plugtls::server_settings mutual_defaults(plugtls::verify_mode mode = plugtls::verify_mode::required) {
  plugtls::server_settings s = server_defaults();
  s.verify = mode;
  s.trust = trust();
  return s;
}

inline constexpr const char* server_name = "plugtls.test";

template <class Settings>
Settings with_version(Settings s, plugtls::tls_version v) {
  s.min_version = s.max_version = v;
  return s;
}

}  // namespace plugtls_test
