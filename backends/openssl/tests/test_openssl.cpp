// SPDX-License-Identifier: BSL-1.0
#include <malloc.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>

#include <atomic>
#include <cstdlib>
#include <thread>

#include "plugtls/backend.hpp"
#include "plugtls/buffer_port.hpp"
#include "plugtls/duplex_stream.hpp"
#include "plugtls/memory_pipe.hpp"
#include "plugtls/session_cache.hpp"
#include "plugtls/ticket_keys.hpp"
#include "support/catch.hpp"
#include "support/corpus.hpp"
#include "support/drive.hpp"
#include "support/pki.hpp"

static_assert(plugtls::openssl::never_check_subject == X509_CHECK_FLAG_NEVER_CHECK_SUBJECT);
static_assert(plugtls::openssl::purpose_any == X509_PURPOSE_ANY);

namespace tls = plugtls;
namespace pki = plugtls::test_pki;

namespace {

// What an application may have left in the thread's queue.
void plant_error() { ERR_raise(ERR_LIB_SSL, SSL_R_NO_SHARED_CIPHER); }

// What OpenSSL holds.
std::atomic<std::size_t> counted_bytes = 0;

void* keep_count(void* p) {
  counted_bytes += malloc_usable_size(p);
  return p;
}
void discount(void* p, const char*, int) {
  counted_bytes -= malloc_usable_size(p);
  std::free(p);
}
const bool is_counting =
    CRYPTO_set_mem_functions([](std::size_t n, const char*, int) { return keep_count(std::malloc(n)); },
                             [](void* p, std::size_t n, const char*, int) {
                               counted_bytes -= malloc_usable_size(p);
                               return keep_count(std::realloc(p, n));
                             },
                             discount) == 1;

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

TEST_CASE("without instructions for AES, ChaCha20 comes first", "[openssl][cpu]") {
  if constexpr (tls::openssl::tells_cpu) {
    const std::string key(tls::openssl::cpu_key);
    CHECK(tls::openssl::has_fast_aes((key + "0xffffffffffffffff:0x0").c_str()));
    CHECK(tls::openssl::has_fast_aes(("first=1 " + key + "0xffffffffffffffff env:x").c_str()));
    CHECK_FALSE(tls::openssl::has_fast_aes((key + "0x1:0xffffffffffffffff").c_str()));
    CHECK_FALSE(tls::openssl::has_fast_aes(nullptr));  // no assembly at all
  }
  // Masked in a run of its own, by the variable that OpenSSL reads (OPENSSL_ia32cap(3)).
  const bool masked = std::getenv("OPENSSL_ia32cap") != nullptr;
  const auto suites = tls::context::client(plugtls_test::client_defaults()).effective().cipher_suites;
  const bool is_chacha = tls::name(suites.front()).find("CHACHA20") != std::string_view::npos;
  CHECK(is_chacha == (masked || !tls::openssl::has_fast_aes(OPENSSL_info(OPENSSL_INFO_CPU_SETTINGS))));
}

TEST_CASE("contexts with the same trust share what OpenSSL parsed", "[openssl]") {
  const auto store_of = [](const tls::context& c) { return SSL_CTX_get_cert_store(c.native().native_handle()); };
  tls::client_settings settings = plugtls_test::client_defaults();
  settings.trust = tls::trust_store::from_memory(pki::root);
  const tls::context first = tls::context::client(settings);
  settings.trust = tls::trust_store::from_memory(pki::root);  // read anew
  settings.alpn = {"h2"};
  const tls::context second = tls::context::client(settings);
  CHECK(store_of(first) == store_of(second));
  tls::errc e = tls::errc::success;
  settings.trust.add(*tls::certificate::from_pem(pki::other_root, e));
  const tls::context third = tls::context::client(settings);
  CHECK(store_of(first) != store_of(third));
  CHECK(sk_X509_OBJECT_num(X509_STORE_get0_objects(store_of(first))) == 1);
  CHECK(sk_X509_OBJECT_num(X509_STORE_get0_objects(store_of(third))) == 2);
  tls::server_settings server = plugtls_test::server_defaults();
  const tls::context none = tls::context::server(server);  // trusts nobody
  CHECK(sk_X509_OBJECT_num(X509_STORE_get0_objects(store_of(none))) == 0);
}

TEST_CASE("a written session holds no certificate for OpenSSL to parse", "[openssl]") {
  for (const tls::tls_version v : {tls::tls_version::tls1_2, tls::tls_version::tls1_3}) {
    tls::client_settings settings = plugtls_test::with_version(plugtls_test::client_defaults(), v);
    settings.sessions = std::make_shared<tls::session_cache>();
    tls::server_settings server = plugtls_test::server_defaults();
    server.tickets = std::make_shared<tls::ticket_keys>();
    const tls::context a = tls::context::client(settings), b = tls::context::server(server);
    for (const bool resumes : {false, true}) {
      plugtls_test::endpoint<tls::engine> client(tls::engine(a, plugtls_test::server_name)), accepted{tls::engine(b)};
      accepted.outgoing = "data";  // a ticket of TLS 1.3 comes before it
      client.shuts_down = accepted.shuts_down = true;
      REQUIRE(plugtls_test::pump(client, accepted, 1 << 20));
      CHECK(client.engine.resumed() == resumes);
      const tls::session session = client.engine.session();
      REQUIRE(session.envelope().held);
      const auto read = tls::openssl::read_session(session.envelope().native_bytes().bytes());
      REQUIRE(read);
      CHECK(SSL_SESSION_get0_peer(read.get()) == nullptr);
      CHECK(SSL_SESSION_get_protocol_version(read.get()) == static_cast<int>(v));
      CHECK(client.engine.peer_chain().size() == 2);  // who the peer is stands in the envelope
    }
  }
}

TEST_CASE("a session that is held stays good where a connection that had it fails", "[openssl]") {
  for (const tls::tls_version v : {tls::tls_version::tls1_2, tls::tls_version::tls1_3}) {
    tls::client_settings settings = plugtls_test::with_version(plugtls_test::client_defaults(), v);
    settings.sessions = std::make_shared<tls::session_cache>(0);
    tls::server_settings server = plugtls_test::server_defaults();
    server.tickets = std::make_shared<tls::ticket_keys>();
    const tls::context a = tls::context::client(settings), b = tls::context::server(server);
    tls::session kept;
    for (const bool resumes : {false, true, true}) {
      tls::peer_options peer(plugtls_test::server_name);
      peer.resume = kept;
      plugtls_test::endpoint<tls::engine> client(tls::engine(a, peer)), accepted{tls::engine(b)};
      accepted.outgoing = "data";
      REQUIRE(plugtls_test::pump(client, accepted));
      CHECK(client.engine.resumed() == resumes);
      if (!resumes) kept = client.engine.session();
      REQUIRE_FALSE(kept.empty());
      client.answer(std::string("\x17\x03\x03\x00\x20", 5) + std::string(32, 'x'));
      CHECK(client.read_error == tls::errc::bad_record);
    }
  }
}

TEST_CASE("a certificate is taken out of a session's encoding, whatever the length of what is left", "[openssl]") {
  for (const std::size_t left :
       {std::size_t{1}, std::size_t{100}, std::size_t{123}, std::size_t{124}, std::size_t{250}, std::size_t{70000}}) {
    for (const std::size_t taken : {std::size_t{0}, std::size_t{5}, std::size_t{200}, std::size_t{300}}) {
      const auto element = [](char tag, const std::string& value) {
        std::string length(1, static_cast<char>(value.size() < 0x80    ? value.size()
                                                : value.size() < 0x100 ? 0x81
                                                                       : 0x83));
        if (value.size() >= 0x10000) length += {static_cast<char>(value.size() >> 16)};
        if (value.size() >= 0x100 && value.size() < 0x10000) length[0] = static_cast<char>(0x82);
        if (value.size() >= 0x100) length += {static_cast<char>(value.size() >> 8)};
        if (value.size() >= 0x80) length += {static_cast<char>(value.size())};
        return tag + length + value;
      };
      const std::string before = element(0x04, std::string(left, 'x')), after = element(static_cast<char>(0xa4), "y");
      std::string whole =
          before + (taken == 0 ? "" : element(static_cast<char>(0xa3), std::string(taken, 'z'))) + after;
      whole = element(0x30, whole);
      const auto result = tls::openssl::without_peer(std::as_writable_bytes(std::span(whole)));
      CHECK(tls::as_text(result) == element(0x30, before + after));
    }
  }
  std::string broken = "\x30\x05\x01";
  CHECK(tls::openssl::without_peer(std::as_writable_bytes(std::span(broken))).size() == 3);
}

TEST_CASE("an idle connection with release_buffers has no buffers for records", "[openssl]") {
  REQUIRE(is_counting);
  std::size_t idle[2];
  for (const bool releases : {false, true}) {
    tls::client_settings settings = plugtls_test::client_defaults();
    settings.release_buffers = releases;
    const tls::context a = tls::context::client(settings);
    const tls::context b = tls::context::server(plugtls_test::server_defaults());
    for (int i = 0; i < 2; ++i) {  // the first one warms up
      const std::size_t before = counted_bytes;
      plugtls_test::endpoint<tls::engine> client(tls::engine(a, plugtls_test::server_name)), server{tls::engine(b)};
      client.outgoing = server.outgoing = std::string(40000, 'x');
      REQUIRE(plugtls_test::pump(client, server, 1 << 20));
      CHECK(client.incoming.size() == 40000);
      idle[releases] = counted_bytes - before;
    }
  }
  CHECK(idle[false] > idle[true] + 2 * 16384);
}
