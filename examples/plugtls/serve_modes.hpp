// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <plugtls/stream.hpp>

#include "report.hpp"
#include "served_folder.hpp"
#include "server_transport.hpp"

namespace cli {

using server_stream = tls::stream<server_transport, tls::any_backend>;

/// What a server does with a connection after the handshake. They throw `tls_error` when it fails.
enum class serve_mode { status, echo, discard, files };

/// `folder` is that of mode files, else null.
void serve_connection(server_stream& stream, serve_mode mode, const served_folder* folder,
                      std::chrono::milliseconds idle_timeout, connection_report& report);

/// What was negotiated, one `name: value` per line; as a page where the client is a browser.
std::string status_text(server_stream& stream, const connection_report& report);
std::string status_page(server_stream& stream, const connection_report& report);

}  // namespace cli
