// SPDX-License-Identifier: BSL-1.0
#include "changed_hello.hpp"

using namespace plugtls;
using namespace plugtls_test;

namespace {

using suites = std::vector<cipher_suite>;
using groups = std::vector<named_group>;

constexpr unsigned fallback_scsv = 0x5600;

std::vector<unsigned> real_suites(const client_hello& h) {
  std::vector<unsigned> out;
  for (const unsigned s : h.suites) {
    CHECK(s != fallback_scsv);
    if (s != renegotiation_scsv) out.push_back(s);
  }
  return out;
}

// The versions that an offer makes possible.
std::vector<unsigned> real_versions(const client_hello& h) {
  CHECK(h.legacy_version == 0x0303);
  CHECK((h.record_version == 0x0301 || h.record_version == 0x0303));
  return h.has(43) ? h.versions : std::vector<unsigned>{h.legacy_version};
}

const suites all_1_2{
    cipher_suite::ecdhe_rsa_with_aes_256_gcm_sha384,         cipher_suite::ecdhe_ecdsa_with_aes_256_gcm_sha384,
    cipher_suite::ecdhe_ecdsa_with_chacha20_poly1305_sha256, cipher_suite::ecdhe_rsa_with_chacha20_poly1305_sha256,
    cipher_suite::ecdhe_ecdsa_with_aes_128_gcm_sha256,       cipher_suite::ecdhe_rsa_with_aes_128_gcm_sha256};
const suites all_1_3{cipher_suite::chacha20_poly1305_sha256, cipher_suite::aes_256_gcm_sha384,
                     cipher_suite::aes_128_gcm_sha256};

}  // namespace

TEST_CASE("rule 1: the default offer is plugtls's own: safe suites, groups and versions") {
  const client_hello h = hello_of(client_defaults());
  using list = std::vector<unsigned>;
  const bool chacha_first = default_backend::prefers_chacha20();
  list expected_suites;
  if (has_1_3) expected_suites = chacha_first ? list{0x1303, 0x1301, 0x1302} : list{0x1301, 0x1302, 0x1303};
  const list chacha{0xcca9, 0xcca8}, aes{0xc02b, 0xc02f, 0xc02c, 0xc030};
  for (const list& part : {chacha_first ? chacha : aes, chacha_first ? aes : chacha})
    expected_suites.insert(expected_suites.end(), part.begin(), part.end());
  CHECK(real_suites(h) == expected_suites);
  CHECK(h.groups == numbers(default_groups()));
  CHECK(real_versions(h) == (has_1_3 ? std::vector<unsigned>{0x0304, 0x0303} : std::vector<unsigned>{0x0303}));
  CHECK(h.alpn.empty());
  CHECK_FALSE(h.has(16));
  CHECK(h.server_name == server_name);
  CHECK_FALSE(h.has(41));  // no session is offered,
  CHECK_FALSE(h.has(42));  // and no early data
  CHECK_FALSE(h.has(35));  // tickets are not asked for
  for (const unsigned s : h.schemes) {
    CAPTURE(s);
    CHECK((s & 0xff00) != 0x0200);  // SHA-1
    CHECK((s & 0xff00) != 0x0100);  // MD5
    CHECK((s & 0xff00) != 0x0300);  // SHA-224
  }
}

TEST_CASE("rule 1: suites are offered as listed, in that order and no others") {
  for (const suites& list :
       {all_1_2, suites(all_1_2.rbegin(), all_1_2.rend()), suites{cipher_suite::ecdhe_ecdsa_with_aes_256_gcm_sha384}}) {
    client_settings s = client_defaults();
    s.cipher_suites = list;
    const client_hello h = hello_of(s);
    CHECK(real_suites(h) == numbers(list));
    CHECK(real_versions(h) == std::vector<unsigned>{0x0303});  // no suite, no TLS 1.3
    CHECK(numbers(make_client(s).effective().cipher_suites) == numbers(list));
  }
}

