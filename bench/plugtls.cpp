// SPDX-License-Identifier: BSL-1.0
// plugtls on the backend that the build chose, for the workloads of support/workloads.hpp: KIND WORKLOAD 1.2|1.3. The
// kinds are the ways to hold a connection: engine, any (type-erased), stream, duplex.
#include <plugtls/any.hpp>
#include <plugtls/backend.hpp>
#include <plugtls/duplex_stream.hpp>
#include <plugtls/net/fd_transport.hpp>
#include <plugtls/plugtls.hpp>
#include <plugtls/stream.hpp>
#include <plugtls/ticket_keys.hpp>
#include <string_view>
#include <test_pki.hpp>

#include "support/ring_transport.hpp"
#include "support/workloads.hpp"

namespace tls = plugtls;

namespace {

using backend = tls::default_backend;

struct context {
  explicit context(const bench::options& o) : own(o.is_client ? make_client(o) : make_server(o)), any(own) {}
  tls::peer_options peer() const { return own.own_role() == tls::role::client ? "localhost" : ""; }

  tls::context own;
  tls::any_context any;

 private:
  template <class Settings>
  static void set_common(Settings& s, const bench::options& o) {
    s.min_version = s.max_version = o.is_1_3 ? tls::tls_version::tls1_3 : tls::tls_version::tls1_2;
    s.cipher_suites = {o.is_1_3 ? tls::cipher_suite::aes_128_gcm_sha256
                                : tls::cipher_suite::ecdhe_ecdsa_with_aes_128_gcm_sha256};
    s.groups = {tls::named_group::x25519, tls::named_group::secp256r1};
    s.release_buffers = o.releases_buffers;
  }
  static tls::context make_client(const bench::options& o) {
    tls::client_settings s;
    set_common(s, o);
    s.trust = tls::trust_store::from_memory(tls::test_pki::root);
    return tls::context::client(s);
  }
  static tls::context make_server(const bench::options& o) {
    tls::server_settings s;
    set_common(s, o);
    s.identities = {tls::identity::from_pem(tls::test_pki::server_chain, tls::test_pki::server_key)};
    if (o.sessions == bench::sessions::kept) s.tickets = std::make_shared<tls::ticket_keys>();
    return tls::context::server(s);
  }
};

template <class Engine>
class engine_connection {
 public:
  engine_connection(const context& c, bench::ring_end end) : ring_(end), port_(ring_), engine_(of(c), c.peer()) {}

  bench::outcome handshake() {
    const tls::engine_result r = engine_.handshake(port_);
    if (r.status == tls::engine_status::failed) bench::give_up("the handshake");
    return r.status == tls::engine_status::done ? bench::outcome::done : bench::outcome::again;
  }
  [[gnu::always_inline]] std::size_t write(const void* data, std::size_t n) {
    const tls::engine_result r = engine_.write_some(port_, static_cast<const std::byte*>(data), n);
    if (r.status != tls::engine_status::done) bench::give_up("writing");
    return r.bytes;
  }
  [[gnu::always_inline]] std::size_t read(void* out, std::size_t n) {
    const tls::engine_result r = engine_.read_some(port_, static_cast<std::byte*>(out), n);
    if (r.status == tls::engine_status::done) return r.bytes;
    if (r.status != tls::engine_status::want_read) bench::give_up("reading");
    return 0;
  }

 private:
  static const auto& of(const context& c) {
    if constexpr (std::is_same_v<Engine, tls::any_engine>)
      return c.any;
    else
      return c.own;
  }
  bench::ring_transport ring_;
  tls::transport_port<bench::ring_transport> port_;
  Engine engine_;
};

// Both kinds of stream. A duplex_stream always waits: reads that would block are not for it.
template <class Stream>
class stream_connection {
 public:
  template <class End>
  stream_connection(const context& c, End end) : stream_(c.own, typename Stream::next_layer_type(end), c.peer()) {
    waits(false);
  }

  bench::outcome handshake() {
    std::error_code ec;
    stream_.handshake(ec);
    return settled(ec, "the handshake") ? bench::outcome::done : bench::outcome::again;
  }
  [[gnu::always_inline]] std::size_t write(const void* data, std::size_t n) {
    const std::size_t done = stream_.write_some(std::span(static_cast<const std::byte*>(data), n), ec_);
    if (ec_) bench::give_up("writing");
    return done;
  }
  [[gnu::always_inline]] std::size_t read(void* out, std::size_t n) {
    const std::size_t done = stream_.read_some(std::span(static_cast<std::byte*>(out), n), ec_);
    if (ec_ && ec_ != tls::errc::would_block && ec_ != tls::errc::timed_out) bench::give_up("reading");
    return done;
  }
  // A stream waits by default.
  void waits(bool on) noexcept {
    if constexpr (requires { stream_.non_blocking(true); }) stream_.non_blocking(!on);
  }
  auto& transport() noexcept { return stream_.next_layer(); }

