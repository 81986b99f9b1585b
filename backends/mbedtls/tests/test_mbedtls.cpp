// SPDX-License-Identifier: BSL-1.0
#include <sys/wait.h>
#include <unistd.h>

#include "plugtls/backend.hpp"
#include "support/catch.hpp"
#include "support/certificate_maker.hpp"
#include "support/corpus.hpp"
#include "support/drive.hpp"
#include "support/pki.hpp"

namespace tls = plugtls;
namespace pki = plugtls::test_pki;
using plugtls_test::pump;

namespace {

using end = plugtls_test::endpoint<tls::engine>;

constexpr tls::tls_version v12 = tls::tls_version::tls1_2;

std::vector<tls::byte_vector> ders(std::string_view pem) {
  std::vector<tls::byte_vector> out;
  REQUIRE(tls::load_certificate_bytes(tls::as_bytes(pem), out) == tls::errc::success);
  return out;
}

std::string u24(std::size_t n) {
  return {static_cast<char>(n >> 16 & 0xff), static_cast<char>(n >> 8 & 0xff), static_cast<char>(n & 0xff)};
}

std::string record(const std::string& body) { return "\x16\x03\x03" + u24(body.size()).substr(1) + body; }

// Puts other certificates into a server's plaintext flight of TLS 1.2, each message in a record of its own.
std::string with_certificates(std::string_view flight, const std::vector<tls::byte_vector>& chain) {
  std::string stream, out;
  const auto number = [](std::string_view s, std::size_t at, std::size_t size) {
    std::size_t n = 0;
    for (std::size_t i = 0; i < size; ++i) n = n << 8 | static_cast<unsigned char>(s[at + i]);
    return n;
  };
  for (; flight.size() >= 5; flight.remove_prefix(5 + number(flight, 3, 2)))
    stream += flight.substr(5, number(flight, 3, 2));
  for (std::size_t i = 0; i < stream.size(); i += 4 + number(stream, i + 1, 3)) {
    std::string message = stream.substr(i, 4 + number(stream, i + 1, 3));
    if (message[0] == 11) {
      std::string list;
      for (const tls::byte_vector& der : chain) list += u24(der.size()) + std::string(tls::as_text(der));
      message = "\x0b" + u24(list.size() + 3) + u24(list.size()) + list;
    }
    for (std::size_t part = 0; part < message.size(); part += 16384) out += record(message.substr(part, 16384));
  }
  return out;
}

// A client that is shown these certificates by a server which does not have their key.
end shown(const std::vector<tls::byte_vector>& chain, tls::client_settings settings, const std::string& name) {
  settings.max_version = v12;
  end client(tls::engine(tls::context::client(settings), name));
  end server(tls::engine(tls::context::server(plugtls_test::with_version(plugtls_test::server_defaults(), v12))));
  client.step();
  carry(client, server);
  server.step();
  REQUIRE(client.port.feed(tls::as_bytes(with_certificates(tls::as_text(server.port.output()), chain))));
  client.step();
  return client;
}

end shown_corpus(const std::string& id) {
  const auto read = [&](const char* file) { return plugtls_test::read_data("corpus/" + id + "/" + file); };
  tls::client_settings settings;
  settings.trust = plugtls_test::trust(read("roots.pem"));
  return shown(ders(read("leaf.pem") + read("chain.pem")), settings, "www.example.test");
}

// A certificate whose signature algorithm mbedTLS does not know, in DER; nobody signed it.
std::string signed_by_ed25519() {
  plugtls_test::certificate_maker maker;
  maker.extensions =
      plugtls_test::basic_constraints(false) + plugtls_test::alt_names(plugtls_test::dns(plugtls_test::server_name));
  maker.inner_algorithm = plugtls_test::sequence(plugtls_test::oid("\x2b\x65\x70"));
  return maker.der();
}

tls::errc load(std::string_view text, const char* password, std::string* detail = nullptr) {
  const auto source = tls::key_source::from_memory(tls::as_bytes(text), [=] { return tls::secret(password); });
  tls::key_material material;
  tls::error_info info;
  tls::mbedtls::private_key key;
  tls::errc e = tls::mbedtls::backend::start(info);
  if (e == tls::errc::success) e = source.prepare(material, info);
  if (e == tls::errc::success) e = key.load(material, info);
  tls::byte_vector spki;
  CHECK(key.public_key(spki) == (e == tls::errc::success));
  if (detail != nullptr) *detail = info.detail;
  return e;
}

}  // namespace

