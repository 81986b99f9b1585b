// SPDX-License-Identifier: BSL-1.0
#include <atomic>
#include <thread>

#include "conformance.hpp"
#include "plugtls/signer.hpp"
#include "plugtls/ticket_keys.hpp"
#include "support/openssl_signer.hpp"

using namespace plugtls;
using namespace plugtls_test;

namespace signing {

struct kind {
  const char* server;
  const char* client;
  std::string_view server_chain, client_chain;
  capability needed;
  bool is_rsa;
};

const kind kinds[] = {
    {"server_rsa", "client_rsa", pki::server_rsa_chain, pki::client_rsa_chain, capability::external_rsa_key, true},
    {"server", "client", pki::server_chain, pki::client_chain, capability::external_ec_key, false},
    {"server_p384", "client_p384", pki::server_p384_chain, pki::client_p384_chain, capability::external_ec_key, false},
};

constexpr bool declared(capability c) { return default_backend::capabilities.has(c); }

identity with_signer(std::string_view chain, signer how) {
  error_info info;
  return identity::from_signer(as_bytes(chain), std::move(how), info);
}

/// Signs properly, and keeps what it was asked for.
struct recorder {
  explicit recorder(std::string_view key) : sign(key) {}
  openssl_signer sign;
  std::vector<signature_scheme> asked;
};

signer recording(recorder& r, std::vector<signature_scheme> schemes = {}) {
  return {.sign =
              [&r](const signing_request& q, byte_vector& out, error_info& info) {
                r.asked.push_back(q.scheme);
                return r.sign(q, out, info);
              },
          .schemes = std::move(schemes)};
}

/// The versions in which a signer of this kind can work here.
std::vector<tls_version> versions_of(const kind& k) {
  if (k.is_rsa && !declared(capability::external_rsa_pss_key)) return {tls_version::tls1_2};
  return versions();
}

server_settings serving(tls_version v, identity id) { return with_version(server_defaults(std::move(id)), v); }

client_settings showing(tls_version v, identity id) {
  client_settings s = with_version(client_defaults(), v);
  s.identities = {std::move(id)};
  return s;
}

void exchange(connection& c) {
  c.client.outgoing = "hello";
  c.server.outgoing = "world";
  c.connect();
  CHECK(c.client.incoming == "world");
  CHECK(c.server.incoming == "hello");
}

bool fits(signature_scheme s, const kind& k, tls_version v) {
  const std::string_view text = name(s);
  if (!k.is_rsa) return text.starts_with("ecdsa");
  return text.starts_with("rsa_pss_rsae") || (v == tls_version::tls1_2 && text.starts_with("rsa_pkcs1"));
}

/// A signer that ends badly, and how.
struct fault {
  const char* what;
  signer how;
  errc expected;
  const char* text;
};

std::vector<fault> faults(const char* key) {
  const openssl_signer good(key);
  const std::string_view name_of_key = key;
  const openssl_signer stranger(name_of_key == "server_rsa"   ? "client_rsa"
                                : name_of_key == "client_rsa" ? "server_rsa"
                                                              : "foreign");
  std::vector<fault> all;
  const auto add = [&](const char* what, auto sign, errc expected, const char* text) {
    all.push_back({what, {.sign = sign}, expected, text});
  };
  add(
      "fails, and says why",
      [](const signing_request&, byte_vector&, error_info& info) {
        return info.set(errc::io_error, "the agent is gone");
      },
      errc::signing_failed, "the agent is gone");
  add(
      "fails without a word", [](const signing_request&, byte_vector&, error_info&) { return errc::timed_out; },
      errc::signing_failed, "the deadline passed");
  add(
      "fails, and leaves a good signature",
      [good](const signing_request& q, byte_vector& out, error_info& info) {
        good(q, out, info);
        return errc::io_error;
      },
      errc::signing_failed, "the signer failed");
  add(
      "gives nothing", [](const signing_request&, byte_vector&, error_info&) { return errc::success; },
      errc::signing_failed, "0 bytes");
  add(
      "gives too much",
      [](const signing_request&, byte_vector& out, error_info&) {
        out.resize(5000);
        return errc::success;
      },
      errc::signing_failed, "5000 bytes");
  add(
      "gives nonsense",
      [](const signing_request&, byte_vector& out, error_info& info) {
        out.assign(info ? 0U : 70U, std::byte{0x30});
        return errc::success;
      },
      errc::success, "");  // by the kind of key: length or content
  add(
      "gives a changed signature",
      [good](const signing_request& q, byte_vector& out, error_info& info) {
        const errc e = good(q, out, info);
        out.back() ^= std::byte{1};
        return e;
      },
      errc::key_mismatch, "does not verify");
  add(
      "signs with another key",
      [stranger](const signing_request& q, byte_vector& out, error_info& info) { return stranger(q, out, info); },
      errc::key_mismatch, "does not verify");
  add(
      "signs something else",
      [good](const signing_request& q, byte_vector& out, error_info& info) {
        byte_vector other(q.digest.begin(), q.digest.end());
        other.front() ^= std::byte{1};
        return good({q.scheme, other}, out, info);
      },
      errc::key_mismatch, "does not verify");
  add(
      "cuts the signature short",
      [good](const signing_request& q, byte_vector& out, error_info& info) {
        const errc e = good(q, out, info);
        out.pop_back();
        return e;
      },
      errc::success, "");
  add(
      "answers later, with nothing to wait by",
      [](const signing_request&, byte_vector&, error_info&) { return errc::would_block; }, errc::signing_failed,
      "answers later");
  return all;
}

void check_fault(connection& c, endpoint<engine>& own, endpoint<engine>& peer, const fault& f) {
  c.client.outgoing = "hello";
  c.server.outgoing = "world";
  c.run();
  INFO(explain(own.engine.error()));
  INFO(explain(peer.engine.error()));
  const errc e = own.handshake_error;
  if (f.expected != errc::success)
    CHECK(e == f.expected);
  else
    CHECK((e == errc::key_mismatch || e == errc::signing_failed));
  CHECK(explain(own.engine.error()).find(f.text) != std::string::npos);
  CHECK(own.engine.handshake(own.port).error == e);  // dead for good
  CHECK(own.incoming.empty());
  CHECK(peer.incoming.empty());
  CHECK(outcome(peer) == errc::alert_received);
}

}  // namespace signing

