// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "plugtls/certificate.hpp"
#include "plugtls/chain_policy.hpp"
#include "plugtls/detail/chain_memory.hpp"
#include "plugtls/detail/revocation_check.hpp"
#include "plugtls/path_builder.hpp"
#include "plugtls/settings.hpp"
#include "plugtls/verify.hpp"

namespace plugtls {

/// The certificates that a path may end at, and their views, which the search goes through for every peer.
class trust_anchors {
 public:
  trust_anchors() = default;
  trust_anchors(std::vector<certificate> all) : all_(std::move(all)) {
    for (const certificate& c : all_) views_.push_back(c.view());
  }
  const std::vector<certificate>& all() const noexcept { return all_; }
  std::span<const certificate_view> views() const noexcept { return views_; }

 private:
  std::vector<certificate> all_;
  std::vector<certificate_view> views_;
};

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
