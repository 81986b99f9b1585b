// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "conformance.hpp"

namespace plugtls_test {

/// What a client says of a server with this identity, the same in every version; and of its chain and OCSP response
/// alone, too.
inline problem_list found_by_client(const client_settings& s, const identity& id = server_identity()) {
  constexpr bool is_exact = has<default_backend, capability::exact_certificate_alert>;
  problem_list first;
  for (const tls_version v : versions()) {
    CAPTURE(name(v));
    connection c(with_version(s, v), server_defaults(id));
    c.run();
    const error_info& e = c.client.engine.error();
    INFO(explain(e));
    CHECK(c.client.up() == e.problems.empty());
    CHECK(c.client.handshake_error == leading(e.problems));
    const chain_verdict alone =
        make_client(with_version(s, v)).verify_chain(id.chain(), {server_name, {}, id.ocsp_response()});
    CHECK(alone.error.problems == e.problems);
    CHECK(alone.error.code == c.client.handshake_error);
    CHECK(alone.path == c.client.engine.verified_path());
    if (v == versions().front()) first = e.problems;
    CHECK(first == e.problems);
    if (e.problems.empty()) continue;
    CHECK(outcome(c.server) == errc::alert_received);
    if (is_exact) CHECK(e.alert_sent);
    for (const auto& a : {e.alert_sent, c.server.engine.error().alert_received}) {
      if (!a) continue;
      CHECK(is_certificate_alert(*a));
      if (is_exact) CHECK(*a == alert_for(e.code));
    }
    if (has<default_backend, capability::encrypted_alert_number> && is_exact)
      CHECK(c.server.engine.error().alert_received == e.alert_sent);
  }
  return first;
}

}  // namespace plugtls_test
