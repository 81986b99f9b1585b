// SPDX-License-Identifier: BSL-1.0
#include <stdexcept>

#include "client_hello.hpp"
#include "sessions.hpp"

using namespace plugtls;
using namespace plugtls_test;

// The server's side of resumption: keys, and clients that it verifies.

namespace {

constexpr bool resumes_clients = has<default_backend, capability::client_auth_resumption>;

trust_store trust_and_crl(const char* name) {
  error_info info;
  trust_store store = trust();
  REQUIRE(store.add_crl_file(PLUGTLS_TEST_DATA "/crl/" + std::string(name), info) == errc::success);
  return store;
}

// Both ends verify each other.
struct mutual : resuming {
  explicit mutual(tls_version v, verify_mode mode = verify_mode::required) : resuming(v) {
    client.identities = {client_identity()};
    server.verify = mode;
    server.trust = trust();
  }
};

// Where the ClientHello has an extension: its contents' offset in the record.
std::size_t find_extension(std::string_view hello, unsigned wanted, std::size_t& size) {
  const auto u8 = [&](std::size_t i) { return static_cast<unsigned>(static_cast<unsigned char>(hello.at(i))); };
  const auto u16 = [&](std::size_t i) { return u8(i) << 8 | u8(i + 1); };
  std::size_t at = 5 + 4 + 2 + 32;
  at += 1 + u8(at);
  at += 2 + u16(at);
  at += 1 + u8(at);
  const std::size_t end = at + 2 + u16(at);
  for (at += 2; at + 4 <= end; at += 4 + u16(at + 2)) {
    size = u16(at + 2);
    if (u16(at) == wanted) return at + 4;
  }
  return 0;
}

// Tickets of a thousand seconds.
ticket_options timed_by(std::shared_ptr<const unix_time> now) {
  ticket_options options;
  options.lifetime = std::chrono::seconds(1000);
  options.clock = [now] { return *now; };
  return options;
}

// A client's hello that offers a ticket of the server's, and what the server answers to that or another.
struct offered_ticket {
  explicit offered_ticket(tls_version v) {
    resuming s(v);
    s.client.sessions = std::make_shared<session_cache>(0);
    const context client = make_client(s.client);
    server = make_server(s.server);
    engine fresh(client, with_session(make_session(client, server)));
    buffer_port p;
    CHECK(fresh.handshake(p).status == engine_status::want_read);
    hello = as_text(p.output());
  }
  std::string answer(const std::string& flight) const {
    engine e(server);
    buffer_port q;
    REQUIRE(q.feed(as_bytes(flight)));
    CHECK(e.handshake(q).status == engine_status::want_read);
    return std::string(as_text(q.output()));
  }
  context server;
  std::string hello;
};

}  // namespace

TEST_CASE("rule 10: the tickets of a key are good until it has gone, and nothing else of the connection breaks") {
  for (const tls_version v : versions()) {
    CAPTURE(name(v));
    resuming s(v);
    auto now = std::make_shared<unix_time>(system_now());
    const ticket_options options = timed_by(now);
    const auto keys = std::make_shared<ticket_keys>(options);
    s.server.tickets = keys;
    s.client.sessions = std::make_shared<session_cache>(0);
    const context client = make_client(s.client), server = make_server(s.server);
    const session first = make_session(client, server);
    CHECK(first.expires() == first.created() + 1000);
    keys->rotate();
    CHECK(meets_again(client, server, with_session(first)));
    const session second = make_session(client, server);
    CHECK(meets_again(client, server, with_session(second)));
    if (v == tls_version::tls1_2) CHECK(meets_again(client, server, with_session(first)));
    *now += 900;
    keys->rotate();
    make_session(client, server);
    *now += 900;
    CHECK_FALSE(meets_again(client, server, with_session(first)));
    CHECK_FALSE(meets_again(client, server, with_session(second)));
    CHECK_FALSE(meets_again(client, make_server(s.server)));
  }
}

TEST_CASE("rule 10: a session ends when its lifetime does, however often it is resumed") {
  for (const tls_version v : versions()) {
    CAPTURE(name(v));
    resuming s(v);
    auto now = std::make_shared<unix_time>(system_now());
    ticket_options options = timed_by(now);
    options.rotation = std::chrono::seconds(500);  // so that TLS 1.2 makes new tickets too
    s.server.tickets = std::make_shared<ticket_keys>(options);
    int asked = 0;
    if (resumes_clients) {
      s.client.identities = {client_identity()};
      s.server.verify = verify_mode::required;
      s.server.trust = trust();
      s.server.on_verify = [&](const verify_context&) { return ++asked > 0; };
    }
    const context client = make_client(s.client), server = make_server(s.server);
    unix_time full = 0;
    int resumed = 0, made = 0;
    for (int i = 0; i < 8; ++i, *now += 600) {
      CAPTURE(i);
      const bool again = meets_again(client, server);
      if (again) CHECK(*now - full <= 1000);
      if (again) ++resumed;
      if (!again) full = *now, ++made;
    }
    // A library may send no new ticket where it declines one.
    CHECK(resumed >= 3);
    CHECK(asked == (resumes_clients ? made : 0));
  }
}