 private:
  static bool settled(const std::error_code& ec, const char* what) {
    if (ec && ec != tls::errc::would_block && ec != tls::errc::timed_out) bench::give_up(what);
    return !ec;
  }
  Stream stream_;
  static inline std::error_code ec_;  // as a program has one for all its calls, at a place of its own
};

using ring_stream = stream_connection<tls::stream<bench::ring_transport, backend>>;
using duplex_ring = stream_connection<tls::duplex_stream<bench::ring_transport, backend>>;
using tcp_stream = stream_connection<tls::stream<tls::fd_transport, backend>>;

using counted_stream = stream_connection<tls::stream<bench::counting_transport, backend>>;

// What the transport is asked for: per record of 16 KiB where many lie there, per record of 1 KiB where 16 do, per 64
// bytes there and back, and by a server that sends tickets until the handshake is over.
void transport_calls(bool is_1_3) {
  const auto way = std::make_unique_for_overwrite<bench::link>();
  *way = {};
  const context client_context({.is_client = true, .is_1_3 = is_1_3});
  const context server_context({.is_client = false, .is_1_3 = is_1_3, .sessions = bench::sessions::kept});
  counted_stream client(client_context, way->client()), server(server_context, way->server());
  bench::shake_hands(client, server);
  std::printf("server_sends %ld\n", server.transport().writes);
  client.waits(true), server.waits(true);

  const auto reads_per_record = [&](const char* name, std::size_t size, int records) {
    bench::pass(client, server, 64);
    std::size_t left = 0;  // some libraries' records are a little smaller
    for (int i = 0; i < records; ++i) left += client.write(bench::data, size);
    const long before = server.transport().reads;
    while (left != 0) left -= server.read(bench::room, size < left ? size : left);
    std::printf("%s %.3f\n", name, static_cast<double>(server.transport().reads - before) / records);
  };
  reads_per_record("reads_per_16k", 16384, 48);
  reads_per_record("reads_per_1k", 1024, 16);

  const auto calls = [&] {
    const auto &a = client.transport(), &b = server.transport();
    return a.reads + a.writes + b.reads + b.writes;
  };
  bench::pass(client, server, 64), bench::pass(server, client, 64);
  const long before = calls();
  for (int i = 0; i < 100; ++i) bench::pass(client, server, 64), bench::pass(server, client, 64);
  std::printf("calls_per_ping_pong %.2f\n", static_cast<double>(calls() - before) / 100);
}

template <class Connection>
int run(std::string_view what, bool is_1_3) {
  if (what == "calls")
    bench::calls<context, Connection>(is_1_3);
  else if (what == "handshakes" || what == "new_handshakes")
    bench::handshakes<context, Connection>(is_1_3, what == "new_handshakes", bench::many_handshakes);
  else if (what == "parses" || what == "new_parses")
    bench::handshakes<context, Connection>(is_1_3, what == "new_parses", bench::few_handshakes);
  else if (what == "idle" || what == "idle_released")
    bench::idle<context, Connection>(is_1_3, what == "idle_released");
  else
    bench::give_up("finding that workload");
  return 0;
}

int chosen(int argc, char** argv) {
  const std::string_view kind = argc == 4 ? argv[1] : "", what = argc == 4 ? argv[2] : "",
                         version = argc == 4 ? argv[3] : "";
  if (argc == 2 && std::string_view(argv[1]) == "library") return std::puts(backend::library().text.c_str()), 0;
  const bool is_1_3 = version == "1.3";
  if (is_1_3 && !backend::supports(tls::tls_version::tls1_3)) {
    std::puts("unsupported");
    return 0;
  }
  if (what == "idle_released" && !tls::has<backend, tls::capability::release_buffers>) {
    std::puts("unsupported");
    return 0;
  }
  if (is_1_3 || version == "1.2") {
    if (kind == "stream" && what == "tcp") return bench::tcp<context, tcp_stream>(is_1_3, true, false), 0;
    if (kind == "stream" && what == "transport_calls") return transport_calls(is_1_3), 0;
    if (kind == "engine") return run<engine_connection<tls::engine>>(what, is_1_3);
    if (kind == "any") return run<engine_connection<tls::any_engine>>(what, is_1_3);
    if (kind == "stream") return run<ring_stream>(what, is_1_3);
    if (kind == "duplex") return run<duplex_ring>(what, is_1_3);
  }
  std::fprintf(stderr,
               "usage: PROGRAM engine|any|stream|duplex "
               "calls|handshakes|new_handshakes|parses|new_parses|idle|idle_released 1.2|1.3\n"
               "       PROGRAM stream tcp|transport_calls 1.2|1.3\n");
  return 2;
}

}  // namespace

int main(int argc, char** argv) {
  return bench::guarded([&] { return chosen(argc, argv); });
}
