// SPDX-License-Identifier: BSL-1.0
#pragma once

// The neutral umbrella: everything but a backend, and but <plugtls/iostream.hpp>, which brings in the standard's.
// <plugtls/backend.hpp> is the backend that the build chose.

#include "plugtls/certificate.hpp"
#include "plugtls/certificate_info.hpp"
#include "plugtls/context_slot.hpp"
#include "plugtls/lines.hpp"
#include "plugtls/net/fd_transport.hpp"
#include "plugtls/net/tcp_acceptor.hpp"
#include "plugtls/net/tcp_stream.hpp"
#include "plugtls/stream.hpp"
#include "plugtls/trust_directory.hpp"
#include "plugtls/version.hpp"
