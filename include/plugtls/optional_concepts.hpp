// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <concepts>

#include "plugtls/bytes.hpp"
#include "plugtls/capability.hpp"
#include "plugtls/exporter.hpp"

// The part of the contract that goes with capabilities: members that a backend has where it declares the capability,
// and leaves out elsewhere. The core calls them under `if constexpr (has<B, capability::...>)` and refuses what is not
// declared before any of them could be reached. What concepts.hpp says of all members holds for these too.

namespace plugtls {

/// With capability exporter.
template <class N>
concept Exporter = requires(N& n, const exporter_label& what, std::span<std::byte> out) {
  // Exports keying material, filling `out`, after the handshake. The core has checked label, context and size, and in
  // TLS 1.2 that the master secret is an extended one. May be called many times. Gives unsupported for what the library
  // cannot export, out_of_memory.
  { n.export_keying_material(what, out) } -> std::same_as<errc>;
};

/// With capability tls_unique.
template <class N>
concept TellsFinished = requires(const N& c, byte_vector& out) {
  // Writes verify_data of the Finished message that this end (`true`) or the peer (`false`) sent. Asked in TLS 1.2
  // alone, after the handshake. False: the library does not know it.
  { c.finished(true, out) } -> std::same_as<bool>;
};

/// Whether a backend has every member that its capabilities call for.
template <class B>
concept FulfilsCapabilities = requires {
  B::capabilities;
}
&&(!has<B, capability::exporter> || Exporter<typename B::connection>)&&(!has<B, capability::tls_unique> ||
                                                                        TellsFinished<typename B::connection>);

}  // namespace plugtls