TEST_CASE("signer: RSA and ECDSA in both roles, TLS 1.2 and 1.3") {
  for (const signing::kind& k : signing::kinds) {
    if (!signing::declared(k.needed)) continue;
    for (const tls_version v : signing::versions_of(k)) {
      CAPTURE(k.server, name(v));
      signing::recorder at_server(k.server), at_client(k.client);
      {
        connection c(client_defaults(),
                     signing::serving(v, signing::with_signer(k.server_chain, signing::recording(at_server))));
        signing::exchange(c);
      }
      server_settings s = mutual_defaults();
      connection c(signing::showing(v, signing::with_signer(k.client_chain, signing::recording(at_client))), s);
      signing::exchange(c);
      CHECK(c.server.engine.peer_chain().size() == 2);
      for (const signing::recorder* r : {&at_server, &at_client}) {
        REQUIRE(r->asked.size() == 1);
        CHECK(signing::fits(r->asked.front(), k, v));
      }
    }
  }
}

TEST_CASE("signer: a handshake uses only the schemes that the signer makes") {
  if (lacks<default_backend>(capability::external_scheme_choice)) return;
  using enum signature_scheme;
  const std::vector<signature_scheme> rsa_1_2[] = {{rsa_pkcs1_sha256}, {rsa_pkcs1_sha384}, {rsa_pkcs1_sha512}};
  const std::vector<signature_scheme> rsa_pss[] = {{rsa_pss_rsae_sha256}, {rsa_pss_rsae_sha384}, {rsa_pss_rsae_sha512}};
  const auto run = [](const signing::kind& k, tls_version v, const std::vector<signature_scheme>& schemes) {
    CAPTURE(k.server, name(v), name(schemes.front()));
    signing::recorder at_server(k.server), at_client(k.client);
    connection c(client_defaults(),
                 signing::serving(v, signing::with_signer(k.server_chain, signing::recording(at_server, schemes))));
    signing::exchange(c);
    CHECK(at_server.asked == schemes);
    connection m(signing::showing(v, signing::with_signer(k.client_chain, signing::recording(at_client, schemes))),
                 mutual_defaults());
    signing::exchange(m);
    CHECK(at_client.asked == schemes);
  };
  if (signing::declared(capability::external_rsa_key))
    for (const auto& s : rsa_1_2) run(signing::kinds[0], tls_version::tls1_2, s);
  if (signing::declared(capability::external_rsa_pss_key))
    for (const auto& s : rsa_pss)
      for (const tls_version v : versions()) run(signing::kinds[0], v, s);
  if (signing::declared(capability::external_ec_key)) {
    run(signing::kinds[1], tls_version::tls1_2, {ecdsa_secp384r1_sha384});
    for (const tls_version v : versions()) {
      run(signing::kinds[1], v, {ecdsa_secp256r1_sha256});
      run(signing::kinds[2], v, {ecdsa_secp384r1_sha384});
    }
  }
}

