// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "report.hpp"

namespace cli {

/// What verifies chains: trust and limits made ready once, for chains of different moments.
class chain_verifier {
 public:
  /// Throws `tls_error` where the backend refuses the trust. Without a depth the default limit holds.
  chain_verifier(const tls::backend_entry& backend, tls::trust_store trust, tls::revocation_policy revocation,
                 std::optional<int> max_depth);

  /// Verifies DER, leaf first. Without a moment: now.
  tls::chain_verdict verify(const std::vector<tls::byte_vector>& chain, const tls::chain_options& options,
                            std::optional<tls::unix_time> moment);

 private:
  std::shared_ptr<std::optional<tls::unix_time>> moment_;
  tls::any_context context_;
};

/// Reads "server" or "client", or throws.
tls::purpose parse_purpose(std::string_view text, std::string_view what);

/// The record of CLI.md.
json verdict_json(const json& id, const tls::backend_entry* backend, const tls::error_info& error);

/// Answers the requests on standard input, line by line.
int run_verify_batch(const tls::backend_entry& backend);

}  // namespace cli
