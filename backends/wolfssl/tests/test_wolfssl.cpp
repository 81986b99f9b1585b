// SPDX-License-Identifier: BSL-1.0
#include <algorithm>
#include <memory>
#include <ostream>

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

tls::errc load(std::string_view pem, const char* password) {
  const auto source = tls::key_source::from_pem(pem, [=] { return tls::secret(password); });
  tls::key_material material;
  tls::error_info info;
  tls::wolfssl::private_key key;
  tls::errc e = tls::wolfssl::backend::start(info);
  if (e == tls::errc::success) e = source.prepare(material, info);
  if (e == tls::errc::success) e = key.load(material, info);
  tls::byte_vector spki;
  CHECK(key.public_key(spki) == (e == tls::errc::success));
  return e;
}

// How a client of one context fares with a server that presents this.
tls::errc meets(const tls::context& client, std::string_view chain, tls::tls_version v) {
  end c(tls::engine(client, plugtls_test::server_name));
  end s(tls::engine(tls::context::server(plugtls_test::with_version(
      plugtls_test::server_defaults(plugtls_test::make_identity(chain, pki::server_key)), v))));
  REQUIRE(pump(c, s));
  return c.handshake_error;
}

// How far into a key's room the library writes when it makes an empty one.
template <class T, class Init>
std::size_t written(Init init) {
  const auto room = std::make_unique<unsigned char[]>(4 * sizeof(T));
  std::fill_n(room.get(), 4 * sizeof(T), static_cast<unsigned char>(0xa5));
  init(reinterpret_cast<T*>(room.get()));
  std::size_t n = 4 * sizeof(T);
  while (n != 0 && room[n - 1] == 0xa5) --n;
  return n;
}

}  // namespace

TEST_CASE("a context learns no intermediate from an earlier handshake", "[wolfssl]") {
  for (const tls::tls_version v : {tls::tls_version::tls1_2, tls::tls_version::tls1_3}) {
    const tls::context client = tls::context::client(plugtls_test::client_defaults());
    for (int i = 0; i < 2; ++i) {
      CHECK(meets(client, pki::server, v) == tls::errc::unknown_issuer);
      CHECK(meets(client, pki::server_chain, v) == tls::errc::success);
    }
    CHECK(meets(client, pki::server, v) == tls::errc::unknown_issuer);
  }
}

TEST_CASE("keys of the library's fit into their room", "[wolfssl]") {
  CHECK(written<RsaKey>([](RsaKey* k) { wc_InitRsaKey(k, nullptr); }) <= 2 * sizeof(RsaKey));
  CHECK(written<ecc_key>([](ecc_key* k) { wc_ecc_init(k); }) <= 2 * sizeof(ecc_key));
  CHECK(written<ed25519_key>([](ed25519_key* k) { wc_ed25519_init(k); }) <= 2 * sizeof(ed25519_key));
}

TEST_CASE("a wrong password is told, also where the library takes it", "[wolfssl]") {
  CHECK(load(pki::server_key_traditional_aes256, "secret") == tls::errc::success);
  CHECK(load(pki::server_key_pbes2_aes256, "secret") == tls::errc::success);
  for (int i = 0; i < 20; ++i) {
    const std::string wrong = "wrong" + std::to_string(i);
    CHECK(load(pki::server_key_traditional_aes256, wrong.c_str()) == tls::errc::bad_password);
    CHECK(load(pki::server_key_pbes2_aes256, wrong.c_str()) == tls::errc::bad_password);
  }
}

