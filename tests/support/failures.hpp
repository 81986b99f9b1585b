// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "plugtls/problem.hpp"
#include "support/pki.hpp"

namespace plugtls_test {

/// What a server of the test PKI can present that a client must refuse, and why.
struct failure {
  const char* what;
  std::string_view chain, key;
  const char* peer;                ///< whom the client means to reach
  plugtls::problem_list problems;  ///< the first leads
};

inline const failure failures[] = {
    {"expired", pki::expired_chain, pki::expired_key, server_name, {{plugtls::errc::certificate_expired, 0}}},
    {"not yet valid",
     pki::not_yet_valid_chain,
     pki::not_yet_valid_key,
     server_name,
     {{plugtls::errc::certificate_not_yet_valid, 0}}},
    {"self-signed", pki::self_signed_chain, pki::self_signed_key, server_name, {{plugtls::errc::self_signed, 0}}},
    {"foreign root", pki::foreign_chain, pki::foreign_key, server_name, {{plugtls::errc::unknown_issuer, 0}}},
    {"no intermediate", pki::server, pki::server_key, server_name, {{plugtls::errc::unknown_issuer, 0}}},
    {"wrong name", pki::wrong_name_chain, pki::wrong_name_key, server_name, {{plugtls::errc::hostname_mismatch, 0}}},
    {"wrong address", pki::wrong_ip_chain, pki::wrong_ip_key, "127.0.0.1", {{plugtls::errc::hostname_mismatch, 0}}},
    {"expired, wrong name",
     pki::expired_chain,
     pki::expired_key,
     "other.test",
     {{plugtls::errc::certificate_expired, 0}, {plugtls::errc::hostname_mismatch, 0}}},
    {"foreign, wrong name",
     pki::foreign_chain,
     pki::foreign_key,
     "other.test",
     {{plugtls::errc::unknown_issuer, 0}, {plugtls::errc::hostname_mismatch, 0}}},
};

}  // namespace plugtls_test