TEST_CASE("rule 1: suites of TLS 1.3 are offered as listed") {
  if (lacks<default_backend>(capability::tls1_3)) return;
  for (const suites& list :
       {all_1_3, suites(all_1_3.rbegin(), all_1_3.rend()), suites{cipher_suite::aes_256_gcm_sha384}}) {
    client_settings s = client_defaults();
    s.cipher_suites = list;
    const client_hello h = hello_of(s);
    CHECK(real_suites(h) == numbers(list));
    CHECK(real_versions(h) == std::vector<unsigned>{0x0304});
    s.cipher_suites.insert(s.cipher_suites.end(), all_1_2.begin(), all_1_2.end());
    const client_hello both = hello_of(s);
    CHECK(real_suites(both) == numbers(s.cipher_suites));
    CHECK(real_versions(both) == std::vector<unsigned>{0x0304, 0x0303});
  }
}

TEST_CASE("rule 1: groups are offered as listed, in that order and no others") {
  for (const groups& list : {groups{named_group::secp384r1, named_group::x25519, named_group::secp256r1},
                             groups{named_group::secp521r1, named_group::secp256r1}, groups{named_group::secp256r1}}) {
    for (const tls_version v : versions()) {
      client_settings s = with_version(client_defaults(), v);
      s.groups = list;
      CHECK(hello_of(s).groups == numbers(list));
    }
  }
}

TEST_CASE("rule 1: every number is either refused or offered") {
  client_settings s;
  s.trust = trust_store::none();
  const auto offered = [&](client_hello& h) {
    error_info info;
    const context c = context::client(s, info);
    if (c)
      h = decode_client_hello(first_flight(c));
    else
      CHECK(info.code == errc::unsupported);
    return static_cast<bool>(c);
  };
  std::vector<std::pair<unsigned, unsigned>> ranges{{0, 0xff}, {0x1300, 0x1310}, {0xc000, 0xc0ff}, {0xcca0, 0xccaf}};
  for (const auto& [first, last] : ranges) {
    for (unsigned n = first; n <= last; ++n) {
      client_hello h;
      s.cipher_suites = {static_cast<cipher_suite>(n)};
      if (!offered(h)) continue;
      CAPTURE(n);
      CHECK(real_suites(h) == std::vector<unsigned>{n});
      CHECK_FALSE(name(static_cast<cipher_suite>(n)).empty());  // nothing but what is known to be safe
    }
  }
  s.cipher_suites.clear();
  ranges = {{0, 0x30}, {0x100, 0x10f}, {0x11e0, 0x11ff}, {0x6390, 0x63a0}, {0xfe00, 0xfe10}};
  for (const auto& [first, last] : ranges) {
    for (unsigned n = first; n <= last; ++n) {
      client_hello h;
      s.groups = {static_cast<named_group>(n)};
      if (!offered(h)) continue;
      CAPTURE(n);
      CHECK(h.groups == std::vector<unsigned>{n});
    }
  }
}

TEST_CASE("rule 1: the version window is what is offered") {
  CHECK(real_versions(hello_of(with_version(client_defaults(), tls_version::tls1_2))) == std::vector<unsigned>{0x0303});
  client_settings s = client_defaults();
  s.max_version = tls_version::tls1_2;
  const client_hello h = hello_of(s);
  CHECK(real_versions(h) == std::vector<unsigned>{0x0303});
  for (const unsigned suite : h.suites) CHECK((suite >> 8) != 0x13);
  s = client_defaults();
  s.min_version = tls_version::tls1_2;
  CHECK(real_versions(hello_of(s)).back() == 0x0303);
  if (!has_1_3) return;
  s = client_defaults();
  s.min_version = tls_version::tls1_3;
  CHECK(real_versions(hello_of(s)) == std::vector<unsigned>{0x0304});
}

TEST_CASE("rule 1: ALPN is offered as listed") {
  client_settings s = client_defaults();
  s.alpn = {"h2", "http/1.1", std::string(255, 'x'), "a"};
  CHECK(hello_of(s).alpn == s.alpn);
  s.alpn = {"x\x01\xff yz"};
  CHECK(hello_of(s).alpn == s.alpn);
}

