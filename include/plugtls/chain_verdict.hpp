// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "plugtls/bytes.hpp"
#include "plugtls/certificate.hpp"
#include "plugtls/chain_policy.hpp"
#include "plugtls/error_info.hpp"

namespace plugtls {

/// What a chain that comes without a connection is checked for. Trust, clock, limits and callbacks are the context's.
struct chain_options {
  /// Must be in the leaf's subjectAltName: a DNS name, or an address with or without brackets. None: names are not
  /// checked. One that is given is checked even if the settings skip names, which is about connections.
  std::optional<std::string> name = {};
  /// What the leaf is used for; by default what peers of the context's connections use theirs for: a client's context
  /// checks a server's certificate, a server's a client's.
  std::optional<purpose> usage = {};
  /// An OCSP response for the leaf, DER, as a server would staple it: one more source where the context looks the leaf
  /// up, with or without `revocation.staple`.
  byte_view ocsp_response = {};
};

/// What verification says about a chain. A value.
struct chain_verdict {
  error_info error;               ///< `code` leads and `problems` lists all; `success` when the chain is good
  std::vector<certificate> path;  ///< leaf to trust anchor; as far as it goes where none is trusted

  /// Whether the chain is good.
  bool ok() const noexcept { return error.code == errc::success; }
  /// Returns one line for a person.
  friend std::string explain(const chain_verdict& v) { return plugtls::explain(v.error); }
};

namespace detail {

[[gnu::cold]] inline std::vector<byte_view> ders_of(std::span<const certificate> chain) {
  std::vector<byte_view> ders(chain.size());
  for (std::size_t i = 0; i < chain.size(); ++i) ders[i] = chain[i].der();
  return ders;
}

/// Tells whether every certificate parses.
inline bool all_parse(std::span<const byte_view> ders) noexcept {
  errc e = errc::success;
  for (const byte_view der : ders)
    if (!certificate_view::parse(der, e)) return false;
  return true;
}

/// Reads every certificate; false where one does not parse.
inline bool read_all(std::span<const byte_view> ders, std::vector<certificate>& out) {
  out.clear();
  errc e = errc::success;
  for (const byte_view der : ders)
    if (auto one = certificate::from_der(der, e)) out.push_back(*std::move(one));
  return out.size() == ders.size();
}

}  // namespace detail
}  // namespace plugtls
