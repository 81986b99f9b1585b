// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <memory>
#include <plugtls/any.hpp>
#include <plugtls/session.hpp>
#include <plugtls/session_id_cache.hpp>
#include <plugtls/ticket_keys.hpp>
#include <string>

#include "program.hpp"

namespace cli {

/// Reads a session; an empty one where there is no such file. Throws `tls_error`: `file_error`, and `bad_session` for
/// what is no session, or another backend's.
tls::session load_session(const std::string& path, const tls::backend_entry& backend);

/// Writes a session in place of the file, whole or not at all, readable by its owner alone: it is as secret as a key.
/// An empty one removes it: what is in it is of no use, or has been used (RFC 8446 §C.4). Throws `tls_error`:
/// `file_error`.
void save_session(const std::string& path, const tls::session& session);

/// What a server's contexts resume sessions by, one after the other.
struct resumption {
  std::shared_ptr<tls::ticket_keys> tickets = std::make_shared<tls::ticket_keys>();
  std::shared_ptr<tls::session_id_cache> ids = std::make_shared<tls::session_id_cache>();
};

/// Has a server resume sessions, where its backend can with these settings.
void resume_sessions(tls::server_settings& settings, const tls::backend_entry& backend, const resumption& by);

}  // namespace cli
