// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <concepts>

#include "plugtls/capability.hpp"

// The part of the contract that goes with capabilities: members that a backend has where it declares the capability,
// and leaves out elsewhere. The core calls them under `if constexpr (has<B, capability::...>)` and refuses what is not
// declared before any of them could be reached. What concepts.hpp says of all members holds for these too.

namespace plugtls {

enum class native_status : unsigned char;

/// Capability request_key_update.
template <class B>
concept UpdatesKeys = !B::capabilities.has(capability::request_key_update) || requires(typename B::connection & n) {
  // Pushes a KeyUpdate that asks for the peer's (RFC 8446 §4.6.3), once, and writes with new keys from then on. Called
  // after the handshake, in TLS 1.3 only. Where the library has asked before and still waits for the answer, it may not
  // ask again. Never `again`: the wire takes all of it.
  { n.update_keys() } -> std::same_as<native_status>;
};

/// Whether a backend has every member that its capabilities call for.
template <class B>
concept FulfilsCapabilities = requires {
  B::capabilities;
}
&&UpdatesKeys<B>;

}  // namespace plugtls
