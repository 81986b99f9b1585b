// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <array>
#include <cstddef>
#include <cstring>
#include <string_view>

#include "plugtls/bytes.hpp"
#include "plugtls/detail/ticket_source.hpp"

namespace plugtls::detail {

/// The keys that were derived last, as most servers have few scopes: a derivation hashes some 15 blocks.
class derived_keys {
 public:
  /// Copies the key of a secret, by its place, for a scope; false where it is not here.
  bool find(std::size_t secret, const ticket_scope& scope, ticket_key& out) const noexcept {
    for (const item& one : items_) {
      if (!one.is_used || one.secret != secret || one.name() != scope.server_name || one.policy != scope.policy)
        continue;
      copy(one.key, out);
      return true;
    }
    return false;
  }

  /// In the place of the oldest. Names longer than any host's are not kept.
  void keep(std::size_t secret, const ticket_scope& scope, const ticket_key& key) noexcept {
    item& one = items_[next_];
    if (scope.server_name.size() > one.letters.size()) return;
    next_ = (next_ + 1) % items_.size();
    one.is_used = true;
    one.secret = secret;
    one.policy = scope.policy;
    one.size = scope.server_name.size();
    if (one.size != 0) std::memcpy(one.letters.data(), scope.server_name.data(), one.size);
    copy(key, one.key);
  }

  /// Wipes them all: the secrets have changed.
  void clear() noexcept {
    for (item& one : items_) {
      one.is_used = false;
      wipe(&one.key, sizeof one.key);
    }
  }

 private:
  struct item {
    bool is_used = false;
    std::size_t secret = 0;
    sha256_digest policy{};
    std::size_t size = 0;
    std::array<char, 255> letters{};
    ticket_key key;

    std::string_view name() const noexcept { return {letters.data(), size}; }
  };

  static void copy(const ticket_key& from, ticket_key& to) noexcept {
    to.name = from.name;
    to.encryption = from.encryption;
    to.authentication = from.authentication;
  }

  std::array<item, 4> items_;
  std::size_t next_ = 0;
};

}  // namespace plugtls::detail
