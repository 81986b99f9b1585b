// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <chrono>
#include <optional>
#include <plugtls/settings.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "options.hpp"
#include "program.hpp"

namespace cli {

struct host_and_port {
  std::string host;  ///< without brackets
  int port = 0;
};

/// Reads "HOST:PORT", an IPv6 address in brackets. `listening`: the host may be empty and the port 0.
host_and_port parse_endpoint(std::string_view text, std::string_view what, bool listening = false);

/// Checks a number of seconds, and converts it.
std::chrono::milliseconds parse_seconds(double seconds, std::string_view what);

/// Reads a moment as RFC 3339 writes it.
tls::unix_time parse_time(std::string_view text, std::string_view what);

/// Reads "none", "leaf" or "chain", the last two with ":soft" or ":hard"; by default CRLs hold for the chain, hard.
tls::revocation_policy parse_revocation(const std::optional<std::string>& text);

/// Has each identity presented for the names in its certificate, and the first to all others: with it those for the
/// same names and of other kinds of keys. Leaves a single one alone.
void serve_by_name(tls::server_settings& settings);

/// Adds CRLs from files.
void add_crls(const std::vector<std::string>& files, tls::trust_store& store);

/// Everything below throws `tls_error` for a value that is no good.
tls::client_settings make_client_settings(const client_options& options);
tls::server_settings make_server_settings(const serve_options& options);

}  // namespace cli
