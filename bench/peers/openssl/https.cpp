// SPDX-License-Identifier: BSL-1.0
// The server that all HTTPS clients fetch from, and plugtls as one of them.
#include "https.hpp"

#include <atomic>
#include <charconv>
#include <optional>
#include <plugtls/backend.hpp>
#include <plugtls/net/tcp_acceptor.hpp>
#include <plugtls/plugtls.hpp>
#include <plugtls/session_cache.hpp>
#include <plugtls/ticket_keys.hpp>
#include <test_pki.hpp>
#include <thread>

#include "../../product/register.hpp"

namespace tls = plugtls;

namespace {

// The number behind a text, 0 where it is not there.
std::size_t number_after(std::string_view all, std::string_view text) {
  std::size_t n = 0;
  const auto at = all.find(text);
  if (at != std::string_view::npos) std::from_chars(all.data() + at + text.size(), all.data() + all.size(), n);
  return n;
}

std::atomic<std::uint64_t> resumed = 0;

template <class Stream>
void serve(Stream& s) {
  std::error_code ec;
  s.handshake(ec);
  if (s.resumed()) ++resumed;
  std::string asked;
  char room[4096];
  for (;;) {
    const std::size_t n = s.read_some(std::span(room), ec);
    if (ec) return;
    asked.append(room, n);
    if (asked.find("\r\n\r\n") == std::string::npos) continue;
    const std::size_t size = number_after(asked, "GET /");
    s.write(std::string_view("HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: " + std::to_string(size) +
                             "\r\n\r\n" + std::string(size, 'x')),
            ec);
    if (ec || asked.find("Connection: close") != std::string::npos) return s.shutdown_send(ec);
    asked.clear();
  }
}

struct ours : bench::https_client {
  static constexpr bool can_resume = true;

  explicit ours(bool resumes) : port(bench::https_port(resumes)) {
    tls::client_settings s;
    if (resumes) s.sessions = std::make_shared<tls::session_cache>();
    s.trust = tls::trust_store::from_memory(tls::test_pki::root);
    context = tls::context::client(s);
  }
  std::size_t get(const std::string& path, bool anew) override {
    if (!stream || anew) stream.emplace(context, "localhost", port);
    stream->write(std::string_view("GET " + path + " HTTP/1.1\r\nHost: localhost\r\n" +
                                   (anew ? "Connection: close\r\n\r\n" : "\r\n")));
    std::string got;
    char room[4096];
    for (;;) {
      got.append(room, stream->read_some(std::span(room)));
      const auto end = got.find("\r\n\r\n");
      if (end == std::string::npos) continue;
      const std::size_t size = number_after(got, "Content-Length: ");
      if (got.size() == end + 4 + size) return size;
    }
  }
  int port;
  tls::context context;
  std::optional<tls::tcp_stream<tls::default_backend>> stream;
};

const bool added = bench::add_side(bench::make_side<bench::make_fetching<ours>>("plugtls"));

}  // namespace

std::uint64_t bench::https_resumed() { return resumed; }

int bench::https_port(bool gives_tickets) {
  const auto start = [](bool tickets) {
    tls::server_settings s;
    if (tickets) s.tickets = std::make_shared<tls::ticket_keys>();
    s.identities = {tls::identity::from_pem(tls::test_pki::server_chain, tls::test_pki::server_key)};
    auto context = tls::context::server(s);
    auto acceptor = tls::tcp_acceptor("127.0.0.1", 0);
    const int chosen = acceptor.local_port();
    std::thread([context, acceptor = std::move(acceptor)]() mutable {
      for (;;) {
        std::error_code ec;
        auto connection = acceptor.accept(context, ec);
        if (connection) std::thread([c = std::move(connection)]() mutable { serve(*c); }).detach();
      }
    }).detach();
    return chosen;
  };
  static const int ports[] = {start(false), start(true)};
  return ports[gives_tickets ? 1 : 0];
}