TEST_CASE("settings are read back from the library", "[mbedtls]") {
  auto settings = plugtls_test::client_defaults();
  settings.max_version = v12;
  settings.cipher_suites = {tls::cipher_suite::ecdhe_rsa_with_aes_256_gcm_sha384,
                            tls::cipher_suite::ecdhe_ecdsa_with_chacha20_poly1305_sha256};
  const tls::effective_settings e = tls::context::client(settings).effective();
  CHECK(e.versions_read_back);
  CHECK(e.min_version == v12);
  CHECK(e.max_version == v12);
  CHECK(e.cipher_suites_read_back);
  CHECK(e.cipher_suites == settings.cipher_suites);
  CHECK(e.trust_anchors == 1);
}

TEST_CASE("suites without certificates or forward secrecy are not supported, whatever the library has", "[mbedtls]") {
  const auto has = [](unsigned id) { return tls::mbedtls::backend::supports(static_cast<tls::cipher_suite>(id)); };
  CHECK(has(0xc02b));
  CHECK_FALSE(has(0x009c));  // RSA key transport
  CHECK_FALSE(has(0x00a8));  // PSK
  CHECK_FALSE(has(0xc023));  // CBC
  CHECK_FALSE(has(0));
}

TEST_CASE("anchors that the library cannot read are no anchors", "[mbedtls]") {
  tls::client_settings settings;
  tls::error_info info;
  settings.trust = tls::trust_store::from_memory(tls::as_bytes(signed_by_ed25519()), info);
  CHECK_FALSE(tls::context::client(settings, info));
  CHECK(info.code == tls::errc::unsupported);
  info = {};
  settings.trust.add(tls::as_bytes(pki::root), info);
  const tls::context both = tls::context::client(settings, info);
  REQUIRE(both);
  CHECK(both.effective().trust_anchors == 1);
}

TEST_CASE("a chain in any order is verified", "[mbedtls]") {
  const end client = shown_corpus("ok-out-of-order");
  CHECK(client.handshake_error == tls::errc::bad_record);  // the key exchange is signed by another key
  CHECK(client.engine.error().problems.empty());
  CHECK(client.engine.verified_path().size() > 2);
}

TEST_CASE("a certificate that the library does not parse is refused for the reason that the policy finds",
          "[mbedtls]") {
  const auto [id, wanted] = GENERATE(table<const char*, tls::errc>({
      {"critical-unknown-leaf", tls::errc::unsupported_critical_extension},
      {"nc-dns-not-permitted", tls::errc::name_constraint_violated},
      {"malformed-san", tls::errc::malformed_certificate},
      {"truncated-der", tls::errc::malformed_certificate},
      {"ok-nc-permitted", tls::errc::unsupported_critical_extension},  // a false refusal: critical name constraints
  }));
  CAPTURE(id);
  const end client = shown_corpus(id);
  CHECK(client.handshake_error == wanted);
  CHECK(client.engine.error().problems.front().what == wanted);
  CHECK(client.engine.error().alert_sent == tls::alert::bad_certificate);
}

TEST_CASE("a forged leaf that the library leaves out is not excused by a good certificate behind it", "[mbedtls]") {
  std::vector<tls::byte_vector> chain = ders(signed_by_ed25519());
  for (tls::byte_vector& der : ders(pki::server_chain)) chain.push_back(std::move(der));
  const end client = shown(chain, plugtls_test::client_defaults(), plugtls_test::server_name);
  CHECK(client.handshake_error == tls::errc::unknown_issuer);
  CHECK(client.engine.peer_chain().size() == chain.size());
}