TEST_CASE("rule 10: a ticket's clock that throws ends the handshake, and no context is made with it") {
  for (const tls_version v : versions()) {
    CAPTURE(name(v));
    resuming s(v);
    auto is_broken = std::make_shared<bool>(false);
    ticket_options options;
    options.clock = [is_broken] {
      if (*is_broken) detail::raise(std::runtime_error("no clock"));
      return system_now();
    };
    s.server.tickets = std::make_shared<ticket_keys>(options);
    const context client = make_client(s.client), server = make_server(s.server);
    for (const bool knows : {false, true}) {
      if (knows) CHECK_FALSE(meets_again(client, server));
      *is_broken = true;
      connection c(client, server);
      c.run();
      check_clock_broke(c, s.server);
      *is_broken = false;
    }
  }
}

TEST_CASE("rule 10: contexts of one policy that share keys resume each other's sessions, other contexts do not") {
  for (const tls_version v : versions()) {
    CAPTURE(name(v));
    const acquainted ends(v);
    const server_settings& here = ends.settings.server;
    CHECK(meets_again(ends.client, make_server(here), with_session(ends.kept)));
    errc e = errc::success;
    server_settings elsewhere = here;
    elsewhere.tickets = ticket_keys::from_bytes(here.tickets->to_bytes().bytes(), e);
    REQUIRE(elsewhere.tickets);
    const auto again = [&](const server_settings& other) {
      // Twice: a session that was declined is none the worse, and the handshake is a whole one.
      connection c(ends.client, make_server(other), with_session(ends.kept));
      talk(c);
      CHECK(c.client.engine.peer_chain().size() == 2);
      return c.client.engine.resumed();
    };
    CHECK(again(elsewhere));
    elsewhere.tickets = std::make_shared<ticket_keys>();
    CHECK_FALSE(again(elsewhere));
    elsewhere.tickets = nullptr;
    CHECK_FALSE(again(elsewhere));
    elsewhere = here;
    elsewhere.alpn = {"h2"};
    CHECK_FALSE(again(elsewhere));
    elsewhere = here;
    elsewhere.groups = {named_group::x25519, named_group::secp256r1};
    CHECK_FALSE(again(elsewhere));
    elsewhere = here;
    elsewhere.identities = {rsa_identity()};
    CHECK_FALSE(again(elsewhere));
  }
}

TEST_CASE("rule 10: verified clients and tickets go together where the backend can, and are refused where not") {
  for (const verify_mode mode : {verify_mode::optional, verify_mode::required}) {
    mutual m(versions().back(), mode);
    if (resumes_clients)
      make_server(m.server);
    else
      CHECK(refusal(m.server) == errc::unsupported);
  }
}

TEST_CASE("rule 10: a verified client's chain is there after resumption, and callbacks are not asked again") {
  if (lacks<default_backend>(capability::client_auth_resumption)) return;
  for (const tls_version v : versions()) {
    for (const verify_mode mode : {verify_mode::optional, verify_mode::required}) {
      for (const bool presents : {true, false}) {
        if (!presents && mode == verify_mode::required) continue;
        CAPTURE(name(v), presents);
        mutual m(v, mode);
        if (!presents) m.client.identities.clear();
        int asked = 0;
        m.server.on_verify = [&](const verify_context&) { return ++asked > 0; };
        const context client = make_client(m.client), server = make_server(m.server);
        check_client_comes_back(client, server, presents, asked);
        // What another callback would say is known to nobody.
        m.server.on_verify = [](const verify_context&) { return true; };
        CHECK_FALSE(meets_again(client, make_server(m.server)));
      }
    }
  }
}

TEST_CASE("rule 10: a client admitted under one set of authorities does not resume into another") {
  if (lacks<default_backend>(capability::client_auth_resumption)) return;
  for (const tls_version v : versions()) {
    CAPTURE(name(v));
    mutual m(v);
    m.client.sessions = std::make_shared<session_cache>(0);
    const context client = make_client(m.client), server = make_server(m.server);
    const session kept = make_session(client, server);
    server_settings other = m.server;
    other.trust = trust(pki::other_root);
    connection c(client, make_server(other), with_session(kept));
    c.run();
    CHECK(c.server.handshake_error == errc::unknown_issuer);
    error_info info;
    REQUIRE(other.trust.add(as_bytes(pki::root), info) == errc::success);
    CHECK_FALSE(meets_again(client, make_server(other), with_session(kept)));
    other = m.server;
    other.verify = verify_mode::optional;
    CHECK_FALSE(meets_again(client, make_server(other), with_session(kept)));
    other = m.server;
    other.verify = verify_mode::none;
    other.trust = trust_store::none();
    CHECK_FALSE(meets_again(client, make_server(other), with_session(kept)));
    other = m.server;
    other.pins = {key_pin(client_identity().chain().front())};
    CHECK_FALSE(meets_again(client, make_server(other), with_session(kept)));
    CHECK(meets_again(client, server, with_session(make_session(client, server))));
  }
}

