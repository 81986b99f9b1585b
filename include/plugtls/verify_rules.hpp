// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <memory>
#include <vector>

#include "plugtls/chain_policy.hpp"
#include "plugtls/detail/chain_memory.hpp"
#include "plugtls/detail/revocation_check.hpp"
#include "plugtls/path_builder.hpp"
#include "plugtls/settings.hpp"
#include "plugtls/trust_anchors.hpp"
#include "plugtls/verify.hpp"

namespace plugtls {

/// What every connection of a context verifies with; immutable but for its memory.
struct verify_rules {
  role own = role::client;
  verify_mode mode = verify_mode::required;
  bool check_name = true;
  int max_chain_length = 9;
  int max_intermediates = 10;
  verify_callback on_verify;
  verify_callback insecure_override;
  verify_clock clock;
  trust_anchors anchors;
  detail::revocation_rules revocation;
  std::vector<key_pin> pins;
  certificate_floors floors;
  signature_verifier verify_signature = nullptr;
  std::shared_ptr<detail::chain_memory> memory = std::make_shared<detail::chain_memory>();
};

}  // namespace plugtls