TEST_CASE("a handshake message over several records is refused by name", "[mbedtls]") {
  std::vector<tls::byte_vector> chain = ders(pki::server_chain);
  while (chain.size() < 40) chain.push_back(chain.back());
  auto settings = plugtls_test::client_defaults();
  settings.limit.max_chain_length = 64;
  const end client = shown(chain, settings, plugtls_test::server_name);
  CHECK(client.handshake_error == tls::errc::handshake_too_large);
  CHECK_FALSE(client.engine.error().detail.empty());
  CHECK(client.engine.error().alert_sent == tls::alert::handshake_failure);
}

TEST_CASE("an ALPN protocol that was not offered breaks the protocol, and is no matter of size", "[mbedtls]") {
  if (!tls::mbedtls::backend::supports(tls::tls_version::tls1_3)) return;
  tls::client_settings settings = plugtls_test::client_defaults();
  tls::server_settings served = plugtls_test::server_defaults();
  settings.alpn = served.alpn = {"h2"};
  const tls::context context = tls::context::client(settings);
  end client(tls::engine(context, plugtls_test::server_name)), server(tls::engine(tls::context::server(served)));
  client.step();
  // What it has offered it forgets.
  const char* others[] = {"h3", nullptr};
  auto* config = const_cast<mbedtls_ssl_config*>(context.native().native_handle());
  REQUIRE(mbedtls_ssl_conf_alpn_protocols(config, others) == 0);
  REQUIRE(pump(client, server));
  CHECK(client.handshake_error == tls::errc::bad_record);
  CHECK(client.engine.error().alert_sent == tls::alert::illegal_parameter);
}

TEST_CASE("a server tells a client without a certificate why it hangs up", "[mbedtls]") {
  end client(tls::engine(tls::context::client(plugtls_test::client_defaults()), plugtls_test::server_name));
  end server(tls::engine(tls::context::server(plugtls_test::mutual_defaults())));
  REQUIRE(pump(client, server));
  CHECK(server.handshake_error == tls::errc::certificate_required);
  const tls::errc told = client.handshake_error == tls::errc::success ? client.read_error : client.handshake_error;
  CHECK(told == tls::errc::alert_received);
}

TEST_CASE("an alert before the version is known is readable", "[mbedtls]") {
  end server(tls::engine(tls::context::server(plugtls_test::server_defaults())));
  const std::string hello = std::string("\x16\x03\x01\x00\x2d\x01\x00\x00\x29\x03\x03", 11) + std::string(39, '\xff');
  REQUIRE(server.port.feed(tls::as_bytes(hello)));
  server.step();
  CHECK(server.handshake_error != tls::errc::success);
  server.flush();
  const std::string_view sent = tls::as_text(server.port.output());
  REQUIRE(sent.size() == 7);
  CHECK(sent[0] == 21);
  CHECK(sent[1] == 3);
  CHECK(sent[5] == 2);
}

TEST_CASE("what an open connection of TLS 1.2 cannot read is answered by the alert that it calls for", "[mbedtls]") {
  const auto hears = [](std::size_t at, int bits, tls::errc why, tls::alert told) {
    end client(tls::engine(tls::context::client(plugtls_test::with_version(plugtls_test::client_defaults(), v12)),
                           plugtls_test::server_name));
    end server(tls::engine(tls::context::server(plugtls_test::server_defaults())));
    REQUIRE(pump(client, server));
    client.outgoing = std::string(100, 'x');
    client.step();
    std::string changed(tls::as_text(client.port.output()));
    client.port.consume_output(changed.size());
    changed[at] = static_cast<char>(changed[at] ^ bits);
    REQUIRE(server.port.feed(tls::as_bytes(changed)));
    server.step();
    plugtls_test::carry(server, client);
    client.step();
    CHECK(server.read_error == why);
    CHECK(server.engine.error().alert_sent == told);
    CHECK(client.engine.error().alert_received == told);
  };
  hears(0, 0x40, tls::errc::bad_record, tls::alert::unexpected_message);
  hears(1, 4, tls::errc::protocol_version, tls::alert::protocol_version);
  hears(2, 4, tls::errc::protocol_version, tls::alert::protocol_version);
  hears(3, 0x7f, tls::errc::bad_record, tls::alert::record_overflow);
  hears(40, 1, tls::errc::bad_record, tls::alert::bad_record_mac);
  // This the library answers before it is told from the rest.
  hears(2, 1, tls::errc::protocol_version, tls::alert::bad_record_mac);
}

