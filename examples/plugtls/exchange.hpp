// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <chrono>
#include <plugtls/net/fd_transport.hpp>
#include <plugtls/stream.hpp>

#include "payload.hpp"
#include "report.hpp"

namespace cli {

using client_stream = tls::stream<tls::fd_transport, tls::any_backend>;

/// Writes everything, or throws. Where the peer has hung up, what it said before is the better reason.
void send_all(client_stream& stream, std::string_view text, connection_report& report);

/// Reads up to the peer's end, which it notes, and passes everything on. `truncated` is thrown unless it is forgiven.
template <class Take>
void receive(client_stream& stream, bool forgive_truncation, connection_report& report, Take&& take) {
  report.at = stage::read;
  char block[16384];
  for (;;) {
    std::error_code ec;
    const std::size_t n = stream.read_some(block, ec);
    if (ec == tls::errc::closed) {
      report.end = "closed";
      return;
    }
    if (ec == tls::errc::truncated) {
      report.end = "truncated";
      if (forgive_truncation) return;
    }
    if (ec) throw tls::tls_error(stream.error());
    report.bytes_read += n;
    take(std::string_view(block, n));
  }
}

/// Connects standard input and the sink with the peer, both ways at once, until the peer ends. The end of standard
/// input is passed on as close_notify. Silence of both sides longer than `timeout` ends it, unless a person may be
/// typing: standard input is a terminal.
void hand_over(client_stream& stream, payload_sink& out, std::chrono::milliseconds timeout, bool forgive_truncation,
               connection_report& report);

}  // namespace cli
