// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <array>
#include <cstddef>
#include <cstring>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "plugtls/detail/callback.hpp"
#include "plugtls/detail/derived_keys.hpp"
#include "plugtls/detail/hmac.hpp"
#include "plugtls/detail/light_lock.hpp"
#include "plugtls/detail/session_envelope.hpp"
#include "plugtls/detail/ticket_source.hpp"
#include "plugtls/detail/used_tickets.hpp"

namespace plugtls::detail {

/// A server's ticket secrets, the newest first, from which keys are derived for each scope. Thread-safe.
class ticket_ring : public ticket_source {
 public:
  using clock = callback<unix_time()>;

  ticket_ring(unix_time lifetime, unix_time rotation, clock own_clock)
      : lifetime_(lifetime), rotation_(at_least(rotation, lifetime)), clock_(std::move(own_clock)) {}
  ticket_ring(const ticket_ring&) = delete;
  ticket_ring& operator=(const ticket_ring&) = delete;

  unix_time lifetime_seconds() const noexcept override { return lifetime_; }

  void rotate() noexcept override {
    const light_lock lock(busy_);
    due_ = true;
  }

  secret to_bytes() const override {
    field_writer out;
    out.raw(as_bytes(magic));
    const light_lock lock(busy_);
    out.number(secrets_.size(), 2);
    for (const entry& e : secrets_) {
      out.number(static_cast<std::uint64_t>(e.made), 8);
      out.field(e.bytes.bytes());
    }
    out.raw(sha256(out.view()));
    return secret(out.view());
  }

  bool prepare(random_source fill) override {
    const unix_time now = time();
    const light_lock lock(busy_);
    return renew(now, fill);
  }

  bool seal(const ticket_scope& scope, random_source fill, ticket_key& out) override {
    const unix_time now = time();
    const light_lock lock(busy_);
    if (!renew(now, fill)) return false;
    derive(0, scope, out);
    return true;
  }

  ticket_find open(const ticket_scope& scope, byte_view name, ticket_key& out) override {
    const unix_time now = time();
    const light_lock lock(busy_);
    forget(now);
    for (std::size_t i = 0; i < secrets_.size(); ++i) {
      derive(i, scope, out);
      if (as_text(out.name) == as_text(name)) return i == 0 && !due_ ? ticket_find::newest : ticket_find::old;
    }
    return ticket_find::unknown;
  }

  bool use_early(const ticket_id& id) override {
    const unix_time now = system_now();
    const light_lock lock(busy_);
    return used_.use(id, now);
  }

  unix_time time() const override { return clock_ ? clock_() : system_now(); }
  bool is_timely(unix_time made) const override {
    const unix_time now = time();
    return made <= now && now - made <= lifetime_;
  }

 protected:
  /// Takes over what `to_bytes` gave; false where it is nothing of the kind.
  bool take(byte_view bytes) {
    sha256_digest sum{};
    if (bytes.size() < magic.size() + sum.size()) return false;
    const byte_view body = bytes.first(bytes.size() - sum.size());
    sum = sha256(body);
    if (as_text(body.first(magic.size())) != magic || as_text(sum) != as_text(bytes.last(sum.size()))) return false;
    field_reader in(body.subspan(magic.size()));
    std::vector<entry> found;
    const std::uint64_t count = in.number(2);
    if (count == 0 || count > most_secrets) return false;
    for (std::uint64_t i = 0; i < count && in.ok(); ++i) {
      const auto made = static_cast<unix_time>(in.number(8));
      found.push_back({secret(in.field()), made, {}});
      if (found.back().bytes.size() != secret_size || made < earliest_time || made > latest_time) return false;
    }
    if (!in.ended()) return false;
    const light_lock lock(busy_);
    derived_.clear();
    secrets_ = std::move(found);
    for (std::size_t i = 1; i < secrets_.size(); ++i) secrets_[i].retired = secrets_[i - 1].made;
    due_ = false;
    used_.forget(system_now());
    is_anothers_ = true;
    return true;
  }

 private:
  static constexpr std::string_view magic = "plugtls ticket keys 1\n";
  static constexpr std::size_t secret_size = 32;
  static constexpr std::size_t most_secrets = 16;

  struct entry {
    secret bytes;
    unix_time made = 0;
    unix_time retired = 0;  // when a newer one took its place
  };

  // What rotates by itself never forgets a secret that a ticket may need.
  static unix_time at_least(unix_time rotation, unix_time lifetime) noexcept {
    const auto most = static_cast<unix_time>(most_secrets) - 2;
    const unix_time least = (lifetime + most - 1) / most;
    if (rotation < least) rotation = least;
    return rotation < 1 ? 1 : rotation;
  }

  // A secret is kept until the last ticket made with it has expired.
  void forget(unix_time now) {
    while (secrets_.size() > 1 && (secrets_.back().retired + lifetime_ < now || secrets_.size() > most_secrets)) {
      derived_.clear();
      secrets_.pop_back();
    }
  }

  bool renew(unix_time now, random_source fill) {
    const bool is_due = due_ || (!is_anothers_ && !secrets_.empty() && now - secrets_.front().made >= rotation_);
    if (!secrets_.empty() && !is_due) return true;
    std::array<std::byte, secret_size> fresh;
    if (!fill(fresh)) return false;
    derived_.clear();
    secrets_.insert(secrets_.begin(), {secret(byte_view(fresh)), now, 0});
    wipe(fresh.data(), fresh.size());
    if (secrets_.size() > 1) secrets_[1].retired = now;
    due_ = false;
    is_anothers_ = false;
    forget(now);
    return true;
  }

  void derive(std::size_t which, const ticket_scope& scope, ticket_key& out) noexcept {
    if (derived_.find(which, scope, out)) return;
    const auto part = [&](std::string_view label) {
      return hmac<sha256_hash>(secrets_[which].bytes.bytes(),
                               {as_bytes(label), scope.policy, as_bytes(scope.server_name)});
    };
    const sha256_digest name = part("plugtls ticket name ");
    std::memcpy(out.name.data(), name.data(), out.name.size());
    const auto take = [&](std::string_view label, std::array<std::byte, 32>& key) {
      sha256_digest made = part(label);
      key = made;
      wipe(made.data(), made.size());
    };
    take("plugtls ticket encryption ", out.encryption);
    take("plugtls ticket authentication ", out.authentication);
    derived_.keep(which, scope, out);
  }

  const unix_time lifetime_;
  const unix_time rotation_;
  const clock clock_;
  mutable light_mutex busy_;
  std::vector<entry> secrets_;  // newest first
  derived_keys derived_;        // of these
  bool due_ = false;
  used_tickets used_;
  bool is_anothers_ = false;  // who gave the newest one makes the next
};

}  // namespace plugtls::detail