// What `make` gives in a child process, and then in this one.
template <class Make>
std::pair<std::string, std::string> in_child_and_parent(Make&& make) {
  int pipe_ends[2];
  REQUIRE(pipe(pipe_ends) == 0);
  const pid_t child = fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    const std::string made = make(true);
    _exit(write(pipe_ends[1], made.data(), made.size()) == static_cast<ssize_t>(made.size()) ? 0 : 1);
  }
  close(pipe_ends[1]);
  std::string theirs;
  char block[4096];
  for (ssize_t n; (n = read(pipe_ends[0], block, sizeof block)) > 0;) theirs.append(block, static_cast<std::size_t>(n));
  close(pipe_ends[0]);
  int status = -1;
  waitpid(child, &status, 0);
  CHECK(status == 0);
  return {theirs, make(false)};
}

TEST_CASE("a child process and its parent draw different random numbers", "[mbedtls]") {
  // The random bytes of a hello; 2.28 puts the time into the first four.
  const auto random_of = [](const std::string& flight) { return flight.substr(11 + 4, 28); };
  SECTION("in handshakes that begin after the fork") {
    const auto hello = [&](bool) {
      end client(tls::engine(tls::context::client(plugtls_test::client_defaults()), plugtls_test::server_name));
      client.step();
      return random_of(std::string(tls::as_text(client.port.output())));
    };
    hello(true);  // so that there is a generator to share
    const auto [theirs, ours] = in_child_and_parent(hello);
    CHECK(theirs.size() == 28);
    CHECK(theirs != ours);
  }
  SECTION("in a handshake that the child goes on with") {
    end client(tls::engine(tls::context::client(plugtls_test::with_version(plugtls_test::client_defaults(), v12)),
                           plugtls_test::server_name));
    client.step();
    const std::string hello(tls::as_text(client.port.output()));
    const tls::context context = tls::context::server(plugtls_test::with_version(plugtls_test::server_defaults(), v12));
    end begun{tls::engine(context)};
    begun.step();
    const auto [theirs, ours] = in_child_and_parent([&](bool is_child) {
      end fresh{tls::engine(context)};
      return (is_child ? begun : fresh).answer(hello);
    });
    REQUIRE(theirs.size() > 200);
    REQUIRE(ours.size() > 200);
    CHECK(random_of(theirs) != random_of(ours));
    // The flight ends with a key share, a signature of it, and ServerHelloDone.
    CHECK(theirs.substr(theirs.size() - 140) != ours.substr(ours.size() - 140));
  }
}

TEST_CASE("keys that cannot be used are told apart", "[mbedtls]") {
  const auto file = [](const char* name) { return plugtls_test::read_data(std::string("pki/") + name); };
  CHECK(load(pki::server_key, "") == tls::errc::success);
  CHECK(load(file("server_key_sec1.der"), "") == tls::errc::success);
  CHECK(load(file("server_rsa_key_pkcs1.der"), "") == tls::errc::success);
  for (const char* name :
       {"server_key_pbes2_des3.pem", "server_key_pbes1_sha1_3des.pem", "server_key_traditional_aes256.pem"}) {
    CAPTURE(name);
    CHECK(load(file(name), "secret") == tls::errc::success);
    // One wrong password of 256 or so decrypts to something that looks padded.
    for (int i = 0; i < 600; ++i) CHECK(load(file(name), std::to_string(i).c_str()) == tls::errc::bad_password);
  }
  const std::string aes = file("server_key_pbes2_aes256.der");
  if (!tls::has<tls::mbedtls::backend, tls::capability::pbes2_aes>) {
    std::string detail;
    CHECK(load(aes, "secret", &detail) == tls::errc::unsupported);
    CHECK(detail.find("des3") != std::string::npos);
  }
  CHECK(load(aes.substr(0, aes.size() - 1), "secret") == tls::errc::bad_der);
  CHECK(load(file("server_key.der") + "x", "") == tls::errc::bad_der);
  CHECK(load(pki::server_ed25519_key, "") == tls::errc::unsupported);

  // The public half of another key.
  std::string mixed = file("server_key_sec1.der");
  REQUIRE(mixed.size() > 8);
  mixed.back() = static_cast<char>(mixed.back() ^ 1);
  CHECK(load(mixed, "") == tls::errc::bad_der);
}

