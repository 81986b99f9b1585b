// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "plugtls/capability.hpp"

// The part of the contract that goes with capabilities: members that a backend has where it declares the capability,
// and leaves out elsewhere. The core calls them under `if constexpr (has<B, capability::...>)` and refuses what is not
// declared before any of them could be reached. What concepts.hpp says of all members holds for these too.

namespace plugtls {

/// Whether a backend has every member that its capabilities call for.
template <class B>
concept FulfilsCapabilities = requires {
  B::capabilities;
};

}  // namespace plugtls
