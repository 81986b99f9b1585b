// SPDX-License-Identifier: BSL-1.0
#include <chrono>
#include <plugtls/net/tcp_acceptor.hpp>
#include <thread>

#include "parity.hpp"

namespace cli {

namespace {

using namespace std::chrono;
constexpr milliseconds trial_timeout = seconds(10);

// The server echoes one word, and waits for the client's end unless it is to break off.
void serve(const trial& t, tls::tcp_acceptor& acceptor, tls::error_info& error) {
  std::error_code ec;
  acceptor.timeout(trial_timeout);
  tls::fd_transport socket = acceptor.accept_transport(ec);
  if (ec) {
    error.set(tls::errc::io_error, "cannot accept: " + ec.message());
    return;
  }
  socket.timeout(trial_timeout);
  if (t.end == trial_end::not_tls) {
    socket.write_some(tls::as_bytes("HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n"), ec);
    socket.close_gracefully();
    return;
  }
  tls::stream<tls::fd_transport, tls::any_backend> s(t.server, std::move(socket));
  char word[4];
  s.handshake(ec);
  if (!ec) s.read(word, ec);
  if (!ec) s.write(word, ec);
  if (!ec && t.end == trial_end::orderly) s.shutdown(ec);
  if (ec) error = s.error();
  s.next_layer().close_gracefully();
}

void connect(const trial& t, int port, trial_outcome& out) {
  tls::connect_options options;
  options.timeout = options.connect_timeout = trial_timeout;
  tls::fd_transport socket = tls::connect_tcp("127.0.0.1", port, out.client, options);
  if (out.client) return;
  tls::stream<tls::fd_transport, tls::any_backend> s(t.client, std::move(socket), t.name);
  std::error_code ec;
  const auto begin = steady_clock::now();
  s.handshake(ec);
  out.handshake_us = static_cast<long>(duration_cast<microseconds>(steady_clock::now() - begin).count());
  out.version = s.version();
  out.suite = s.cipher_suite();
  char word[4] = {'p', 'i', 'n', 'g'};
  if (!ec) s.write(word, ec);
  if (!ec) s.read(word, ec);
  if (!ec && std::string_view(word, 4) != "ping") {
    out.client.set(tls::errc::bad_record, "the echo differs from what was sent");
    return;
  }
  // Up to the peer's end: close_notify answers ours, or nothing does.
  if (!ec && t.end == trial_end::cut) s.read_some(word, ec);
  if (!ec) s.shutdown(ec);
  if (ec) out.client = s.error();
  s.next_layer().close_gracefully();
}

}  // namespace

trial_outcome run_trial(const trial& t) {
  trial_outcome out;
  tls::tcp_acceptor acceptor = tls::tcp_acceptor::listen("127.0.0.1", 0, out.client);
  if (out.client) return out;
  std::thread server([&] { serve(t, acceptor, out.server); });
  connect(t, acceptor.local_port(), out);
  server.join();
  return out;
}

std::vector<tls::tls_version> common_versions(const tls::backend_entry& a, const tls::backend_entry& b) {
  std::vector<tls::tls_version> versions = {tls::tls_version::tls1_2};
  constexpr tls::capability newest = tls::capability::tls1_3;
  if (a.capabilities.has(newest) && b.capabilities.has(newest)) versions.push_back(tls::tls_version::tls1_3);
  return versions;
}

}  // namespace cli
