// SPDX-License-Identifier: BSL-1.0
#pragma once

// The neutral umbrella: everything but a backend, and but <plugtls/iostream.hpp>, which brings in the standard's, and
// <plugtls/pending_signature.hpp>, which brings in threads.
// <plugtls/backend.hpp> is the backend that the build chose.

#include "plugtls/certificate.hpp"
#include "plugtls/certificate_info.hpp"
#include "plugtls/context_slot.hpp"
#include "plugtls/duplex_stream.hpp"
#include "plugtls/early_data.hpp"
#include "plugtls/handshake_trace.hpp"
#include "plugtls/lines.hpp"
#include "plugtls/net/fd_transport.hpp"
#include "plugtls/net/tcp_acceptor.hpp"
#include "plugtls/net/tcp_stream.hpp"
#include "plugtls/pkcs12.hpp"
#include "plugtls/rfc3339.hpp"
#include "plugtls/session.hpp"
#include "plugtls/session_cache.hpp"
#include "plugtls/session_id_cache.hpp"
#include "plugtls/stream.hpp"
#include "plugtls/ticket_keys.hpp"
#include "plugtls/trace_json.hpp"
#include "plugtls/trust_directory.hpp"
#include "plugtls/version.hpp"