TEST_CASE("what the library cannot do with a key is told as such", "[wolfssl]") {
  using namespace plugtls_test;
  // PBES2 with PBKDF2 and this hash, and AES-256-CBC.
  const auto closed_by = [](const std::string& hash) {
    const std::string salt = tlv(0x04, "saltsalt"), vector = tlv(0x04, std::string(16, 'v'));
    const std::string derivation = sequence(oid("\x2a\x86\x48\x86\xf7\x0d\x01\x05\x0c") +
                                            sequence(salt + tlv(0x02, "\x08") + sequence(oid(hash) + tlv(0x05, ""))));
    const std::string cipher = sequence(oid("\x60\x86\x48\x01\x65\x03\x04\x01\x2a") + vector);
    const std::string scheme = sequence(oid("\x2a\x86\x48\x86\xf7\x0d\x01\x05\x0d") + sequence(derivation + cipher));
    return tls::to_pem("ENCRYPTED PRIVATE KEY", tls::as_bytes(sequence(scheme + tlv(0x04, std::string(64, 'x')))));
  };
  CHECK(load(closed_by("\x2a\x86\x48\x86\xf7\x0d\x02\x07"), "secret") == tls::errc::bad_password);  // SHA-1
  CHECK(load(closed_by("\x2a\x86\x48\x86\xf7\x0d\x02\x09"), "secret") == tls::errc::bad_password);  // SHA-256
  CHECK(load(closed_by("\x2a\x86\x48\x86\xf7\x0d\x02\x0b"), "secret") == tls::errc::unsupported);   // SHA-512

  const auto signs = [](std::size_t bytes) {
    const std::string modulus = tlv(0x02, std::string(1, '\0') + std::string(bytes, '\xff'));
    const std::string key = sequence(modulus + tlv(0x02, "\x01\x00\x01"s));
    const std::string spki = sequence(sequence(oid("\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01") + tlv(0x05, "")) +
                                      tlv(0x03, std::string(1, '\0') + key));
    tls::signer how{.sign = [](const tls::signing_request&, tls::byte_vector&, tls::error_info&) {
      return tls::errc::signing_failed;
    }};
    tls::error_info info;
    tls::private_key::load(tls::key_source::from_signer(tls::as_bytes(spki), how), info);
    return info.code;
  };
  CHECK(signs(4096 / 8) == tls::errc::success);
  CHECK(signs(6144 / 8) == tls::errc::unsupported);
}

TEST_CASE("an ALPN protocol with the library's separator in it is refused", "[wolfssl]") {
  auto settings = plugtls_test::client_defaults();
  settings.alpn = {"h2", "a,b"};
  tls::error_info info;
  CHECK_FALSE(tls::context::client(settings, info));
  CHECK(info.code == tls::errc::unsupported);
}

TEST_CASE("one signature of X.509 is verified", "[wolfssl]") {
  const auto parse = [](std::string_view pem) {
    tls::errc e = tls::errc::success;
    auto c = tls::certificate::from_pem(pem, e);
    REQUIRE(c);
    return *c;
  };
  const auto check = [](const tls::certificate& leaf, const tls::certificate& issuer, tls::byte_view signature) {
    return tls::wolfssl::backend::verify_signature(issuer.view().spki_der(), leaf.view().signature_algorithm_der(),
                                                   leaf.view().tbs(), signature);
  };
  const auto refuses = [&](const tls::certificate& leaf, const tls::certificate& issuer) {
    tls::byte_vector broken(leaf.view().signature().begin(), leaf.view().signature().end());
    broken.back() ^= std::byte{1};
    return check(leaf, issuer, broken) == tls::errc::bad_signature &&
           check(leaf, issuer, {}) == tls::errc::bad_signature;
  };
  const tls::certificate leaf = parse(pki::server_chain), issuer = parse(pki::intermediate),
                         other = parse(pki::other_root);
  CHECK(check(leaf, issuer, leaf.view().signature()) == tls::errc::success);
  CHECK(check(leaf, other, leaf.view().signature()) == tls::errc::bad_signature);
  CHECK(refuses(leaf, issuer));
  for (const char* id : {"ok-rsa2048", "ok-p384", "ok-ed25519"}) {
    CAPTURE(id);
    const std::string path = std::string("corpus/") + id;
    const tls::certificate first = parse(plugtls_test::read_data(path + "/leaf.pem"));
    const std::string chain = plugtls_test::read_data(path + "/chain.pem");
    const tls::certificate second = parse(chain.empty() ? plugtls_test::read_data(path + "/roots.pem") : chain);
    CHECK(check(first, second, first.view().signature()) == tls::errc::success);
    CHECK(refuses(first, second));
  }
  CHECK(tls::wolfssl::backend::verify_signature({}, {}, {}, {}) == tls::errc::malformed_certificate);
}

TEST_CASE("TLS 1.2 without extended master secret exports nothing and binds nothing", "[wolfssl]") {
  for (const bool has_secret : {true, false}) {
    end client(tls::engine(
        tls::context::client(plugtls_test::with_version(plugtls_test::client_defaults(), tls::tls_version::tls1_2)),
        plugtls_test::server_name));
    end server(tls::engine(tls::context::server(plugtls_test::server_defaults())));
    if (!has_secret)
      REQUIRE(wolfSSL_DisableExtendedMasterSecret(client.engine.native().native_handle()) == WOLFSSL_SUCCESS);
    REQUIRE(pump(client, server));
    REQUIRE(client.up());
    const tls::errc expected = has_secret ? tls::errc::success : tls::errc::unsupported;
    for (tls::engine* e : {&client.engine, &server.engine}) {
      tls::error_info info;
      std::byte out[32];
      CHECK(e->export_keying_material({"EXPERIMENTAL-x", std::nullopt}, out, info) == expected);
      CHECK(e->channel_binding(tls::channel_binding_type::tls_unique, info).empty() != has_secret);
      CHECK(info.code == expected);
      CHECK(e->channel_binding(tls::channel_binding_type::tls_server_end_point, info).size() == 32);
    }
  }
}

