// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <string>

#include "plugtls/detail/json_writer.hpp"
#include "plugtls/engine.hpp"
#include "plugtls/handshake_trace.hpp"
#include "plugtls/unix_time.hpp"

namespace plugtls {

namespace detail {

inline void write_named(json_writer& out, std::string_view key, unsigned number, std::string_view name) {
  out.key(key);
  if (number == 0) {
    out.null();
    return;
  }
  out.open('{').key("number").number(number).key("name").string_or_null(name).close('}');
}

inline void write_event(json_writer& out, const trace_event& e) {
  constexpr std::string_view kinds[] = {"record", "message", "alert"};
  out.open('{').key("at_us").number(e.at.count()).key("sent").boolean(e.is_sent);
  out.key("what").string(kinds[static_cast<std::size_t>(e.what)]).key("type").number(e.type).key("name");
  switch (e.what) {
    case trace_event::kind::record:
      out.string_or_null(content_type_name(e.type)).key("version").number(e.version);
      out.key("encrypted").boolean(e.is_encrypted);
      break;
    case trace_event::kind::message:
      out.string_or_null(e.is_retry ? "hello_retry_request" : handshake_type_name(e.type));
      break;
    case trace_event::kind::alert:
      out.string(name(static_cast<alert>(e.type))).key("level").string(e.level == 2 ? "fatal" : "warning");
      break;
  }
  out.key("size").number(e.size).close('}');
}

inline void write_alert(json_writer& out, std::string_view key, const std::optional<alert>& a) {
  out.key(key);
  if (a)
    out.open('{').key("number").number(static_cast<unsigned>(*a)).key("name").string(name(*a)).close('}');
  else
    out.null();
}

inline void write_certificate(json_writer& out, const certificate& c) {
  out.open('{').key("subject").string(c.subject().oneline()).key("issuer").string(c.issuer().oneline());
  out.key("not_before").string(to_rfc3339(c.not_before())).key("not_after").string(to_rfc3339(c.not_after()));
  out.key("key").string(c.key_description()).key("signature_algorithm").string(c.signature_algorithm());
  out.key("sha256").string(c.sha256_hex()).close('}');
}

}  // namespace detail

/// Writes a trace, and what its connection came to, as one JSON object: `events`, `duration_us`, the values that were
/// agreed on by IANA number and name (null what is not known), a summary of the peer's chain, `statistics`, and `error`
/// with the alerts. No secret is in it. `Engine` is a `basic_engine`.
template <class Engine>
std::string to_json(const handshake_trace& trace, const Engine& end) {
  detail::json_writer out;
  out.open('{').key("events").open('[');
  for (const trace_event& e : trace.events()) detail::write_event(out, e);
  out.close(']').key("dropped_events").number(trace.dropped()).key("duration_us").number(trace.duration().count());
  out.key("established").boolean(end.established());
  detail::write_named(out, "version", static_cast<unsigned>(end.version()), name(end.version()));
  detail::write_named(out, "cipher_suite", static_cast<unsigned>(end.cipher_suite()), name(end.cipher_suite()));
  detail::write_named(out, "group", static_cast<unsigned>(end.group()), name(end.group()));
  detail::write_named(out, "signature_scheme", static_cast<unsigned>(end.signature_scheme()),
                      name(end.signature_scheme()));
  out.key("alpn").string_or_null(end.alpn()).key("server_name").string_or_null(end.server_name());
  out.key("resumed").boolean(end.resumed());
  out.key("early_data").string_or_null(name(end.early_data()));
  out.key("chain").open('[');
  for (const certificate& c : end.peer_chain()) detail::write_certificate(out, c);
  out.close(']');
  const connection_statistics s = end.statistics();
  out.key("statistics").open('{').key("bytes_read").number(s.bytes_read).key("bytes_written").number(s.bytes_written);
  out.key("records_written").number(s.records_written).key("ciphertext_read").number(s.ciphertext_read);
  out.key("ciphertext_written").number(s.ciphertext_written).key("handshake_bytes_read").number(s.handshake_bytes_read);
  out.key("handshake_bytes_written").number(s.handshake_bytes_written);
  out.key("early_bytes_read").number(s.early_bytes_read);
  out.key("early_bytes_written").number(s.early_bytes_written).close('}');
  const error_info& error = end.error();
  out.key("error").string_or_null(error ? name(error.code) : "");
  out.key("detail").string_or_null(error ? explain(error) : std::string());
  detail::write_alert(out, "alert_sent", error.alert_sent);
  detail::write_alert(out, "alert_received", error.alert_received);
  return out.close('}').take();
}

}  // namespace plugtls
