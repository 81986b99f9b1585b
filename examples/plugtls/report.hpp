// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <plugtls/any.hpp>
#include <string>
#include <string_view>

#include "program.hpp"

namespace cli {

using json = nlohmann::ordered_json;

/// Writes one line of JSON on standard output. Bytes that are not UTF-8 become U+FFFD.
void print_json(const json& object);
std::string to_text(const json& object);

json certificate_json(const tls::certificate& certificate);
json chain_json(const std::vector<tls::certificate>& chain);
/// Lists the names of the conditions, each once, in the order in which they lead.
json problems_json(const tls::problem_list& problems);

/// What one connection came to.
struct connection_report {
  tls::role own = tls::role::client;
  const tls::backend_entry* backend = nullptr;
  stage at = stage::setup;
  tls::error_info error;
  std::uint64_t bytes_read = 0;
  std::uint64_t bytes_written = 0;
  std::string_view end;  ///< "closed", "truncated" or empty

  /// Keeps what the handshake agreed on, which an engine forgets when its connection fails.
  void established(const tls::any_engine& engine);
  bool is_established = false;
  bool resumed = false;
  tls::tls_version version = tls::tls_version::automatic;
  tls::cipher_suite suite = tls::cipher_suite::none;
  tls::named_group group = tls::named_group::none;
  tls::signature_scheme scheme = tls::signature_scheme::none;
  std::string alpn;
};

/// The record of CLI.md; `engine` is null where there is none.
json connection_json(const connection_report& report, const tls::any_engine* engine);

/// What was agreed on, for a person: "TLSv1.3 TLS_AES_128_GCM_SHA256 x25519".
std::string agreed_text(const connection_report& report);

/// Describes a certificate in a few lines.
std::string certificate_text(const tls::certificate& certificate, std::size_t depth);

}  // namespace cli
