// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "plugtls/certificate.hpp"
#include "plugtls/certificate_floors.hpp"
#include "plugtls/detail/callback.hpp"
#include "plugtls/problem.hpp"
#include "plugtls/protocol.hpp"
#include "plugtls/unix_time.hpp"

namespace plugtls {

/// What is demanded of the peer's certificates, the same on every backend.
///
/// - `required`: the peer must present a chain, and it must be good.
/// - `optional` (servers): the peer may present none; what it presents must be good. For a client the same as
/// `required`:
///   a server always presents one.
/// - `none`: a server does not ask; a client accepts anything. For a client it takes `insecure_no_verification`.
enum class verify_mode : std::uint8_t { none, optional, required };

/// What a verify callback sees: the whole chain, all problems, and whom we meant to reach. Valid during the call.
/// `explain(problem, context)` (reason.hpp) says of each problem what it is about.
struct verify_context {
  role own = role::client;
  std::string_view peer_name;             ///< as given to the connection; empty on servers
  const std::vector<certificate>& chain;  ///< as presented, leaf first
  const std::vector<certificate>& path;   ///< leaf to trust anchor; as far as it goes where none is trusted
  const problem_list& problems;           ///< everything that is wrong; empty: acceptable
  unix_time now = 0;                      ///< the moment for which dates were checked
  certificate_floors floors = {};         ///< what keys and signatures were held to
};

/// The application's say. Called once per full handshake whose certificates could be parsed, and once for each such
/// answer to `request_client_certificate`, in the thread that drives it (with a signer that answers later in one of
/// plugtls's, see `wait_for_signature`), before anything further is sent. False refuses the peer
/// (`errc::rejected_by_callback`). Must bear to be called from several threads when the context is shared. An exception
/// refuses the peer too, and comes out of the call that drove the handshake.
using verify_callback = detail::callback<bool(const verify_context&)>;

}  // namespace plugtls
