// SPDX-License-Identifier: BSL-1.0
#include <nlohmann/json.hpp>
#include <plugtls/net/tcp.hpp>
#include <plugtls/session_cache.hpp>

#include "exchange.hpp"
#include "insight.hpp"
#include "session_file.hpp"
#include "settings.hpp"

namespace cli {

using tls::errc;

namespace {

std::string get_request(const client_options& o, const host_and_port& target) {
  if (o.get->empty() || o.get->front() != '/') refuse(errc::invalid_argument, "--get needs a path that begins with /");
  for (const char c : *o.get)
    if (static_cast<unsigned char>(c) <= ' ' || c == '\x7f')
      refuse(errc::invalid_argument, "--get: a path has no spaces and no control characters; write them as %20");
  std::string host = target.host.find(':') == std::string::npos ? target.host : '[' + target.host + ']';
  if (target.port != 443) host += ':' + std::to_string(target.port);
  return "GET " + *o.get + " HTTP/1.1\r\nHost: " + host +
         "\r\nUser-Agent: plugtls\r\nAccept: */*\r\nConnection: close\r\n\r\n";
}

// What is wrong with the name is said before anything is connected.
tls::peer_options make_peer(const client_options& o, const host_and_port& target) {
  tls::peer_options peer(o.name ? *o.name : target.host);
  errc e = errc::success;
  if (!tls::peer_name::parse(peer.name, e))
    refuse(e, "'" + one_line(peer.name) + "' is no host name and no address (write international names as A-labels)");
  return peer;
}

void drive(const client_options& o, connection_report& report, std::optional<client_stream>& stream,
           std::optional<trace_file>& trace) {
  report.backend = &choose_backend(o.common.backend);
  const host_and_port target = parse_endpoint(o.target, "the server");
  const host_and_port place = o.connect ? parse_endpoint(*o.connect, "--connect") : target;
  tls::peer_options peer = make_peer(o, target);
  const std::chrono::milliseconds timeout = parse_seconds(o.timeout, "--timeout");
  if (o.get && o.send) refuse(errc::invalid_argument, "--get and --send exclude each other");
  const std::string request = o.get ? get_request(o, target) : o.send.value_or("");
  tls::error_info info;
  tls::client_settings settings = make_client_settings(o);
  settings.insecure_key_log = open_key_log(o.key_log, *report.backend);
  if (o.session_file) {
    settings.sessions = std::make_shared<tls::session_cache>(0);
    peer.resume = load_session(*o.session_file, *report.backend);
  }
  const tls::any_context context = report.backend->client(settings, info);
  check(info);
  trace.emplace(o.trace);
  payload_sink out(o.output, o.common.json);

  report.at = stage::connect;
  tls::connect_options options;
  options.connect_timeout = options.timeout = timeout;
  tls::fd_transport transport = tls::connect_tcp(place.host, place.port, info, options);
  check(info);
  stream.emplace(context, std::move(transport), peer);
  trace->watch(stream->engine());

  report.at = stage::handshake;
  stream->handshake();
  report.established(stream->engine());
  trace->update(stream->engine());
  if (!o.common.json) remark(agreed_text(report) + " with " + peer.name + ", " + report.backend->library().text);
  out.begin();

  const bool forgive = o.insecure_ignore_truncation;
  if (o.get) {
    send_all(*stream, request, report);
    http_body body(out);
    receive(*stream, forgive, report,
            [&](std::string_view bytes) { out.is_file() ? body.feed(bytes) : out.write(bytes); });
    if (out.is_file()) body.finish();
  } else if (o.send) {
    send_all(*stream, request, report);
    stream->shutdown_send();
    receive(*stream, forgive, report, [&](std::string_view bytes) { out.write(bytes); });
  } else {
    hand_over(*stream, out, timeout, forgive, report);
  }
  report.at = stage::shutdown;
  // The peer has ended already; whether it still hears our close_notify is its own affair.
  std::error_code ignored;
  stream->shutdown_send(ignored);
  if (o.session_file) save_session(*o.session_file, stream->session());
  report.at = stage::done;
}

}  // namespace

int run_client(const client_options& o) {
  connection_report report;
  std::optional<trace_file> trace;
  std::optional<client_stream> stream;
  try {
    drive(o, report, stream, trace);
  } catch (const tls::tls_error& e) {
    report.error = e.info();
    complain(report.error);
    // A refused peer is told why before the connection goes.
    if (stream && report.at == stage::handshake && report.error.code != errc::timed_out)
      stream->next_layer().close_gracefully();
  }
  try {
    if (stream && trace) trace->update(stream->engine());
    if (trace) trace->write();
  } catch (const tls::tls_error& e) {
    complain(e.info());
    if (!report.error) report.error = e.info();
  }
  const int status = exit_status(report.error.code, report.at);
  if (o.common.json) print_json(connection_json(report, stream ? &stream->engine() : nullptr));
  return status;
}

}  // namespace cli
