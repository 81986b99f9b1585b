// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <plugtls/stream.hpp>

#include "report.hpp"
#include "server_transport.hpp"

namespace cli {

using server_stream = tls::stream<server_transport, tls::any_backend>;

/// What a server does with a connection after the handshake. They throw `tls_error` when it fails.
enum class serve_mode { status, echo, discard };

void serve_connection(server_stream& stream, serve_mode mode, std::chrono::milliseconds idle_timeout,
                      connection_report& report);

}  // namespace cli
