// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <memory>
#include <plugtls/any.hpp>
#include <plugtls/session.hpp>
#include <plugtls/ticket_keys.hpp>
#include <string>

#include "program.hpp"

namespace cli {

/// Reads a session; an empty one where there is no such file. Throws `tls_error`: `file_error`, and `bad_session` for
/// what is no session, or another backend's.
tls::session load_session(const std::string& path, const tls::backend_entry& backend);

/// Writes a session in place of the file, whole or not at all, readable by its owner alone: it is as secret as a key.
/// An empty one removes it, where the session in it was not `resumed`: it is of no use. Throws `tls_error`:
/// `file_error`.
void save_session(const std::string& path, const tls::session& session, bool resumed);

/// Has a server resume sessions with these keys, where its backend can with these settings.
void resume_sessions(tls::server_settings& settings, const tls::backend_entry& backend,
                     const std::shared_ptr<tls::ticket_keys>& keys);

}  // namespace cli
