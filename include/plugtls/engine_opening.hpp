// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "plugtls/concepts.hpp"
#include "plugtls/detail/byte_queue.hpp"
#include "plugtls/detail/external_key.hpp"
#include "plugtls/detail/hello_collector.hpp"
#include "plugtls/detail/on_demand.hpp"
#include "plugtls/detail/session_id_store.hpp"
#include "plugtls/engine_authentication.hpp"
#include "plugtls/error_info.hpp"
#include "plugtls/peer_name.hpp"
#include "plugtls/peer_verifier.hpp"
#include "plugtls/psk.hpp"
#include "plugtls/wire.hpp"

namespace plugtls::detail {

/// What an engine needs until its connection is open, and then only where signatures may be called for later: one block
/// of memory.
struct engine_opening {
  explicit engine_opening(const context_plan& p)
      : start(p.own, p.min_version, p.max_version, p.groups, p.limit.max_handshake_size) {}

  wire::start start;
  peer_verifier::work work;
  std::string server_name;  // that a client was given, to be sent instead of the name
  std::optional<peer_name> name;
  std::optional<signing_desk> desk;     // always there
  std::unique_ptr<step_runner> runner;  // set while steps are done elsewhere
  native_status stepped = native_status::again;
  hello_collector collector;
  unix_time begun = 0;  // a server's, where it remembers sessions
};

/// What the ends have agreed on: `negotiated_values`, but for the protocol of the application.
struct agreed_values {
  tls_version version = tls_version::automatic;
  plugtls::cipher_suite suite = plugtls::cipher_suite::none;
  named_group group = named_group::none;
  plugtls::signature_scheme scheme = plugtls::signature_scheme::none;
};

/// What an engine counts; the rest of `connection_statistics` is known elsewhere.
struct engine_counters {
  std::uint64_t bytes_read = 0;
  std::uint64_t bytes_written = 0;
  std::uint64_t records_written = 0;
  std::uint32_t handshake_bytes_read = 0;  // these come to megabytes at most, and stay at the largest number
  std::uint32_t handshake_bytes_written = 0;
};

/// What few connections have.
struct engine_extras {
  on_demand<error_info> error;
  later_authentication later;
  std::uint64_t early_bytes_read = 0;
  std::uint64_t early_bytes_written = 0;
  byte_queue early;                 // that a server has accepted, and its program has not read yet
  detail::session_id session_id{};  // of TLS 1.2, where a server remembers sessions
  bool has_session_id = false;
  const external_psk* psk = nullptr;    // that was agreed on
  std::vector<certificate> unverified;  // where nothing is verified: what the library holds
};

}  // namespace plugtls::detail
