// SPDX-License-Identifier: BSL-1.0
#include <openssl/err.h>

#include <thread>

#include "plugtls/backend.hpp"
#include "plugtls/buffer_port.hpp"
#include "plugtls/duplex_stream.hpp"
#include "plugtls/memory_pipe.hpp"
#include "support/catch.hpp"
#include "support/corpus.hpp"
#include "support/drive.hpp"
#include "support/pki.hpp"

namespace tls = plugtls;
namespace pki = plugtls::test_pki;

namespace {

// What an application may have left in the thread's queue.
void plant_error() { ERR_raise(ERR_LIB_SSL, SSL_R_NO_SHARED_CIPHER); }

void move(tls::buffer_port& from, tls::buffer_port& to) {
  REQUIRE(to.feed(from.output()));
  from.consume_output(from.output().size());
}

}  // namespace

TEST_CASE("a stale error queue changes no result and no reason", "[openssl]") {
  const bool refused = GENERATE(false, true);
  tls::engine client(tls::context::client(plugtls_test::client_defaults()),
                     refused ? "wrong.example" : plugtls_test::server_name);
  tls::engine server(tls::context::server(plugtls_test::server_defaults()));
  tls::buffer_port a, b;
  tls::engine_result ra, rb;
  for (int i = 0; i < 10; ++i) {
    plant_error();
    ra = client.handshake(a);
    move(a, b);
    plant_error();
    rb = server.handshake(b);
    move(b, a);
  }
  if (refused) {
    CHECK(ra.error == tls::errc::hostname_mismatch);
    CHECK(rb.error == tls::errc::alert_received);
    return;
  }
  REQUIRE(client.established());
  REQUIRE(server.established());
  std::byte room[16];
  plant_error();
  CHECK(client.read_some(a, room, sizeof room).status == tls::engine_status::want_read);
  plant_error();
  CHECK(client.write_some(a, room, sizeof room).bytes == sizeof room);
  move(a, b);
  plant_error();
  CHECK(server.read_some(b, room, sizeof room).bytes == sizeof room);
  plant_error();
  CHECK(server.shutdown(b).status == tls::engine_status::done);
  move(b, a);
  plant_error();
  CHECK(client.read_some(a, room, sizeof room).error == tls::errc::closed);
  b.ended = true;
  plant_error();
  CHECK(server.read_some(b, room, sizeof room).error == tls::errc::truncated);
  ERR_clear_error();
}

TEST_CASE("one signature of X.509 is verified", "[openssl]") {
  const auto parse = [](std::string_view pem) {
    tls::errc e = tls::errc::success;
    auto c = tls::certificate::from_pem(pem, e);
    REQUIRE(c);
    return *c;
  };
  const auto check = [](const tls::certificate& leaf, const tls::certificate& issuer, tls::byte_view signature) {
    return tls::openssl::backend::verify_signature(issuer.view().spki_der(), leaf.view().signature_algorithm_der(),
                                                   leaf.view().tbs(), signature);
  };
  const tls::certificate leaf = parse(pki::server_chain), issuer = parse(pki::intermediate),
                         other = parse(pki::other_root);
  CHECK(check(leaf, issuer, leaf.view().signature()) == tls::errc::success);
  CHECK(check(leaf, other, leaf.view().signature()) == tls::errc::bad_signature);
  tls::byte_vector broken(leaf.view().signature().begin(), leaf.view().signature().end());
  broken.back() ^= std::byte{1};
  CHECK(check(leaf, issuer, broken) == tls::errc::bad_signature);
  CHECK(check(leaf, issuer, {}) == tls::errc::bad_signature);
  CHECK(tls::openssl::backend::verify_signature({}, {}, {}, {}) == tls::errc::unsupported);
}

