// SPDX-License-Identifier: BSL-1.0
#include <openssl/ssl.h>

#include <ctime>
#include <memory>

#include "plugtls/backend.hpp"
#include "plugtls/session_cache.hpp"
#include "plugtls/ticket_keys.hpp"
#include "support/catch.hpp"
#include "support/drive.hpp"
#include "support/pki.hpp"

namespace tls = plugtls;
using namespace plugtls_test;

namespace {

constexpr std::size_t most = 3000;

void set_time(SSL_SESSION* s, std::time_t t) {
#if OPENSSL_VERSION_NUMBER >= 0x30300000L
  SSL_SESSION_set_time_ex(s, t);
#else
  SSL_SESSION_set_time(s, static_cast<long>(t));
#endif
}

// A client that keeps to no rule but OpenSSL's own, with a server that allows early data.
struct forger {
  forger() {
    tls::client_settings c = with_version(client_defaults(), tls::tls_version::tls1_3);
    c.sessions = std::make_shared<tls::session_cache>(0);
    c.replayable_early_data = true;
    tls::server_settings s = with_version(server_defaults(), tls::tls_version::tls1_3);
    s.tickets = std::make_shared<tls::ticket_keys>();
    s.replayable_early_data = most;
    client = tls::context::client(c);
    server = tls::context::server(s);
    endpoint<tls::engine> a(tls::engine(client, server_name)), b{tls::engine(server)};
    b.outgoing = "so that a ticket comes";
    REQUIRE(pump(a, b));
    kept = a.engine.session();
    REQUIRE_FALSE(kept.empty());
  }

  // The session, with OpenSSL's part of it changed.
  template <class Change>
  tls::session forge(Change change) const {
    tls::detail::session_envelope e = kept.envelope();
    const tls::openssl::session_handle native = tls::openssl::read_session(e.native_bytes().bytes());
    change(native.get());
    e.native = tls::openssl::write_session(native.get());
    REQUIRE_FALSE(e.native.empty());
    e.held.reset();
    return tls::session(std::move(e));
  }

  tls::context client, server;
  tls::session kept;
};

struct meeting {
  meeting(const forger& f, tls::session s, std::string_view early, const char* sni = "")
      : a(tls::engine(f.client, peer(std::move(s), sni))), b(tls::engine(f.server)) {
    const tls::engine_result r =
        a.engine.write_replayable_early_data(a.port, tls::as_bytes(early).data(), early.size());
    CHECK(r.bytes == early.size());
    a.engine.flush(a.port);
    carry(a, b);
    std::byte block[1000];
    do {
      last = b.engine.read_replayable_early_data(b.port, block, sizeof block);
      read += last.bytes;
    } while (last.status == tls::engine_status::done && last.bytes != 0);
    REQUIRE(pump(a, b));
  }
  static tls::peer_options peer(tls::session s, const char* sni) {
    tls::peer_options p(server_name);
    p.server_name = sni;
    p.resume = std::move(s);
    return p;
  }
  endpoint<tls::engine> a, b;
  tls::engine_result last;
  std::size_t read = 0;
};

}  // namespace

TEST_CASE("early data: a client that sends more than was allowed is refused, and no more is held", "[openssl]") {
  const forger f;
  for (const std::size_t size : {most, most + 1, 10 * most, 100000 * most / 3000}) {
    CAPTURE(size);
    const meeting m(f, f.forge([](SSL_SESSION* s) { SSL_SESSION_set_max_early_data(s, 1000000); }),
                    std::string(size, 'x'));
    CHECK(m.read <= most);
    CHECK(m.b.up() == (size == most));
    if (size == most) break;
    CHECK(m.last.error == tls::errc::bad_record);
    CHECK(m.b.engine.error().alert_sent == tls::alert::unexpected_message);
  }
}

TEST_CASE("early data: a ticket that is not as old as its client says gives none", "[openssl]") {
  for (const int seconds : {0, -100}) {
    CAPTURE(seconds);
    const forger f;
    const meeting m(f, f.forge([&](SSL_SESSION* s) { set_time(s, std::time(nullptr) + seconds); }), "early");
    CHECK(m.a.up());
    CHECK(m.a.engine.resumed());
    CHECK((m.a.engine.early_data() == tls::early_data_status::accepted) == (seconds == 0));
    CHECK(m.read == (seconds == 0 ? 5 : 0));
  }
}

TEST_CASE("early data: a ticket that was made for another name gives none, and is not resumed", "[openssl]") {
  const forger f;
  tls::session other = f.forge([](SSL_SESSION* s) { SSL_SESSION_set1_hostname(s, "other.test"); });
  tls::detail::session_envelope e = other.envelope();
  e.server_name = "other.test";
  const meeting m(f, tls::session(std::move(e)), "early", "other.test");
  CHECK(m.a.up());
  CHECK(m.b.engine.server_name() == "other.test");
  CHECK_FALSE(m.a.engine.resumed());
  CHECK(m.a.engine.early_data() == tls::early_data_status::rejected);
  CHECK(m.read == 0);
}
