// SPDX-License-Identifier: BSL-1.0
#include "serve_modes.hpp"

#include <unistd.h>

#include <cerrno>

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

std::string head_of(std::string_view status, std::string_view type, std::uint64_t size) {
  return "HTTP/1.1 " + std::string(status) + "\r\nContent-Type: " + std::string(type) +
         "\r\nContent-Length: " + std::to_string(size) +
         "\r\nX-Content-Type-Options: nosniff\r\nCache-Control: no-store\r\nConnection: close\r\n\r\n";
}

struct http_request {
  bool is_head = false;
  bool wants_html = false;
  std::string target;
};

void answer(server_stream& stream, const http_request& request, std::string_view status, bool html,
            std::string_view body, connection_report& report) {
  std::string text = head_of(status, html ? "text/html; charset=utf-8" : "text/plain; charset=utf-8", body.size());
  if (!request.is_head) text += body;
  write(stream, text, report);
}

// Reads a request. False where it has been answered already, or where none came.
bool take_request(server_stream& stream, std::chrono::milliseconds idle_timeout, http_request& request,
                  connection_report& report) {
  // A client that sends its request byte by byte gets no more time than one that sends none.
  stream.next_layer().time_for_all(idle_timeout);
  std::string text;
  char block[4096];
  std::size_t n = 0;
  while (text.find("\r\n\r\n") == std::string::npos && text.find("\n\n") == std::string::npos) {
    if (text.size() > max_request) {
      answer(stream, request, "431 Request Header Fields Too Large", false, "the request is too large\n", report);
      return false;
    }
    if (!read(stream, block, n, report)) return false;
    text.append(block, n);
  }
  stream.next_layer().time_for_each(idle_timeout);
  const std::string_view first = std::string_view(text).substr(0, text.find('\n'));
  const std::size_t begin = first.find(' ') + 1, end = first.find(" HTTP/1.", begin);
  const bool is_get = first.starts_with("GET ");
  request.is_head = first.starts_with("HEAD ");
  if ((!request.is_head && !is_get) || end == std::string_view::npos) {
    request.is_head = false;
    answer(stream, request, "400 Bad Request", false, "only GET and HEAD of HTTP/1.1 are served here\n", report);
    return false;
  }
  request.target = first.substr(begin, end - begin);
  request.wants_html = text.find("text/html") != std::string::npos;
  return true;
}

void send_file(server_stream& stream, const http_request& request, const served_folder& folder,
               connection_report& report) {
  const served_folder::file file = folder.open(request.target);
  if (!file.descriptor) {
    answer(stream, request, "404 Not Found", false, "there is no such file\n", report);
    return;
  }
  write(stream, head_of("200 OK", file.type, file.size), report);
  char block[16384];
  for (std::uint64_t left = request.is_head ? 0 : file.size; left != 0;) {
    const ssize_t n = ::read(file.descriptor.get(), block, left < sizeof block ? left : sizeof block);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) refuse(errc::file_error, "a file became shorter, or cannot be read, while it is sent");
    write(stream, {block, static_cast<std::size_t>(n)}, report);
    left -= static_cast<std::uint64_t>(n);
  }
}

void answer_request(server_stream& stream, const http_request& request, const served_folder* folder,
                    connection_report& report) {
  const bool html = request.wants_html;
  if (folder != nullptr)
    send_file(stream, request, *folder, report);
  else
    answer(stream, request, "200 OK", html, html ? status_page(stream, report) : status_text(stream, report), report);
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

void serve_connection(server_stream& stream, serve_mode mode, const served_folder* folder,
                      std::chrono::milliseconds idle_timeout, connection_report& report) {
  stream.next_layer().time_for_each(idle_timeout);
  http_request request;
  if (mode == serve_mode::echo || mode == serve_mode::discard)
    exchange(stream, mode == serve_mode::echo, report);
  else if (take_request(stream, idle_timeout, request, report))
    answer_request(stream, request, folder, report);
  finish(stream, report);
  report.at = stage::done;
}

}  // namespace cli
