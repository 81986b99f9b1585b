// SPDX-License-Identifier: BSL-1.0
// asio::ssl::stream, synchronous, as its documentation uses it.
#include <asio/ip/tcp.hpp>
#include <asio/ssl.hpp>
#include <string>
#include <test_pki.hpp>

#include "../../product/register.hpp"
#include "../../product/workloads.hpp"

namespace {

using bench::require;

struct with_asio {
  static constexpr bool resumes = false;

  explicit with_asio(const bench::task& what)
      : client(asio::ssl::context::tls_client), server(asio::ssl::context::tls_server) {
    using namespace plugtls::test_pki;
    for (asio::ssl::context* c : {&client, &server}) {
      SSL_CTX* native = c->native_handle();
      SSL_CTX_set_min_proto_version(native, what.version);
      SSL_CTX_set_max_proto_version(native, what.version);
      SSL_CTX_set_num_tickets(native, 0);
      require(SSL_CTX_set_ciphersuites(native, "TLS_AES_128_GCM_SHA256") == 1 &&
                  SSL_CTX_set_cipher_list(native, "ECDHE-ECDSA-AES128-GCM-SHA256") == 1 &&
                  SSL_CTX_set1_groups_list(native, "X25519:P-256") == 1,
              "setting suites and groups");
    }
    client.set_verify_mode(asio::ssl::verify_peer);
    client.add_certificate_authority(asio::buffer(root.data(), root.size()));
    server.use_certificate_chain(asio::buffer(server_chain.data(), server_chain.size()));
    server.use_private_key(asio::buffer(server_key.data(), server_key.size()), asio::ssl::context::pem);
  }

  template <class Line>
  struct end {
    end(with_asio& s, bool is_client, int socket)
        : stream(s.io, is_client ? s.client : s.server),
          role(is_client ? asio::ssl::stream_base::client : asio::ssl::stream_base::server) {
      stream.next_layer().assign(asio::ip::tcp::v4(), ::dup(socket));
      stream.next_layer().non_blocking(true);
      if (!is_client) return;
      stream.set_verify_callback(asio::ssl::host_name_verification("localhost"));
      SSL_set_tlsext_host_name(stream.native_handle(), "localhost");
    }
    static std::size_t done(std::size_t n, const asio::error_code& ec) {
      if (ec && ec != asio::error::would_block) throw std::runtime_error("asio: " + ec.message());
      return n;
    }
    bool handshake() {
      if (is_done) return true;
      asio::error_code ec;
      stream.handshake(role, ec);
      done(0, ec);
      return is_done = !ec;
    }
    std::size_t write_some(const std::byte* data, std::size_t n) {
      asio::error_code ec;
      const std::size_t taken = asio::write(stream, asio::buffer(data, n), ec);
      return done(taken, ec);
    }
    std::size_t read_some(std::byte* out, std::size_t n) {
      asio::error_code ec;
      const std::size_t got = stream.read_some(asio::buffer(out, n), ec);
      return done(got, ec);
    }
    bool was_resumed() { return false; }
    void finish() {}
    asio::ssl::stream<asio::ip::tcp::socket> stream;
    asio::ssl::stream_base::handshake_type role;
    bool is_done = false;
  };

  asio::io_context io;
  asio::ssl::context client, server;
};

std::unique_ptr<bench::job> make_job(const bench::task& what) { return bench::make_few_workloads<with_asio>(what); }

const bool added = bench::add_side(bench::make_side<make_job>("asio::ssl::stream"));

}  // namespace