TEST_CASE("rule 10: a client's certificate that has expired or was revoked meanwhile is not resumed") {
  if (lacks<default_backend>(capability::client_auth_resumption)) return;
  for (const tls_version v : versions()) {
    CAPTURE(name(v));
    mutual m(v);
    auto now = std::make_shared<unix_time>(system_now());
    m.server.clock = [now] { return *now; };
    m.client.insecure_no_verification = true;
    m.client.trust = trust_store::none();
    const context client = make_client(m.client), server = make_server(m.server);
    CHECK_FALSE(meets_again(client, server));
    CHECK(meets_again(client, server));
    *now = client_identity().chain().front().not_after() + 1;
    connection late(client, server);
    late.run();
    CHECK(late.server.handshake_error == errc::certificate_expired);
    CHECK_FALSE(late.server.engine.resumed());

    mutual r(v);
    r.server.revocation = {revocation_mode::leaf, true};
    r.client.sessions = std::make_shared<session_cache>(0);
    const context clean = make_server(r.server), again = make_client(r.client);
    const session kept = make_session(again, clean);
    r.server.trust = trust_and_crl("intermediate_lists_leaves.pem");
    connection revoked(again, make_server(r.server), with_session(kept));
    revoked.run();
    CHECK(revoked.server.handshake_error == errc::revoked);
  }
}

TEST_CASE("rule 10: a ticket that was tampered with makes the handshake a full one") {
  for (const tls_version v : versions()) {
    CAPTURE(name(v));
    const offered_ticket offer(v);
    const std::string& hello = offer.hello;
    std::size_t size = 0;
    std::size_t at = find_extension(hello, v == tls_version::tls1_3 ? 41 : 35, size);
    REQUIRE(at != 0);
    REQUIRE(size > 60);
    if (v == tls_version::tls1_3) {  // the one identity's bytes, without its age and the binder
      at += 4;
      size = static_cast<std::size_t>(static_cast<unsigned char>(hello[at - 2])) << 8 |
             static_cast<unsigned char>(hello[at - 1]);
    }
    const std::size_t resumed = offer.answer(hello).size();
    for (std::size_t i = 0; i < size; i += 1 + size / 100) {
      std::string changed = hello;
      changed[at + i] = static_cast<char>(changed[at + i] ^ 0x10);
      const std::string flight = offer.answer(changed);
      CHECK(flight.at(0) == '\x16');
      CHECK(flight.size() > resumed + 500);  // with certificates
    }
  }
}

TEST_CASE("rule 10: a ticket is good for the server name that it was made for, and for no other (RFC 6066 section 3)") {
  for (const tls_version v : versions()) {
    CAPTURE(name(v));
    const offered_ticket offer(v);
    const std::string& hello = offer.hello;
    std::size_t size = 0;
    const std::size_t at = find_extension(hello, 0, size);
    REQUIRE(at != 0);
    std::string changed = hello;
    changed[at + size - 1] = 'x';
    const std::string flight = offer.answer(changed);
    CHECK(flight.at(0) == '\x16');
    CHECK(flight.size() > offer.answer(hello).size() + 500);  // with certificates
  }
}

TEST_CASE("rule 10: peers whose versions have changed meanwhile agree anew") {
  if (lacks<default_backend>(capability::tls1_3)) return;
  resuming s(tls_version::tls1_3);
  s.client.min_version = s.server.min_version = tls_version::tls1_2;
  const context client = make_client(s.client), both = make_server(s.server);
  server_settings old = with_version(s.server, tls_version::tls1_2);
  const context only_old = make_server(old);
  for (int i = 0; i < 2; ++i) {
    for (const context* server : {&both, &only_old}) {
      connection c(client, *server);
      c.run();
      CHECK_FALSE(c.client.engine.resumed());
      // A library may take no older version, once it has offered a session of TLS 1.3; the cache forgets that session.
      if (c.client.up())
        CHECK(c.client.engine.version() == (server == &both ? tls_version::tls1_3 : tls_version::tls1_2));
      else
        CHECK(c.client.handshake_error == errc::protocol_version);
      s.client.sessions->clear();
      CHECK_FALSE(meets_again(client, *server));
      CHECK(meets_again(client, *server) ==
            (server == &both || has<default_backend, capability::older_version_session>));
    }
  }
}

TEST_CASE("rule 10: a second hello (HelloRetryRequest) resumes all the same") {
  if (lacks<default_backend>(capability::tls1_3)) return;
  resuming s(tls_version::tls1_3);
  s.server.groups = {named_group::secp384r1};
  const context client = make_client(s.client), server = make_server(s.server);
  for (int i = 0; i < 3; ++i) {
    connection c(client, server);
    talk(c);
    CHECK(c.client.engine.resumed() == (i != 0));
    CHECK(c.client.engine.group() == named_group::secp384r1);
  }
}