TEST_CASE("rule 1: SNI is the name that was asked for, and never an address") {
  const auto sent = [](peer_options peer) {
    const client_hello h = hello_of(client_defaults(), std::move(peer));
    CHECK(h.has(0) == !h.server_name.empty());
    return h.server_name;
  };
  CHECK(sent("plugtls.test") == "plugtls.test");
  CHECK(sent("PlugTLS.Test.") == "plugtls.test");
  CHECK(sent("127.0.0.1") == "");
  CHECK(sent("::1") == "");
  CHECK(sent("[::1]") == "");
  peer_options other("127.0.0.1");
  other.server_name = "front.example";
  CHECK(sent(other) == "front.example");
  client_settings s = client_defaults();
  s.insecure_skip_name = true;
  CHECK_FALSE(hello_of(s, {}).has(0));
}

TEST_CASE("rule 1: a server's defaults have the order of a client's") {
  const effective_settings client = make_client().effective(), server = make_server().effective();
  CHECK(numbers(server.cipher_suites) == numbers(client.cipher_suites));
  CHECK(numbers(server.groups) == numbers(client.groups));
  for (const tls_version v : versions()) {
    const bool by_server = v == tls_version::tls1_2 || has<default_backend, capability::server_suite_order>;
    client_settings turned = with_version(client_defaults(), v);
    const suites own = make_client(turned).effective().cipher_suites;
    turned.cipher_suites.assign(own.rbegin(), own.rend());
    connection c(turned);
    c.connect();
    const cipher_suite first = by_server ? own.front() : own.back();
    CHECK(name(c.client.engine.cipher_suite()) == name(first));
  }
}

TEST_CASE("rule 1: a server chooses within its own lists, by its own preference") {
  for (const tls_version v : versions()) {
    const bool new_one = v == tls_version::tls1_3;
    client_settings c = with_version(client_defaults(), v);
    server_settings s = with_version(server_defaults(), v);
    const cipher_suite wanted =
        new_one ? cipher_suite::aes_256_gcm_sha384 : cipher_suite::ecdhe_ecdsa_with_aes_256_gcm_sha384;
    const cipher_suite other =
        new_one ? cipher_suite::aes_128_gcm_sha256 : cipher_suite::ecdhe_ecdsa_with_aes_128_gcm_sha256;
    s.cipher_suites = {wanted};
    s.groups = {named_group::secp384r1, named_group::secp256r1};
    c.alpn = {"one", "two", "three"};
    s.alpn = {"three", "two"};
    connection k(c, s);
    k.connect();
    for (engine* e : {&k.client.engine, &k.server.engine}) {
      CHECK(e->cipher_suite() == wanted);
      CHECK((e->group() == named_group::secp384r1 || e->group() == named_group::secp256r1));
      CHECK(e->alpn() == "three");
    }
    c.cipher_suites = {other, wanted};
    s.cipher_suites = {wanted, other};
    connection preference(c, s);
    preference.connect();
    const bool by_server = !new_one || has<default_backend, capability::server_suite_order>;
    CHECK(preference.client.engine.cipher_suite() == (by_server ? wanted : other));
  }
}

TEST_CASE("rule 1: ends with nothing in common do not connect, and the reason has the same name everywhere") {
  for (const tls_version v : versions()) {
    CAPTURE(name(v));
    const bool new_one = v == tls_version::tls1_3;
    client_settings c = with_version(client_defaults(), v);
    server_settings s = with_version(server_defaults(), v);
    c.cipher_suites = {new_one ? cipher_suite::aes_128_gcm_sha256 : cipher_suite::ecdhe_ecdsa_with_aes_128_gcm_sha256};
    s.cipher_suites = {new_one ? cipher_suite::aes_256_gcm_sha384 : cipher_suite::ecdhe_ecdsa_with_aes_256_gcm_sha384};
    connection suite(c, s);
    suite.run();
    CHECK(suite.server.handshake_error == errc::no_shared_cipher);
    CHECK(suite.client.handshake_error == errc::alert_received);

    c = with_version(client_defaults(), v);
    s = with_version(server_defaults(), v);
    c.groups = {named_group::secp256r1, named_group::x25519};
    s.groups = {named_group::secp384r1};
    connection group(c, s);
    group.run();
    CHECK(group.server.handshake_error == errc::no_shared_cipher);
    CHECK(group.client.handshake_error == errc::alert_received);

    c = with_version(client_defaults(), v);
    s = with_version(server_defaults(), v);
    c.alpn = {"h2"};
    s.alpn = {"http/1.1"};
    connection alpn(c, s);
    alpn.run();
    CHECK(alpn.server.handshake_error == errc::no_application_protocol);
    CHECK(alpn.client.handshake_error == errc::no_application_protocol);
    CHECK(alpn.client.engine.error().alert_received == alert::no_application_protocol);
    CHECK(alpn.server.engine.error().alert_sent == alert::no_application_protocol);

    // One end without ALPN is no failure.
    s.alpn.clear();
    connection none(c, s);
    none.connect();
    CHECK(none.client.engine.alpn().empty());
    CHECK(none.server.engine.alpn().empty());
  }
}