TEST_CASE("signer: without a scheme of TLS 1.3 an automatic window ends with TLS 1.2, and a fixed one is refused") {
  using enum signature_scheme;
  struct limited {
    const signing::kind& k;
    std::vector<signature_scheme> schemes;
  };
  const limited all[] = {{signing::kinds[0], {rsa_pkcs1_sha256, rsa_pkcs1_sha384, rsa_pkcs1_sha512}},
                         {signing::kinds[1], {ecdsa_secp384r1_sha384}},
                         {signing::kinds[2], {ecdsa_secp256r1_sha256}}};
  for (const limited& l : all) {
    if (!signing::declared(l.k.needed)) continue;
    CAPTURE(l.k.server);
    signing::recorder r(l.k.server);
    const identity id = signing::with_signer(l.k.server_chain, signing::recording(r, l.schemes));
    server_settings s = server_defaults(id);
    error_info info;
    if (const context server = context::server(s, info)) {
      connection c(make_client(), server);
      signing::exchange(c);
      CHECK(c.client.engine.version() == tls_version::tls1_2);
      CHECK(server.effective().max_version == tls_version::tls1_2);
    } else {  // it may ask for what this signer lacks
      CHECK_FALSE(signing::declared(capability::external_scheme_choice));
      CHECK(info.code == errc::unsupported);
    }
    if (has<default_backend, capability::post_handshake_auth>) {
      server_settings later = s;
      later.post_handshake_auth = true;
      later.trust = trust_store::from_memory(pki::root);
      CHECK(refusal(later) == errc::invalid_argument);
    }
    if (has<default_backend, capability::early_data>) {
      server_settings early = s;
      early.replayable_early_data = 1000;
      early.tickets = std::make_shared<ticket_keys>();
      CHECK(refusal(early) == errc::invalid_argument);
    }
    s.max_version = tls_version::tls1_3;
    CHECK(refusal(s) == errc::unsupported);
    s.max_version = tls_version::automatic;
    s.min_version = tls_version::tls1_3;
    CHECK(refusal(s) == errc::unsupported);
  }
}

TEST_CASE("signer: where the library may ask for any scheme, one that lacks some is refused") {
  if (signing::declared(capability::external_scheme_choice)) return;
  using enum signature_scheme;
  const auto code = [](const signing::kind& k, std::vector<signature_scheme> schemes, tls_version v) {
    signing::recorder r(k.server);
    const identity id = signing::with_signer(k.server_chain, signing::recording(r, std::move(schemes)));
    error_info info;
    context::server(with_version(server_defaults(id), v), info);
    return info.code;
  };
  for (const signing::kind& k : signing::kinds) {
    if (!signing::declared(k.needed)) continue;
    CAPTURE(k.server);
    for (const signature_scheme s : {rsa_pkcs1_sha256, rsa_pss_rsae_sha256, ecdsa_secp256r1_sha256})
      if ((name(s).front() == 'r') == k.is_rsa) CHECK(code(k, {s}, tls_version::tls1_2) == errc::unsupported);
    const std::vector<signature_scheme> of_1_3 =
        k.is_rsa ? std::vector{rsa_pss_rsae_sha256, rsa_pss_rsae_sha384, rsa_pss_rsae_sha512}
                 : std::vector{k.server_chain == pki::server_chain ? ecdsa_secp256r1_sha256 : ecdsa_secp384r1_sha384};
    for (const tls_version v : signing::versions_of(k))
      if (v == tls_version::tls1_3) CHECK(code(k, of_1_3, v) == errc::success);
  }
}

TEST_CASE("signer: what is not declared is refused before a byte is sent") {
  for (const signing::kind& k : signing::kinds) {
    signing::recorder r(k.server);
    const identity id = signing::with_signer(k.server_chain, signing::recording(r));
    error_info info;
    const context c = context::server(server_defaults(id), info);
    CAPTURE(k.server, explain(info));
    CHECK(static_cast<bool>(c) == signing::declared(k.needed));
    if (!c) {
      CHECK(info.code == errc::unsupported);
      CHECK(explain(info).find(default_backend::name) != std::string::npos);
    }
  }
  if (!signing::declared(capability::external_rsa_pss_key) && signing::declared(capability::external_rsa_key)) {
    signing::recorder r("server_rsa");
    const identity id =
        signing::with_signer(pki::server_rsa_chain, signing::recording(r, {signature_scheme::rsa_pss_rsae_sha256}));
    CHECK(refusal(server_defaults(id)) == errc::unsupported);
  }
}