TEST_CASE("verified issuers are remembered by their bytes, and vouch for nothing but what they signed", "[wolfssl]") {
  tls::error_info info;
  REQUIRE(tls::wolfssl::backend::start(info) == tls::errc::success);
  std::vector<tls::certificate> read;
  const auto view = [&](std::string_view pem) {
    tls::errc e = tls::errc::success;
    read.push_back(*tls::certificate::from_pem(pem, e));
    return read.back().view();
  };
  const tls::certificate_view leaf = view(pki::server), foreign = view(pki::foreign), middle = view(pki::intermediate),
                              root = view(pki::root), other = view(pki::other_root);
  const auto verify = [](auto... path) {
    const tls::certificate_view all[] = {path...};
    return tls::wolfssl::verify_path(nullptr, all);
  };
  const auto find = [](auto... issuers) {
    const tls::certificate_view all[] = {issuers...};
    return tls::wolfssl::issuer_memory::instance().find(all);
  };
  CHECK(find(middle, other) == nullptr);
  CHECK(verify(leaf, middle, other) != tls::errc::success);
  CHECK(find(middle, other) == nullptr);  // what was not verified is not remembered
  for (int i = 0; i < 2; ++i) {
    CHECK(verify(leaf, middle, root) == tls::errc::success);
    CHECK(verify(foreign, middle, root) != tls::errc::success);
    CHECK(verify(leaf, root) != tls::errc::success);  // the one between is not among these
    CHECK(verify(foreign, other) == tls::errc::success);
  }
  const auto held = find(middle, root);
  REQUIRE(held != nullptr);
  CHECK(verify(view(pki::client), middle, root) == tls::errc::success);
  CHECK(find(middle, root) == held);  // parsed once
}

namespace {

struct meeting {
  tls::errc what = tls::errc::success;
  std::size_t presented = 0;

  bool operator==(const meeting&) const = default;
  friend std::ostream& operator<<(std::ostream& to, const meeting& m) {
    return to << tls::name(m.what) << ", " << m.presented << " presented";
  }
};

// What one end, of a context, makes of the other's certificates.
meeting met(const end& judge) { return {judge.handshake_error, judge.engine.peer_chain().size()}; }
meeting meet(const tls::context& client, const tls::identity& id, tls::tls_version v,
             const char* name = plugtls_test::server_name) {
  end c(tls::engine(client, name));
  end s(tls::engine(tls::context::server(plugtls_test::with_version(plugtls_test::server_defaults(id), v))));
  REQUIRE(pump(c, s));
  return met(c);
}
meeting meet_client(const tls::context& server, const tls::identity& id, tls::tls_version v) {
  tls::client_settings settings = plugtls_test::with_version(plugtls_test::client_defaults(), v);
  settings.identities = {id};
  end c(tls::engine(tls::context::client(settings), plugtls_test::server_name));
  end s{tls::engine(server)};
  REQUIRE(pump(c, s));
  return met(s);
}

tls::certificate read(std::string_view pem) {
  tls::errc e = tls::errc::success;
  return *tls::certificate::from_pem(pem, e);
}

// A certificate that nobody needs, too large for the library's list of what was presented.
std::string large() {
  plugtls_test::certificate_maker maker;
  std::vector<std::string> names;
  std::string all;
  for (int i = 0; i < 120; ++i) all += plugtls_test::dns("name-" + std::to_string(i) + ".example.test");
  maker.extensions = plugtls_test::basic_constraints(false) + plugtls_test::alt_names(all);
  tls::errc e = tls::errc::success;
  const auto made = tls::certificate::from_der(tls::as_bytes(maker.der()), e);
  REQUIRE(made);
  REQUIRE(made->der().size() > 2048);
  return made->pem();
}

// The same subject, key, identifiers and signature as the server's, under another serial number.
std::string forged() {
  const tls::certificate good = read(pki::server);
  tls::byte_vector der(good.der().begin(), good.der().end());
  const tls::byte_view serial = good.view().serial();
  der[static_cast<std::size_t>(serial.data() + serial.size() - 1 - good.der().data())] ^= std::byte{1};
  tls::errc e = tls::errc::success;
  return tls::certificate::from_der(der, e)->pem();
}

}  // namespace

