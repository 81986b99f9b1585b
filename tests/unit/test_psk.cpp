// SPDX-License-Identifier: BSL-1.0
#include "plugtls/psk.hpp"

#include "null_backend.hpp"
#include "plugtls/buffer_port.hpp"
#include "plugtls/detail/handshake_observer.hpp"
#include "plugtls/engine.hpp"
#include "support/catch.hpp"
#include "support/observed.hpp"
#include "support/psk.hpp"

using namespace plugtls;
using namespace plugtls_test;

namespace psk_unit_tests {

using detail::handshake_observer;

void pass(handshake_observer& o, bool from_client, unsigned type, const null::writer& body) {
  const byte_vector record = null::plain_record(22, null::handshake_message(type, body));
  from_client ? static_cast<void>(see_received(o, record)) : see_sent(o, record);
}

null::writer hello(std::initializer_list<std::string> identities) {
  null::writer list;
  for (const std::string& identity : identities)
    list.u16(static_cast<unsigned>(identity.size())).raw(as_bytes(identity)).u16(0).u16(0);
  null::writer versions, psk, extensions, body;
  versions.u8(2).u16(0x0304);
  psk.vector16(list).u16(0);
  extensions.extension(43, versions).extension(41, psk);
  body.u16(0x0303).raw(byte_vector(32)).u8(0).u16(2).u16(0x1301).u8(1).u8(0).vector16(extensions);
  return body;
}

null::writer answer(unsigned picked, bool has_share = true) {
  null::writer version, share, psk, extensions, body;
  version.u16(0x0304);
  share.u16(0x001d).u16(0);
  psk.u16(picked);
  extensions.extension(43, version).extension(41, psk);
  if (has_share) extensions.extension(51, share);
  body.u16(0x0303).raw(byte_vector(32)).u8(0).u16(0x1301).u8(0).vector16(extensions);
  return body;
}

null::writer answer_1_2(unsigned suite) {
  null::writer body;
  body.u16(0x0303).raw(byte_vector(32)).u8(0).u16(suite).u8(0);
  return body;
}

const std::vector<external_psk> own{make_psk("first"), make_psk("second", 'b')};

std::string_view used(const handshake_observer& o) {
  const external_psk* psk = detail::psk_in_use(own, o.facts());
  return psk ? std::string_view(psk->identity) : "";
}

}  // namespace psk_unit_tests
using namespace psk_unit_tests;

TEST_CASE("psk_in_use: in TLS 1.3 it is the one that the server picks, with a key share, and no ticket") {
  const std::string ticket(200, 't');
  struct {
    unsigned picked;
    bool has_share;
    std::string_view result;
  } cases[] = {{0, true, ""},        // a ticket
               {1, true, "second"},  //
               {2, true, ""},        // not ours
               {3, true, "first"},   //
               {4, true, ""},        // never offered
               {1, false, ""}};      // psk_ke: no forward secrecy
  for (const auto& k : cases) {
    CAPTURE(k.picked, k.has_share);
    handshake_observer o(role::server);
    pass(o, true, 1, hello({ticket, "second", "nobody", "first"}));
    pass(o, false, 2, answer(k.picked, k.has_share));
    CHECK(o.facts().psk_selected);
    CHECK(used(o) == k.result);
    CHECK(detail::psk_in_use({}, o.facts()) == nullptr);
  }
  handshake_observer again(role::server);  // a second ClientHello counts, not the first
  pass(again, true, 1, hello({"first"}));
  pass(again, true, 1, hello({"second"}));
  pass(again, false, 2, answer(0));
  CHECK(used(again) == "second");
  handshake_observer empty(role::server);
  pass(empty, true, 1, hello({""}));
  pass(empty, false, 2, answer(0));
  CHECK(used(empty).empty());
  handshake_observer many(role::server);  // only so many names are remembered
  pass(many, true, 1, hello({"a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l", "m", "n", "o", "p", "first"}));
  pass(many, false, 2, answer(16));
  CHECK(many.facts().psk_offers.size() == detail::max_psk_offers);
  CHECK(used(many).empty());
}

TEST_CASE("psk_in_use: in TLS 1.2 it takes a suite with PSK, a group, and the name in the client's key exchange") {
  null::writer exchange, key, unknown, cut;
  exchange.u16(4).raw(as_bytes("hint")).u8(3).u16(0x001d).text8("point");
  key.u16(5).raw(as_bytes("first")).text8("point");
  unknown.u16(6).raw(as_bytes("nobody")).text8("point");
  cut.u16(500).raw(as_bytes("first"));
  const auto run = [&](unsigned suite, bool has_group, const null::writer& client_key) {
    handshake_observer o(role::server);
    pass(o, false, 2, answer_1_2(suite));
    if (has_group) pass(o, false, 12, exchange);
    pass(o, true, 16, client_key);
    if (has_group && suite == 0xccac) CHECK(o.facts().group == named_group::x25519);
    return std::string(used(o));
  };
  CHECK(run(0xccac, true, key) == "first");
  CHECK(run(0xccac, false, key).empty());
  CHECK(run(0xccac, true, unknown).empty());
  CHECK(run(0xccac, true, cut).empty());
  CHECK(run(0xcca8, true, key).empty());  // a suite with certificates: those bytes are a point
  CHECK(run(0xccac, true, null::writer().u16(0)).empty());
}

TEST_CASE("what a backend does not declare is refused when the context is made: PSKs, schemes, fragments") {
  error_info info;
  client_settings c;
  c.psk = make_psk();
  CHECK_FALSE(basic_context<null_backend>::client(c, info));
  CHECK(info.code == errc::unsupported);
  c = {};
  c.signature_schemes = {signature_scheme::ecdsa_secp256r1_sha256};
  CHECK_FALSE(basic_context<null_backend>::client(c, info));
  CHECK(info.code == errc::unsupported);
  c = {};
  c.max_fragment_length = 512;
  CHECK_FALSE(basic_context<null_backend>::client(c, info));
  CHECK(info.code == errc::unsupported);
  server_settings s = server_defaults();
  s.psks = {make_psk()};
  CHECK_FALSE(basic_context<null_backend>::server(s, info));
  CHECK(info.code == errc::unsupported);
  c = {};
  c.cipher_suites = {cipher_suite::ecdhe_psk_with_chacha20_poly1305_sha256};
  CHECK_FALSE(basic_context<null_backend>::client(c, info));
  CHECK(info.code == errc::unsupported);
  buffer_port port;
  basic_engine<null_backend> engine;
  CHECK(engine.update_keys(port).error == errc::invalid_argument);
  CHECK(engine.psk_identity().empty());
}

TEST_CASE("check_psks tells bad names and keys, and never the key") {
  error_info info;
  const auto check = [&](std::vector<external_psk> list) { return detail::check_psks(list, info); };
  CHECK(check({}) == errc::success);
  CHECK(check({make_psk("a"), make_psk("b")}) == errc::success);
  CHECK(check({make_psk(std::string(127, 'a'), 'k', 64), make_psk("b", 'k', 16)}) == errc::success);
  for (const std::vector<external_psk>& bad : {std::vector{make_psk("")},
                                               {make_psk(std::string(128, 'a'))},
                                               {make_psk("a", 'k', 15)},
                                               {make_psk("a", 'k', 65)},
                                               {make_psk(std::string("a\0b", 3))},
                                               {make_psk("a"), make_psk("b"), make_psk("a", 'x')}}) {
    info = {};
    CHECK(check(bad) == errc::invalid_argument);
    CHECK_FALSE(info.detail.empty());
  }
}
