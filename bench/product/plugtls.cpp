// SPDX-License-Identifier: BSL-1.0
// plugtls over the backend that this file is compiled for.
#include <plugtls/backend.hpp>
#include <plugtls/plugtls.hpp>
#include <plugtls/session_cache.hpp>
#include <plugtls/ticket_keys.hpp>
#include <string>
#include <test_pki.hpp>

#include "register.hpp"
#include "workloads.hpp"

namespace tls = plugtls;

namespace {

using backend = tls::default_backend;

/// Memory as a transport. Nothing ever waits for it: both ends are in one thread, and not blocking.
struct ring_transport : bench::ring_end {
  std::size_t read_some(std::span<std::byte> room, std::error_code& ec) {
    const std::size_t n = in->read(room.data(), room.size());
    ec = n == 0 ? make_error_code(tls::errc::would_block) : std::error_code();
    return n;
  }
  std::size_t write_some(tls::byte_view data, std::error_code& ec) {
    ec.clear();
    return out->write(data.data(), data.size());
  }
  void wait(tls::readiness, std::error_code& ec) { ec = tls::errc::timed_out; }
};

ring_transport transport(bench::ring_end e) { return {e}; }
tls::fd_transport transport(int fd) { return tls::fd_transport::borrow(fd); }

tls::identity identity_for(const bench::task& what) {
  using namespace tls::test_pki;
  return what.is_rsa != 0 ? tls::identity::from_pem(server_rsa_chain, server_rsa_key)
                          : tls::identity::from_pem(server_chain, server_key);
}

void check_offered(const bench::task& what) {
  const auto lacks = [](std::string_view name) {
    throw bench::not_offered("no " + std::string(name) + " in " + backend::library().text);
  };
  tls::error_info info;
  bench::require(backend::start(info) == tls::errc::success, "starting the library");
  const auto version = static_cast<tls::tls_version>(what.version);
  const auto suite = static_cast<tls::cipher_suite>(what.suite);
  const auto group = static_cast<tls::named_group>(what.group);
  if (!backend::supports(version)) lacks(name(version));
  if (!backend::supports(suite)) lacks(name(suite));
  if (!backend::supports(group)) lacks(name(group));
}

struct ours {
  static constexpr bool resumes = true;

  explicit ours(const bench::task& what) : group(static_cast<tls::named_group>(what.group)) {
    check_offered(what);
    const bool resumed = std::string_view(what.work) == "resumed";
    tls::client_settings c;
    tls::server_settings s;
    c.min_version = c.max_version = s.min_version = s.max_version = static_cast<tls::tls_version>(what.version);
    c.cipher_suites = s.cipher_suites = {static_cast<tls::cipher_suite>(what.suite)};
    c.groups = s.groups = {group};
    // In TLS 1.2 the list is also that of the certificates' curves.
    if (group != tls::named_group::secp256r1) c.groups = s.groups = {group, tls::named_group::secp256r1};
    c.trust = tls::trust_store::from_memory(tls::test_pki::root);
    s.identities = {identity_for(what)};
    if (resumed) {
      c.sessions = std::make_shared<tls::session_cache>();
      s.tickets = std::make_shared<tls::ticket_keys>();
    }
    client = tls::context::client(c);
    server = tls::context::server(s);
  }

  template <class Line>
  struct end {
    using transport_type = decltype(transport(std::declval<Line&>().client()));

    template <class Where>
    end(ours& s, bool is_client, Where where)
        : stream(is_client ? s.client : s.server, transport(where),
                 is_client ? tls::peer_options("localhost") : tls::peer_options()),
          wanted(s.group) {
      stream.non_blocking(true);
    }
    bool handshake() {
      std::error_code ec;
      stream.handshake(ec);
      check(ec);
      if (!ec && !stream.resumed() && stream.group() != tls::named_group::none)
        bench::require(stream.group() == wanted, "agreeing on the group");
      return !ec;
    }
    std::size_t write_some(const std::byte* data, std::size_t n) {
      std::error_code ec;
      const std::size_t taken = stream.write(tls::byte_view(data, n), ec);
      check(ec);
      return taken;
    }
    std::size_t read_some(std::byte* out, std::size_t n) {
      std::error_code ec;
      const std::size_t got = stream.read_some(std::span(out, n), ec);
      check(ec);
      return got;
    }
    bool was_resumed() const { return stream.resumed(); }
    void finish() {
      std::error_code ec;
      stream.shutdown_send(ec);
    }
    void check(const std::error_code& ec) const {
      if (ec && ec != tls::errc::would_block) throw std::runtime_error(tls::explain(stream.error()));
    }
    tls::stream<transport_type, backend> stream;
    tls::named_group wanted;
  };

  tls::context client, server;
  tls::named_group group;
};

// A context on the system's store while another one holds it: what each but the first costs.
struct contexts : bench::job {
  double run(std::uint64_t count) override {
    const double begin = bench::cpu_seconds();
    for (std::uint64_t i = 0; i < count; ++i) {
      tls::context made = tls::context::client({});
      if (!held) held = made;
    }
    return bench::cpu_seconds() - begin;
  }
  tls::context held;
};

std::unique_ptr<bench::job> make_job(const bench::task& what) {
  if (std::string_view(what.work) == "context") return std::make_unique<contexts>();
  return bench::make_workload_over<ours>(what);
}

const bool added = bench::add_side(bench::make_side<make_job>("plugtls"));

}  // namespace