TEST_CASE("signer: one that fails, answers wrong or answers late ends the handshake, and nothing of it is sent") {
  for (const signing::kind& k : signing::kinds) {
    if (!signing::declared(k.needed)) continue;
    for (const tls_version v : signing::versions_of(k)) {
      for (const signing::fault& f : signing::faults(k.server)) {
        CAPTURE(k.server, name(v), f.what, "server");
        connection c(client_defaults(), signing::serving(v, signing::with_signer(k.server_chain, f.how)));
        signing::check_fault(c, c.server, c.client, f);
      }
      for (const signing::fault& f : signing::faults(k.client)) {
        CAPTURE(k.client, name(v), f.what, "client");
        connection c(signing::showing(v, signing::with_signer(k.client_chain, f.how)), mutual_defaults());
        signing::check_fault(c, c.client, c.server, f);
      }
    }
  }
}

TEST_CASE("signer: what it throws comes out of the stream") {
  for (const signing::kind& k : signing::kinds) {
    if (!signing::declared(k.needed)) continue;
    for (const tls_version v : signing::versions_of(k)) {
      CAPTURE(k.server, name(v));
      struct gone {};
      const signer how{.sign = [](const signing_request&, byte_vector&, error_info&) -> errc { throw gone(); }};
      auto [near, far] = make_memory_pipe();
      stream client(make_client(), std::move(near), server_name);
      stream server(make_server(signing::serving(v, signing::with_signer(k.server_chain, how))), std::move(far));
      client.non_blocking(true);
      server.non_blocking(true);
      std::error_code ec;
      client.handshake(ec);
      CHECK_THROWS_AS(server.handshake(), gone);
      CHECK(server.error().code == errc::signing_failed);
      CHECK_THROWS_AS(server.handshake(), tls_error);
    }
  }
}

TEST_CASE("signer: what is wrong with it is told when the context is made") {
  error_info info;
  const auto code = [&](key_source key, std::string_view chain = pki::server_chain) {
    info = {};
    identity pem = identity::from_memory(as_bytes(chain), {}, info);
    const context c = context::server(server_defaults({pem.chain(), std::move(key)}), info);
    CHECK_FALSE(c);
    return info.code;
  };
  const openssl_signer sign("server");
  const identity own = server_identity();
  const byte_view spki = own.chain().front().view().public_key().der();
  CHECK(code(key_source::from_signer(spki, {})) == errc::invalid_argument);
  CHECK(code(key_source::from_signer(as_bytes("no key"), {.sign = sign})) == errc::bad_der);
  CHECK(code(key_source::from_signer(spki.first(spki.size() - 1), {.sign = sign})) == errc::bad_der);
  CHECK(code(key_source::from_signer(spki, {.sign = sign, .schemes = {signature_scheme::rsa_pss_rsae_sha256}})) ==
        errc::invalid_argument);
  CHECK(code(key_source::from_signer(spki, {.sign = sign, .schemes = {signature_scheme::ed25519}})) ==
        errc::invalid_argument);
  CHECK(code(key_source::from_signer(make_identity(pki::server_ed25519_chain, pki::server_ed25519_key).chain().front(),
                                     {.sign = sign}),
             pki::server_ed25519_chain) == errc::unsupported);
  if (signing::declared(capability::external_ec_key))
    CHECK(code(key_source::from_signer(client_identity().chain().front(), {.sign = sign})) == errc::key_mismatch);
}

TEST_CASE("signer: one context, many connections, in several threads at once") {
  for (const signing::kind& k : signing::kinds) {
    if (!signing::declared(k.needed)) continue;
    const openssl_signer sign(k.server);
    std::atomic<int> asked = 0, connected = 0;
    const signer how{.sign = [&](const signing_request& q, byte_vector& out, error_info& info) {
      ++asked;
      return sign(q, out, info);
    }};
    const context server = make_server(server_defaults(signing::with_signer(k.server_chain, how)));
    const context client = make_client();
    const auto work = [&] {
      for (int i = 0; i < 3; ++i) {
        endpoint<engine> c(engine(client, server_name)), s{engine(server)};
        pump(c, s);
        if (c.up() && s.up()) ++connected;
      }
    };
    std::vector<std::thread> threads;
    for (int i = 0; i < 3; ++i) threads.emplace_back(work);
    for (std::thread& t : threads) t.join();
    CHECK(asked == 9);
    CHECK(connected == 9);
  }
}