TEST_CASE("a chain that comes again is judged by all that was presented", "[wolfssl]") {
  const auto present = [](auto... pems) {
    return plugtls_test::make_identity((std::string() + ... + std::string(pems)), pki::server_key);
  };
  const tls::identity chain = present(pki::server_chain), leaf = present(pki::server);
  const tls::identity extra = present(pki::server_chain, pki::foreign);
  // wolfSSL keeps no large certificate, and shows none with a key for Ed25519 (5.5), or refuses the list (5.7).
  const tls::identity with_large = present(pki::server_chain, large());
  const tls::identity with_both = present(pki::server_chain, large(), pki::server_ed25519);
  using tls::errc;
  for (const tls::tls_version v : {tls::tls_version::tls1_2, tls::tls_version::tls1_3}) {
    tls::client_settings settings = plugtls_test::client_defaults();
    tls::unix_time now = tls::system_now();
    int asked = 0;
    settings.clock = [&now] { return now; };
    settings.on_verify = [&asked](const tls::verify_context&) {
      ++asked;
      return true;
    };
    const tls::context client = tls::context::client(settings);
    for (int i = 0; i < 4; ++i) {
      asked = 0;
      CHECK(meet(client, chain, v) == meeting{errc::success, 2});
      CHECK(asked == 1);
      CHECK(meet(client, chain, v, "other.test").what == errc::hostname_mismatch);
      CHECK(meet(client, leaf, v).what == errc::unknown_issuer);
      CHECK(meet(client, present(forged(), pki::intermediate), v).what == errc::bad_signature);
      CHECK(meet(client, extra, v) == meeting{errc::success, 3});
      CHECK(meet(client, with_large, v) == meeting{errc::success, 3});
      CHECK(meet(client, with_both, v) == meet(tls::context::client(settings), with_both, v));
      CHECK(meet(client, present(pki::server, pki::foreign), v).what == errc::unknown_issuer);
      now += 100LL * 365 * 86400;
      CHECK(meet(client, chain, v).what == errc::certificate_expired);
      now = tls::system_now();
    }
    // What one context knows is nothing to another.
    settings.trust = plugtls_test::trust(pki::other_root);
    for (int i = 0; i < 3; ++i)
      CHECK(meet(tls::context::client(settings), chain, v) == meeting{errc::unknown_issuer, 2});
  }
}

TEST_CASE("a client's chain that comes again, too", "[wolfssl]") {
  const tls::identity chain = plugtls_test::make_identity(pki::client_chain, pki::client_key),
                      leaf = plugtls_test::make_identity(pki::client, pki::client_key);
  for (const tls::tls_version v : {tls::tls_version::tls1_2, tls::tls_version::tls1_3}) {
    const tls::context server = tls::context::server(plugtls_test::mutual_defaults());
    for (int i = 0; i < 4; ++i) {
      CHECK(meet_client(server, chain, v) == meeting{tls::errc::success, 2});
      CHECK(meet_client(server, leaf, v).what == tls::errc::unknown_issuer);
    }
  }
}

TEST_CASE("a leaf that was parsed is taken for what its issuer has signed", "[wolfssl]") {
  tls::error_info info;
  REQUIRE(tls::wolfssl::backend::start(info) == tls::errc::success);
  tls::wolfssl::leaf_reading reading;
  const auto verify = [&](const auto&... path) {
    const tls::certificate_view all[] = {path.view()...};
    return tls::wolfssl::verify_path(&reading, all);
  };
  const tls::certificate good = read(pki::server), bad = read(forged()), middle = read(pki::intermediate),
                         root = read(pki::root), rsa = read(pki::server_rsa);
  for (const bool b : {true, false}) {
    reading.is_parsed = b;
    CHECK(verify(good, middle, root) == tls::errc::success);
    CHECK(verify(rsa, middle, root) == tls::errc::success);
    CHECK(verify(bad, middle, root) != tls::errc::success);
    CHECK(verify(good, root) != tls::errc::success);
    CHECK(verify(good, read(pki::other_root)) != tls::errc::success);
  }
}