TEST_CASE("TLS 1.2 without extended master secret exports nothing and binds nothing", "[openssl]") {
  for (const bool has_secret : {true, false}) {
    tls::engine client(
        tls::context::client(plugtls_test::with_version(plugtls_test::client_defaults(), tls::tls_version::tls1_2)),
        plugtls_test::server_name);
    tls::engine server(tls::context::server(plugtls_test::server_defaults()));
    if (!has_secret) SSL_set_options(server.native().native_handle(), SSL_OP_NO_EXTENDED_MASTER_SECRET);
    tls::buffer_port a, b;
    for (int i = 0; i < 10; ++i) {
      client.handshake(a);
      move(a, b);
      server.handshake(b);
      move(b, a);
    }
    REQUIRE(client.established());
    REQUIRE(server.established());
    const tls::errc expected = has_secret ? tls::errc::success : tls::errc::unsupported;
    for (tls::engine* e : {&client, &server}) {
      tls::error_info info;
      std::byte out[32];
      CHECK(e->export_keying_material({"EXPERIMENTAL-x", std::nullopt}, out, info) == expected);
      CHECK(e->channel_binding(tls::channel_binding_type::tls_exporter, info).empty() != has_secret);
      CHECK(info.code == expected);
      CHECK(e->channel_binding(tls::channel_binding_type::tls_unique, info).empty() != has_secret);
      CHECK(info.code == expected);
      CHECK(e->channel_binding(tls::channel_binding_type::tls_server_end_point, info).size() == 32);
    }
  }
}

TEST_CASE("duplex_stream: both directions are full, and keys change on both", "[openssl]") {
  auto [a, b] = tls::make_memory_pipe(5000);
  tls::duplex_stream client(
      tls::context::client(plugtls_test::with_version(plugtls_test::client_defaults(), tls::tls_version::tls1_3)),
      std::move(a), plugtls_test::server_name);
  tls::duplex_stream server(tls::context::server(plugtls_test::server_defaults()), std::move(b));
  const std::string block = plugtls_test::pattern(50000);
  constexpr int blocks = 40;
  std::error_code written[2], received[2];
  int good[2] = {};
  const auto write = [&](auto& s, std::error_code& ec) {
    s.handshake(ec);
    for (int i = 0; i < blocks && !ec; ++i) {
      s.write(block, ec);
      s.with_engine([](auto& e) { SSL_key_update(e.native().native_handle(), SSL_KEY_UPDATE_REQUESTED); });
    }
    if (!ec) s.write("end", ec);
  };
  const auto read = [&](auto& s, std::error_code& ec, int& count) {
    std::string text(block.size(), '\0');
    for (int i = 0; i < blocks && !ec; ++i) {
      s.read(text, ec);
      count += text == block;
    }
    text.resize(3);
    if (!ec) s.read(text, ec);
    count += text == "end";
  };
  std::thread threads[] = {std::thread([&] { write(client, written[0]); }),
                           std::thread([&] { write(server, written[1]); }),
                           std::thread([&] { read(client, received[0], good[0]); }),
                           std::thread([&] { read(server, received[1], good[1]); })};
  for (std::thread& t : threads) t.join();
  for (const std::error_code& ec : {written[0], written[1], received[0], received[1]}) CHECK(ec == std::error_code());
  CHECK(good[0] == blocks + 1);
  CHECK(good[1] == blocks + 1);
}

TEST_CASE("duplex_stream: a reader sends the answer to a key update when there is room again", "[openssl]") {
  auto [a, b] = tls::make_memory_pipe(2000);
  tls::duplex_stream client(
      tls::context::client(plugtls_test::with_version(plugtls_test::client_defaults(), tls::tls_version::tls1_3)),
      std::move(a), plugtls_test::server_name);
  tls::duplex_stream server(tls::context::server(plugtls_test::server_defaults()), std::move(b));
  std::error_code ec, other;
  std::thread peer([&] { server.handshake(other); });
  client.handshake(ec);
  peer.join();
  REQUIRE_FALSE(ec);
  // The way to the server is full.
  client.timeout(std::chrono::milliseconds(20));
  client.write(std::string(4000, 'x'), ec);
  CHECK(ec == tls::errc::timed_out);
  client.timeout(std::chrono::seconds(30));
  server.with_engine([](auto& e) { SSL_key_update(e.native().native_handle(), SSL_KEY_UPDATE_REQUESTED); });
  server.write("data");
  std::string text(4, '\0');
  client.read(text, ec);
  CHECK(text == "data");
  // Now the client only reads, and the server reads what was in the way.
  std::thread reader([&] { client.read_some(text, ec); });
  std::string rest(4000, '\0');
  CHECK(server.read(rest) == rest.size());
  bool is_left = true;
  for (int i = 0; i < 2000 && is_left; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
    is_left = client.with_engine([](auto& e) { return e.has_output(); });
  }
  CHECK_FALSE(is_left);
  server.write("more");
  reader.join();
  CHECK(text == "more");
}
