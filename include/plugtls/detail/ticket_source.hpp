// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <span>
#include <string_view>

#include "plugtls/bytes.hpp"
#include "plugtls/detail/sha2.hpp"
#include "plugtls/secret.hpp"
#include "plugtls/unix_time.hpp"

namespace plugtls::detail {

/// What tells one ticket from all others: random, made with it.
using ticket_id = std::array<std::byte, 16>;

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

/// Where the keys of a server's tickets come from, `ticket_ring` in fact. Thread-safe.
class ticket_source {
 public:
  virtual ~ticket_source() = default;

  /// How long a ticket is good for, in seconds.
  virtual unix_time lifetime_seconds() const noexcept = 0;
  /// Has the next ticket made with a new secret. Tickets of the others stay good for as long as they live, within a
  /// bound: 16 secrets are held, so that tickets end early where this is called 16 times within their lifetime.
  virtual void rotate() noexcept = 0;
  /// Returns the secrets that are held, in one envelope; as secret as any key. None before a context has been made.
  virtual secret to_bytes() const = 0;

  // For contexts and adapters.

  /// Makes the first secret where there is none.
  virtual bool prepare(random_source fill) = 0;
  /// Gives the key for a new ticket. False without random bytes.
  virtual bool seal(const ticket_scope& scope, random_source fill, ticket_key& out) = 0;
  /// Finds the key of a ticket by the key's name. `unknown`: it is of another scope, or the secret is gone. `old`: a
  /// new ticket would be made with another one.
  virtual ticket_find open(const ticket_scope& scope, byte_view name, ticket_key& out) = 0;
  /// Whether a ticket's early data may be taken; then it is used up. By the system's clock, as libraries tell by it
  /// whether a flight is fresh. May throw std::bad_alloc.
  virtual bool use_early(const ticket_id& id) = 0;
  virtual unix_time time() const = 0;
  /// Whether a ticket that was made then is still good.
  virtual bool is_timely(unix_time made) const = 0;
};

/// What a server's context makes and opens tickets with; without keys there are none.
struct ticket_rules {
  std::shared_ptr<ticket_source> keys;
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
