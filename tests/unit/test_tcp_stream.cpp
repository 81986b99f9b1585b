// SPDX-License-Identifier: BSL-1.0
#include "plugtls/net/tcp_stream.hpp"

#include <string>
#include <thread>

#include "null_backend.hpp"
#include "plugtls/net/tcp_acceptor.hpp"
#include "support/catch.hpp"
#include "support/pki.hpp"

using namespace std::chrono_literals;
using plugtls::errc;
using plugtls::error_info;
using plugtls::tcp_acceptor;
using plugtls::tcp_stream;
using plugtls::tcp_stream_options;
using plugtls_test::null_backend;

namespace {

using context = plugtls::basic_context<null_backend>;
using null_stream = tcp_stream<null_backend>;

/// Serves one connection in a thread of its own: echoes up to the end, and keeps what went wrong.
class echo_server {
 public:
  explicit echo_server(context ctx) : ctx_(std::move(ctx)), acceptor_("localhost", 0) {
    acceptor_.timeout(10s);
    thread_ = std::thread([this] { serve(); });
  }
  ~echo_server() { join(); }
  int port() const { return acceptor_.local_port(); }
  /// Whether the client was gone before we had closed. After join().
  bool reset() const { return reset_; }
  errc join() {
    acceptor_.cancel();
    if (thread_.joinable()) thread_.join();
    return result_;
  }

 private:
  void serve() {
    std::error_code ec;
    auto stream = acceptor_.accept(ctx_, ec);
    if (!stream) return;
    stream->next_layer().timeout(10s);
    char block[100];
    while (!ec) {
      const std::size_t n = stream->read_some(block, ec);
      if (!ec) stream->write(std::string_view(block, n), ec);
    }
    result_ = stream->error().code;
    if (ec == errc::closed) stream->shutdown(ec);
    // A client that refused us must not reset the connection while its alert is on the way.
    for (int i = 0; i < 3 && result_ == errc::alert_received && !reset_; ++i) {
      stream->next_layer().write_some(plugtls::as_bytes("more"), ec);
      reset_ = ec && ec != errc::would_block;
      std::this_thread::sleep_for(20ms);
    }
    stream->close();
  }

  context ctx_;
  tcp_acceptor acceptor_;
  std::thread thread_;
  errc result_ = errc::success;
  bool reset_ = false;
};

context client() { return context::client(plugtls_test::client_defaults()); }
context server() { return context::server(plugtls_test::server_defaults()); }

}  // namespace

TEST_CASE("a tcp_stream connects, shakes hands and checks the name") {
  const context ctx = client();
  echo_server peer(server());
  tcp_stream s{ctx, "localhost", peer.port()};
  CHECK(s.established());
  CHECK(s.peer_chain().size() == 2);
  s.write("hello");
  char block[5];
  CHECK(s.read(block) == 5);
  CHECK(std::string(block, 5) == "hello");
  s.shutdown();
  s.close();
  CHECK_FALSE(s.next_layer().is_open());
  CHECK(peer.join() == errc::closed);
}

TEST_CASE("a tcp_stream can expect another name than the host's") {
  const context ctx = client();
  echo_server peer(server());
  const null_stream s{ctx, "localhost", peer.port(), {.peer = "plugtls.test"}};
  CHECK(s.established());
}

TEST_CASE("a refused server is told why before the connection goes") {
  const context ctx = client();
  const bool throws = GENERATE(true, false);
  echo_server peer(server());
  const tcp_stream_options other{.peer = "other.example"};
  if (throws) {
    bool thrown = false;
    try {
      const null_stream s{ctx, "localhost", peer.port(), other};
    } catch (const plugtls::tls_error& e) {
      thrown = true;
      CHECK(e.info().code == errc::hostname_mismatch);
    }
    CHECK(thrown);
  } else {
    error_info info;
    CHECK_FALSE(null_stream::connect(ctx, "localhost", peer.port(), info, other));
    CHECK(info.code == errc::hostname_mismatch);
    CHECK(info.problems.size() == 1);
  }
  CHECK(peer.join() == errc::alert_received);
  CHECK_FALSE(peer.reset());
}

TEST_CASE("a tcp_stream that cannot connect tells the network's reason") {
  const context ctx = client();
  const int nobody = tcp_acceptor("localhost", 0).local_port();
  error_info info;
  CHECK_FALSE(null_stream::connect(ctx, "localhost", nobody, info));
  CHECK(info.code == errc::io_error);
  CHECK(info.native == ECONNREFUSED);
  CHECK_THROWS_AS((null_stream{ctx, "localhost", nobody}), plugtls::tls_error);
  CHECK_FALSE(null_stream::connect(ctx, "localhost", 0, info));
  CHECK(info.code == errc::invalid_argument);

  echo_server peer(server());
  const auto s = null_stream::connect(ctx, "localhost", peer.port(), info);
  REQUIRE(s);
  CHECK_FALSE(info);
}

TEST_CASE("a silent server does not outlast the timeout") {
  tcp_acceptor silent("127.0.0.1", 0);
  const auto start = std::chrono::steady_clock::now();
  error_info info;
  CHECK_FALSE(null_stream::connect(client(), "127.0.0.1", silent.local_port(), info,
                                   {.peer = "localhost", .connect = {.timeout = 50ms}}));
  CHECK(info.code == errc::timed_out);
  CHECK(std::chrono::steady_clock::now() - start >= 50ms);
  CHECK(std::chrono::steady_clock::now() - start < 5s);
}

TEST_CASE("accepting leaves the handshake to whom it is given") {
  tcp_acceptor acceptor("127.0.0.1", 0);
  acceptor.timeout(10s);
  const context ctx = server();
  error_info info;
  const auto silent = plugtls::connect_tcp("127.0.0.1", acceptor.local_port(), info);
  std::error_code ec;
  auto accepted = acceptor.accept(ctx, ec);
  REQUIRE(accepted);
  CHECK_FALSE(accepted->established());
  accepted->next_layer().timeout(10ms);
  accepted->handshake(ec);
  CHECK(ec == errc::timed_out);

  acceptor.timeout(0ms);
  CHECK_FALSE(acceptor.accept(ctx, ec));
  CHECK(ec == errc::timed_out);
  CHECK_THROWS_AS(acceptor.accept(ctx), std::system_error);
}