TEST_CASE("rule 1: versions that meet without a suite of TLS 1.3 in common end in no_shared_cipher") {
  if (lacks<default_backend>(capability::tls1_3)) return;
  client_settings c = client_defaults();
  server_settings s = server_defaults();
  c.cipher_suites = {cipher_suite::aes_256_gcm_sha384, cipher_suite::ecdhe_ecdsa_with_aes_128_gcm_sha256};
  s.cipher_suites = {cipher_suite::aes_128_gcm_sha256, cipher_suite::ecdhe_ecdsa_with_aes_128_gcm_sha256};
  connection k(c, s);
  k.run();
  CHECK(k.server.handshake_error == errc::no_shared_cipher);
  CHECK(k.server.engine.error().alert_sent == alert::handshake_failure);
  CHECK(k.client.engine.error().alert_received == alert::handshake_failure);
}

TEST_CASE("rule 1: the groups are the curves of certificates too, in TLS 1.2") {
  const auto check_refused = [](const client_settings& c, const server_settings& s, alert what) {
    connection k(with_version(c, tls_version::tls1_2), s);
    k.run();
    CHECK(k.server.handshake_error == errc::no_shared_cipher);
    CHECK(k.server.engine.error().alert_sent == what);
    CHECK(k.client.handshake_error == errc::alert_received);
    CHECK(k.client.engine.error().alert_received == what);
  };
  client_settings c = client_defaults();
  server_settings s = server_defaults();
  c.groups = {named_group::secp384r1};
  check_refused(c, s, alert::handshake_failure);
  s.groups = {named_group::secp384r1};
  check_refused(c, s, alert::handshake_failure);

  // A client's certificate.
  server_settings asks = mutual_defaults();
  asks.identities = {rsa_identity()};
  c.groups = {named_group::secp384r1, named_group::secp256r1};
  c.identities = {client_identity()};
  connection good(with_version(c, tls_version::tls1_2), asks);
  good.connect();
  asks.groups = {named_group::secp384r1};
  check_refused(c, asks, alert::illegal_parameter);

  // A server that has heard of more groups than the client has named.
  c.groups = {named_group::secp384r1};
  const context naming = make_client(with_version(c, tls_version::tls1_2));
  endpoint<engine> client{engine(naming, server_name)};
  client.step();
  hello_parts hello{std::string(as_text(client.port.output()))};
  hello.without(10).with(10, vector16(be16(0x18) + be16(0x17)));
  const auto server = fed(make_server(), in_records(hello.message()));
  REQUIRE(client.port.feed(server.port.output()));
  client.step();
  CHECK(client.handshake_error == errc::no_shared_cipher);
  CHECK(client.engine.error().alert_sent == alert::illegal_parameter);
}

TEST_CASE("rule 1: windows that do not meet end in protocol_version") {
  if (lacks<default_backend>(capability::tls1_3)) return;
  for (const auto& [client, server] :
       {std::pair(tls_version::tls1_2, tls_version::tls1_3), std::pair(tls_version::tls1_3, tls_version::tls1_2)}) {
    connection c(with_version(client_defaults(), client), with_version(server_defaults(), server));
    c.run();
    CHECK(c.server.handshake_error == errc::protocol_version);
    CHECK(c.client.handshake_error == errc::protocol_version);
    CHECK(c.server.engine.error().alert_sent == alert::protocol_version);
    CHECK(c.client.engine.error().alert_received == alert::protocol_version);
  }
}