TEST_CASE("one signature of X.509 is verified", "[mbedtls]") {
  const auto parse = [](std::string_view pem) {
    tls::errc e = tls::errc::success;
    auto c = tls::certificate::from_pem(pem, e);
    REQUIRE(c);
    return *c;
  };
  const auto check = [](const tls::certificate& leaf, const tls::certificate& issuer, tls::byte_view signature) {
    return tls::mbedtls::backend::verify_signature(issuer.view().spki_der(), leaf.view().signature_algorithm_der(),
                                                   leaf.view().tbs(), signature);
  };
  const tls::certificate leaf = parse(pki::server_chain), issuer = parse(pki::intermediate),
                         other = parse(pki::other_root), rsa = parse(pki::server_rsa);
  CHECK(check(leaf, issuer, leaf.view().signature()) == tls::errc::success);
  CHECK(check(leaf, other, leaf.view().signature()) == tls::errc::bad_signature);
  CHECK(check(leaf, rsa, leaf.view().signature()) == tls::errc::bad_signature);
  tls::byte_vector broken(leaf.view().signature().begin(), leaf.view().signature().end());
  broken.back() ^= std::byte{1};
  CHECK(check(leaf, issuer, broken) == tls::errc::bad_signature);
  CHECK(check(leaf, issuer, {}) == tls::errc::bad_signature);
  CHECK(tls::mbedtls::backend::verify_signature({}, {}, {}, {}) == tls::errc::malformed_certificate);

  const auto corpus = [&](const char* id, const char* file) {
    return parse(plugtls_test::read_data(std::string("corpus/") + id + "/" + file));
  };
  const auto both = [&](const char* id, const char* issuer_file) {
    const tls::certificate child = corpus(id, "leaf.pem");
    return check(child, corpus(id, issuer_file), child.view().signature());
  };
  CHECK(both("sha1-leaf", "chain.pem") == tls::errc::success);  // it is the policy that refuses SHA-1
  CHECK(both("md5-leaf", "chain.pem") == tls::errc::unsupported);
  const tls::byte_vector ed25519 = ders(signed_by_ed25519()).front();
  tls::errc e = tls::errc::success;
  const auto odd = tls::certificate::from_der(ed25519, e);
  REQUIRE(odd);
  CHECK(check(*odd, issuer, odd->view().signature()) == tls::errc::unsupported);
}

TEST_CASE("contexts with the same trust share what mbedTLS parsed, where keys may be used by several threads",
          "[mbedtls]") {
  tls::client_settings settings = plugtls_test::client_defaults();
  settings.trust = tls::trust_store::from_memory(tls::test_pki::root);
  const tls::context first = tls::context::client(settings);
  settings.trust = tls::trust_store::from_memory(tls::test_pki::root);  // read anew
  const tls::context second = tls::context::client(settings);
  CHECK((first.native().anchors() == second.native().anchors()) == tls::mbedtls::compat::has_threads);
  tls::errc e = tls::errc::success;
  settings.trust.add(*tls::certificate::from_pem(tls::test_pki::other_root, e));
  const tls::context third = tls::context::client(settings);
  CHECK(third.native().anchors() != first.native().anchors());
  CHECK(first.effective().trust_anchors == 1);
  CHECK(third.effective().trust_anchors == 2);
}
