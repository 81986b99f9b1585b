// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "conformance.hpp"

namespace plugtls_test {

/// The server of another name: other.plugtls.test.
inline identity other_identity() { return make_identity(pki::wrong_name_chain, pki::wrong_name_key); }
inline certificate leaf_of(const identity& id) { return id.chain().front(); }

/// A client that takes a certificate of any name, to see which one is presented.
inline client_settings curious(tls_version v) {
  client_settings s = with_version(client_defaults(), v);
  s.insecure_skip_name = true;
  return s;
}
/// Asks for a name by SNI, and checks none.
inline peer_options asking(const std::string& name) {
  peer_options p;
  p.server_name = name;
  return p;
}

}  // namespace plugtls_test
