// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <cstddef>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "plugtls/detail/callback.hpp"
#include "plugtls/detail/hmac.hpp"
#include "plugtls/detail/light_lock.hpp"
#include "plugtls/detail/session_envelope.hpp"
#include "plugtls/detail/sha256.hpp"
#include "plugtls/detail/used_tickets.hpp"
#include "plugtls/unix_time.hpp"

namespace plugtls::detail {

/// The keys of one context's tickets, wiped at their end. The name goes onto the wire, so that a ticket finds its key.
struct ticket_key {
  std::array<std::byte, 16> name{};
  std::array<std::byte, 32> encryption{};
  std::array<std::byte, 32> authentication{};

  ticket_key() noexcept = default;
  ticket_key(const ticket_key&) = delete;
  ticket_key& operator=(const ticket_key&) = delete;
  ~ticket_key() {
    wipe(encryption.data(), encryption.size());
    wipe(authentication.data(), authentication.size());
  }
};

/// Fills with random bytes, which come from a TLS library alone; false where it cannot.
using random_source = bool (*)(std::span<std::byte>);

enum class ticket_find : unsigned char { unknown, old, newest };

/// What a ticket holds good for: the context's policy, and the name that the client asked for (SNI; none is one too). A
/// server of TLS 1.2 must not resume under another (RFC 6066 §3), and one of TLS 1.3 need not (RFC 8446 §4.6.1).
struct ticket_scope {
  const sha256_digest& policy;
  std::string_view server_name;
};

/// A server's ticket secrets, the newest first, from which keys are derived for each scope. Thread-safe.
class ticket_ring {
 public:
  using clock = callback<unix_time()>;

  ticket_ring(unix_time lifetime, unix_time rotation, clock own_clock)
      : lifetime_(lifetime), rotation_(at_least(rotation, lifetime)), clock_(std::move(own_clock)) {}
  ticket_ring(const ticket_ring&) = delete;
  ticket_ring& operator=(const ticket_ring&) = delete;

  /// How long a ticket is good for, in seconds.
  unix_time lifetime_seconds() const noexcept { return lifetime_; }

  /// Has the next ticket made with a new secret. Tickets of the others stay good for as long as they live, within a
  /// bound: 16 secrets are held, so that tickets end early where this is called 16 times within their lifetime.
  void rotate() noexcept {
    const light_lock lock(busy_);
    due_ = true;
  }

  /// Returns the secrets that are held, in one envelope; as secret as any key. None before a context has been made.
  secret to_bytes() const {
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

  // For contexts and adapters.

  /// Makes the first secret where there is none.
  bool prepare(random_source fill) {
    const unix_time now = time();
    const light_lock lock(busy_);
    return renew(now, fill);
  }

  /// Gives the key for a new ticket. False without random bytes.
  bool seal(const ticket_scope& scope, random_source fill, ticket_key& out) {
    const unix_time now = time();
    const light_lock lock(busy_);
    if (!renew(now, fill)) return false;
    derive(secrets_.front().bytes.bytes(), scope, out);
    return true;
  }

  /// Finds the key of a ticket by the key's name. `unknown`: it is of another scope, or the secret is gone. `old`: a
  /// new ticket would be made with another one.
  ticket_find open(const ticket_scope& scope, byte_view name, ticket_key& out) {
    const unix_time now = time();
    const light_lock lock(busy_);
    forget(now);
    for (std::size_t i = 0; i < secrets_.size(); ++i) {
      derive(secrets_[i].bytes.bytes(), scope, out);
      if (as_text(out.name) == as_text(name)) return i == 0 && !due_ ? ticket_find::newest : ticket_find::old;
    }
    return ticket_find::unknown;
  }

  /// Whether a ticket's early data may be taken; then it is used up. By the system's clock, as libraries tell by it
  /// whether a flight is fresh. May throw std::bad_alloc.
  bool use_early(const ticket_id& id) {
    const unix_time now = system_now();
    const light_lock lock(busy_);
    return used_.use(id, now);
  }

  unix_time time() const { return clock_ ? clock_() : system_now(); }
  /// Whether a ticket that was made then is still good.
  bool is_timely(unix_time made) const {
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
    return std::max({rotation, (lifetime + most - 1) / most, unix_time{1}});
  }

  // A secret is kept until the last ticket made with it has expired.
  void forget(unix_time now) {
    while (secrets_.size() > 1 && (secrets_.back().retired + lifetime_ < now || secrets_.size() > most_secrets))
      secrets_.pop_back();
  }

  bool renew(unix_time now, random_source fill) {
    const bool is_due = due_ || (!is_anothers_ && !secrets_.empty() && now - secrets_.front().made >= rotation_);
    if (!secrets_.empty() && !is_due) return true;
    std::array<std::byte, secret_size> fresh;
    if (!fill(fresh)) return false;
    secrets_.insert(secrets_.begin(), {secret(byte_view(fresh)), now, 0});
    wipe(fresh.data(), fresh.size());
    if (secrets_.size() > 1) secrets_[1].retired = now;
    due_ = false;
    is_anothers_ = false;
    forget(now);
    return true;
  }

  static void derive(byte_view from, const ticket_scope& scope, ticket_key& out) noexcept {
    const auto part = [&](std::string_view label) {
      return hmac<sha256_hash>(from, {as_bytes(label), scope.policy, as_bytes(scope.server_name)});
    };
    sha256_digest name = part("plugtls ticket name ");
    std::copy_n(name.begin(), out.name.size(), out.name.begin());
    const auto take = [&](std::string_view label, std::array<std::byte, 32>& key) {
      sha256_digest made = part(label);
      key = made;
      wipe(made.data(), made.size());
    };
    take("plugtls ticket encryption ", out.encryption);
    take("plugtls ticket authentication ", out.authentication);
  }

  const unix_time lifetime_;
  const unix_time rotation_;
  const clock clock_;
  mutable std::atomic_flag busy_;
  std::vector<entry> secrets_;  // newest first
  bool due_ = false;
  used_tickets used_;
  bool is_anothers_ = false;  // who gave the newest one makes the next
};

/// What a server's context makes and opens tickets with; without keys there are none.
struct ticket_rules {
  std::shared_ptr<ticket_ring> keys;
  sha256_digest policy{};
  random_source fill = nullptr;

  explicit operator bool() const noexcept { return keys != nullptr; }
  /// For the name that the client asks for in this handshake, which is in `hello_facts`.
  bool seal(std::string_view server_name, ticket_key& out) const {
    return keys->seal({policy, server_name}, fill, out);
  }
  ticket_find open(std::string_view server_name, byte_view name, ticket_key& out) const {
    return keys->open({policy, server_name}, name, out);
  }
};

}  // namespace plugtls::detail
