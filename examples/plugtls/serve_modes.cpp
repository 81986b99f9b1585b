// SPDX-License-Identifier: BSL-1.0
#include "serve_modes.hpp"

namespace cli {

using tls::errc;

namespace {

constexpr std::size_t max_request = 16384;

// Reads once. False at the peer's orderly end; everything else that ends the connection is thrown.
bool read(server_stream& stream, std::span<char> out, std::size_t& n, connection_report& report) {
  std::error_code ec;
  report.at = stage::read;
  n = stream.read_some(out, ec);
  report.bytes_read += n;
  if (ec == errc::closed) report.end = "closed";
  if (ec == errc::truncated) report.end = "truncated";
  if (ec && ec != errc::closed) throw tls::tls_error(stream.error());
  return !ec;
}

void write(server_stream& stream, std::string_view text, connection_report& report) {
  std::error_code ec;
  report.at = stage::write;
  report.bytes_written += stream.write(text, ec);
  if (ec) throw tls::tls_error(stream.error());
}

// What was negotiated, one `name: value` per line; as a page where the client is a browser.
std::string status_page(server_stream& stream, const connection_report& r, bool html) {
  std::vector<std::pair<std::string_view, std::string>> lines = {
      {"backend", r.backend->library().text},
      {"version", std::string(tls::name(r.version))},
      {"cipher suite", std::string(tls::name(r.suite))},
      {"group", std::string(tls::name(r.group))},
      {"signature scheme", std::string(tls::name(r.scheme))},
      {"application protocol", r.alpn},
      {"server name", std::string(stream.server_name())},
      {"resumed", r.resumed ? "yes" : "no"},
      {"client certificate", stream.peer_certificate() ? stream.peer_certificate()->subject().oneline() : "none"}};
  std::string text = html ? "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>plugtls</title>"
                            "<style>:root{color-scheme:light dark}body{font:1em/1.6 sans-serif;margin:3em auto;"
                            "max-width:40em;padding:0 1em}th{text-align:left;padding-right:2em;font-weight:normal;"
                            "opacity:.7}</style><h1>plugtls</h1><table>\n"
                          : "";
  for (const auto& [label, value] : lines) {
    const std::string shown = value.empty() ? "-" : value;
    text += html ? "<tr><th>" + std::string(label) + "<td>" + escape_html(shown) + "\n"
                 : std::string(label) + ": " + one_line(shown) + "\n";
  }
  return html ? text + "</table></html>\n" : text;
}

std::string response(std::string_view status, bool html, std::string_view body, bool head_only) {
  std::string text = "HTTP/1.1 " + std::string(status) + "\r\nContent-Type: " + (html ? "text/html" : "text/plain") +
                     "; charset=utf-8\r\nContent-Length: " + std::to_string(body.size()) +
                     "\r\nCache-Control: no-store\r\nConnection: close\r\n\r\n";
  if (!head_only) text += body;
  return text;
}

void answer_status(server_stream& stream, std::chrono::milliseconds idle_timeout, connection_report& report) {
  // A client that sends its request byte by byte gets no more time than one that sends none.
  stream.next_layer().time_for_all(idle_timeout);
  std::string request;
  char block[4096];
  std::size_t n = 0;
  while (request.find("\r\n\r\n") == std::string::npos && request.find("\n\n") == std::string::npos) {
    if (request.size() > max_request) {
      write(stream, response("431 Request Header Fields Too Large", false, "the request is too large\n", false),
            report);
      return;
    }
    if (!read(stream, block, n, report)) return;
    request.append(block, n);
  }
  stream.next_layer().time_for_each(idle_timeout);
  const std::string_view first = std::string_view(request).substr(0, request.find('\n'));
  const bool head = first.starts_with("HEAD ");
  if ((!head && !first.starts_with("GET ")) || first.find(" HTTP/1.") == std::string_view::npos) {
    write(stream, response("400 Bad Request", false, "only GET and HEAD of HTTP/1.1 are served here\n", false), report);
    return;
  }
  const bool html = request.find("text/html") != std::string::npos;
  write(stream, response("200 OK", html, status_page(stream, report, html), head), report);
}

void exchange(server_stream& stream, bool echo, connection_report& report) {
  char block[16384];
  std::size_t n = 0;
  while (read(stream, block, n, report))
    if (echo) write(stream, {block, n}, report);
}

// Our close_notify goes out; then the peer's is waited for a moment. Everything that was to be said has been said, so
// a peer that just goes away is no failure any more.
void finish(server_stream& stream, connection_report& report) {
  report.at = stage::shutdown;
  std::error_code ec;
  stream.next_layer().time_for_all(std::chrono::seconds(2));
  stream.shutdown_send(ec);
  char dropped[4096];
  while (!ec && report.end.empty()) stream.read_some(dropped, ec);
  if (ec == errc::closed) report.end = "closed";
  if (ec == errc::truncated) report.end = "truncated";
}

}  // namespace

void serve_connection(server_stream& stream, serve_mode mode, std::chrono::milliseconds idle_timeout,
                      connection_report& report) {
  stream.next_layer().time_for_each(idle_timeout);
  if (mode == serve_mode::status) {
    answer_status(stream, idle_timeout, report);
  } else {
    exchange(stream, mode == serve_mode::echo, report);
  }
  finish(stream, report);
  report.at = stage::done;
}

}  // namespace cli