TEST_CASE("an issuer whose common name is empty is not freed with the name in it", "[wolfssl]") {
  using namespace plugtls_test;
  tls::error_info info;
  REQUIRE(tls::wolfssl::backend::start(info) == tls::errc::success);
  const std::string id = "\x55\x04\x03", hidden = "\x30\x0b\x06\x03\x55\x04\x06\x13\x04";
  const auto named = [](const std::string& attributes) { return sequence(tlv(0x31, sequence(attributes))); };
  const std::string names[] = {
      named(oid(id) + tlv(0x0c, "")), named(oid(id) + tlv(0x13, "")), named(oid(id) + tlv(0x1e, "")),
      sequence(tlv(0x31, sequence(oid(id) + tlv(0x0c, "root"))) + tlv(0x31, sequence(oid(id) + tlv(0x0c, "")))),
      // 5.5 takes an identifier's first three bytes for all of it, and the rest of it for what follows.
      named(oid(id + "\x0c\0"s + hidden) + tlv(0x0c, "ab")), named(oid(id + "\x0c\x81\0"s + hidden) + tlv(0x0c, "ab")),
      named(oid("\x55\x04\x0a") + tlv(0x0c, ""))};
  tls::errc leaf_error = tls::errc::success;
  const auto leaf = tls::certificate::from_pem(pki::server_chain, leaf_error);  // its key is one, as a maker's is not
  REQUIRE(leaf.has_value());
  char key = 'a';
  for (int round = 0; round < 3; ++round)  // more than are remembered
    for (const std::string& name : names) {
      certificate_maker ca = make_ca("root", "root", key++);
      ca.subject = ca.issuer = name;
      tls::errc e = tls::errc::success;
      const std::string der = ca.der();
      const auto bytes = std::as_bytes(std::span(der));
      const auto anchor = tls::certificate::from_der(tls::byte_vector(bytes.begin(), bytes.end()), e);
      REQUIRE(anchor.has_value());
      const tls::certificate_view path[] = {leaf->view(), anchor->view()};
      const tls::errc said = tls::wolfssl::verify_path(nullptr, path);
      CHECK((said == tls::errc::success || said == tls::errc::bad_certificate));
    }
}

TEST_CASE("what is too short to be decrypted is bad_record, and no failed handshake", "[wolfssl]") {
  for (const std::string& record : {std::string("\x17\x03\x03\0\5abcde", 10), std::string("\x15\x03\x03\0\2\1\0", 7)}) {
    end c(tls::engine(
        tls::context::client(plugtls_test::with_version(plugtls_test::client_defaults(), tls::tls_version::tls1_2)),
        plugtls_test::server_name));
    end s(tls::engine(tls::context::server(plugtls_test::server_defaults())));
    REQUIRE(pump(c, s));
    REQUIRE(c.up());
    REQUIRE(c.port.feed(tls::as_bytes(record)));
    std::byte block[16];
    CHECK(c.engine.read_some(c.port, block, sizeof block).error == tls::errc::bad_record);
  }
}

TEST_CASE("a fatal alert in the clear has no answer, and none is told of", "[wolfssl]") {
  for (const tls::tls_version v : {tls::tls_version::tls1_2, tls::tls_version::tls1_3}) {
    end c(tls::engine(tls::context::client(plugtls_test::with_version(plugtls_test::client_defaults(), v)),
                      plugtls_test::server_name));
    end s(tls::engine(tls::context::server(plugtls_test::server_defaults())));
    c.step();
    REQUIRE(s.port.feed(c.port.output()));
    s.step();
    const std::size_t sent = s.port.output().size();
    REQUIRE(s.port.feed(tls::as_bytes(std::string("\x15\x03\x03\0\2\2\x30", 7))));
    s.step();
    CHECK(s.handshake_error == tls::errc::alert_received);
    CHECK(s.engine.error().alert_received == tls::alert::unknown_ca);
    CHECK_FALSE(s.engine.error().alert_sent.has_value());
    CHECK(s.port.output().size() == sent);
  }
}

TEST_CASE("an alert that has not left is not told of", "[wolfssl]") {
  for (const tls::tls_version v : {tls::tls_version::tls1_2, tls::tls_version::tls1_3}) {
    tls::client_settings little = plugtls_test::with_version(plugtls_test::client_defaults(), v);
    little.limit.max_handshake_size = 4096;
    std::string chain(pki::server_chain);
    for (int i = 0; i < 7; ++i) chain += pki::server_rsa;
    end c(tls::engine(tls::context::client(little), plugtls_test::server_name));
    end s(tls::engine(
        tls::context::server(plugtls_test::server_defaults(plugtls_test::make_identity(chain, pki::server_key)))));
    REQUIRE(pump(c, s));
    CHECK(c.handshake_error == tls::errc::handshake_too_large);
    CHECK_FALSE(c.engine.error().alert_sent.has_value());
  }
}
