// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "plugtls/context_plan.hpp"
#include "plugtls/detail/sha2.hpp"
#include "plugtls/identity.hpp"

namespace plugtls::detail {

/// Hashes fields so that no two lists of them come to the same bytes.
class field_hash {
 public:
  void number(std::uint64_t value) noexcept {
    std::byte bytes[8];
    for (std::size_t i = 0; i < 8; ++i) bytes[i] = static_cast<std::byte>(value >> (56 - 8 * i) & 0xff);
    hash_.update(bytes);
  }
  void field(byte_view bytes) noexcept {
    number(bytes.size());
    hash_.update(bytes);
  }
  void field(std::string_view text) noexcept { field(as_bytes(text)); }
  template <class Number>
  void numbers(const std::vector<Number>& list) noexcept {
    number(list.size());
    for (const Number n : list) number(static_cast<std::uint64_t>(n));
  }
  /// The same whatever order the list has, which names each number once.
  template <class Number>
  void set(const std::vector<Number>& list) noexcept {
    number(list.size());
    std::uint64_t last = 0, next = 0;
    for (std::size_t i = 0; i < list.size(); ++i, last = next) {
      next = ~std::uint64_t{};
      for (const Number n : list)
        if (const auto v = static_cast<std::uint64_t>(n); v > last && v < next) next = v;
      number(next);
    }
  }
  sha256_digest finish() noexcept { return hash_.finish(); }

 private:
  sha256_hash hash_;
};

/// Returns the digest of everything that decides whom a context accepts and what it agrees to: sessions are bound to
/// it. CRLs and clock are no part of it: a session's chain is held against them again. `tag` stands for what has no
/// bytes, the callbacks.
///
/// The own certificate counts as it is: a session is resumed with what was presented, on the server that presented it.
[[gnu::cold]] inline sha256_digest policy_digest(std::string_view backend, std::string_view format,
                                                 const context_plan& plan, std::span<const identity> identities,
                                                 byte_view tag) {
  const verify_rules& rules = plan.verify;
  field_hash h;
  h.field("plugtls policy 2");
  h.field(backend);
  h.field(format);
  h.number(static_cast<std::uint64_t>(plan.own));
  h.number(static_cast<std::uint64_t>(plan.min_version));
  h.number(static_cast<std::uint64_t>(plan.max_version));
  // As a set: their order may be that of what is fast on this machine, and machines share tickets.
  h.set(plan.cipher_suites);
  h.numbers(plan.groups);
  h.numbers(plan.signature_schemes);
  h.number(plan.max_fragment_length);
  h.number(plan.alpn.size());
  for (const std::string& protocol : plan.alpn) h.field(protocol);
  h.number(static_cast<std::uint64_t>(rules.mode));
  h.number((plan.post_handshake_auth ? 1 : 0) + (plan.asks_later ? 2 : 0));
  h.number(rules.check_name ? 1 : 0);
  h.number(static_cast<std::uint64_t>(rules.max_chain_length));
  h.number(static_cast<std::uint64_t>(rules.max_intermediates));
  h.number(rules.floors.rsa_bits);
  h.number(rules.floors.ec_bits);
  h.number(rules.floors.hash_bits);
  h.number(static_cast<std::uint64_t>(rules.revocation.policy.mode));
  h.number(rules.revocation.policy.soft ? 1 : 0);
  h.number(rules.revocation.policy.staple ? 1 : 0);
  h.number(rules.pins.size());
  for (const key_pin& pin : rules.pins) h.field(byte_view(pin.digest()));
  h.number(rules.anchors.all().size());
  h.field(byte_view(rules.anchors.digest()));
  h.number(identities.size());
  for (const identity& id : identities) h.field(id.chain().front().der());
  h.field(tag);
  return h.finish();
}

}  // namespace plugtls::detail
