// SPDX-License-Identifier: BSL-1.0
#include "plugtls/detail/handshake_observer.hpp"

#include "null_protocol.hpp"
#include "support/catch.hpp"
#include "support/drive.hpp"
#include "support/observed.hpp"

using namespace plugtls;
using namespace plugtls_test;
using detail::handshake_observer;

namespace {

enum class direction { inbound, outbound };

// What it leaves of these bytes.
byte_vector feed(handshake_observer& o, direction d, byte_view bytes, std::size_t step = 1000000) {
  if (d == direction::inbound) return see_received(o, bytes, step);
  see_sent(o, bytes, step);
  return {};
}

byte_vector concat(std::initializer_list<byte_vector> parts) {
  byte_vector all;
  for (const byte_vector& p : parts) all.insert(all.end(), p.begin(), p.end());
  return all;
}

null::hello client_offer() {
  return {{tls_version::tls1_3, tls_version::tls1_2},
          {cipher_suite::aes_128_gcm_sha256},
          {named_group::x25519},
          {"h2"},
          "host.example"};
}
null::hello server_choice(tls_version v) {
  return {{v}, {cipher_suite::aes_256_gcm_sha384}, {named_group::secp384r1}, {}, {}};
}

}  // namespace

TEST_CASE("the observer reads hellos, on both roles and from any chopping") {
  for (const role own : {role::client, role::server}) {
    for (const std::size_t step : {1U, 2U, 5U, 100U, 100000U}) {
      const direction from_client = own == role::client ? direction::outbound : direction::inbound;
      const direction from_server = own == role::client ? direction::inbound : direction::outbound;
      handshake_observer o(own);
      feed(o, from_client, null::plain_record(22, null::encode_client_hello(client_offer())), step);
      CHECK(o.facts().client_hello_seen);
      CHECK(o.facts().offers_1_2);
      CHECK(o.facts().offers_1_3);
      CHECK(o.facts().server_name == "host.example");
      feed(o, from_server, null::plain_record(22, null::encode_server_hello(server_choice(tls_version::tls1_3))), step);
      CHECK(o.facts().version == tls_version::tls1_3);
      CHECK(o.facts().suite == cipher_suite::aes_256_gcm_sha384);
      CHECK(o.facts().group == named_group::secp384r1);
      CHECK_FALSE(o.facts().psk_selected);
      CHECK_FALSE(o.facts().certificate_seen);
    }
  }
}

TEST_CASE("messages may span records, and records hold several messages") {
  const byte_vector hello = null::encode_server_hello(server_choice(tls_version::tls1_2));
  const byte_vector certificate = null::handshake_message(11, null::writer().raw(byte_vector(5000)));
  const byte_vector exchange = null::handshake_message(12, null::writer().u8(3).u16(0x001d).u8(0).u16(0x0403).u16(0));
  const byte_vector all = concat({hello, certificate, exchange});
  for (const std::size_t record : {1U, 3U, 100U, 4000U}) {
    handshake_observer o(role::client);
    for (std::size_t at = 0; at < all.size(); at += record)
      feed(o, direction::inbound,
           null::plain_record(22, byte_view(all).subspan(at, std::min(record, all.size() - at))));
    CHECK(o.facts().version == tls_version::tls1_2);
    CHECK(o.facts().certificate_seen);
    CHECK(o.facts().group == named_group::x25519);
    CHECK(o.facts().scheme == signature_scheme::ecdsa_secp256r1_sha256);
    CHECK(o.largest_message() == 5000);
  }
}

TEST_CASE("what a peer claims to have sent from the other side is not believed") {
  handshake_observer o(role::client);
  feed(o, direction::inbound, null::plain_record(22, null::encode_client_hello(client_offer())));
  CHECK_FALSE(o.facts().client_hello_seen);
  handshake_observer p(role::server);
  feed(p, direction::inbound, null::plain_record(22, null::encode_server_hello(server_choice(tls_version::tls1_2))));
  CHECK_FALSE(p.facts().server_hello_seen);
}

TEST_CASE("fatal plaintext alerts are read, warnings and encrypted ones are not") {
  const auto seen = [](byte_vector bytes) {
    handshake_observer o(role::client);
    feed(o, direction::inbound, bytes, 1);
    return o.alert_received();
  };
  CHECK(seen(null::plain_record(21, null::writer().u8(2).u8(40).bytes)) == alert::handshake_failure);
  CHECK_FALSE(seen(null::plain_record(21, null::writer().u8(1).u8(112).bytes)));
  CHECK_FALSE(seen(null::plain_record(21, null::writer().u8(1).u8(0).bytes)));
  CHECK_FALSE(seen(null::plain_record(21, null::writer().u8(2).u8(40).u16(0).bytes)));
  CHECK_FALSE(seen(null::plain_record(21, null::writer().u8(2).bytes)));
  // After ChangeCipherSpec in TLS 1.2 two bytes may be anything.
  CHECK_FALSE(seen(concat({null::plain_record(22, null::encode_server_hello(server_choice(tls_version::tls1_2))),
                           null::plain_record(20, null::writer().u8(1).bytes),
                           null::plain_record(21, null::writer().u8(2).u8(40).bytes)})));
  handshake_observer o(role::client);
  feed(o, direction::outbound, null::plain_record(21, null::writer().u8(2).u8(48).bytes));
  CHECK(o.alert_sent() == alert::unknown_ca);
  CHECK_FALSE(o.alert_received());
}

TEST_CASE("a HelloRetryRequest tells the version; suite and group come from the second ServerHello") {
  byte_vector retry = null::encode_server_hello(server_choice(tls_version::tls1_3));
  static constexpr unsigned char random[32] = {0xCF, 0x21, 0xAD, 0x74, 0xE5, 0x9A, 0x61, 0x11, 0xBE, 0x1D, 0x8C,
                                               0x02, 0x1E, 0x65, 0xB8, 0x91, 0xC2, 0xA2, 0x11, 0x16, 0x7A, 0xBB,
                                               0x8C, 0x5E, 0x07, 0x9E, 0x09, 0xE2, 0xC8, 0xA8, 0x33, 0x9C};
  for (std::size_t i = 0; i < 32; ++i) retry[6 + i] = static_cast<std::byte>(random[i]);
  handshake_observer o(role::client);
  feed(o, direction::inbound, null::plain_record(22, retry));
  CHECK(o.facts().version == tls_version::tls1_3);
  CHECK(o.facts().suite == cipher_suite::none);
  CHECK(o.facts().group == named_group::none);
  feed(o, direction::inbound, null::plain_record(20, null::writer().u8(1).bytes));
  feed(o, direction::inbound, null::plain_record(22, null::encode_server_hello(server_choice(tls_version::tls1_3))));
  CHECK(o.facts().suite == cipher_suite::aes_256_gcm_sha384);
  CHECK(o.facts().group == named_group::secp384r1);
}

TEST_CASE("the first byte tells who does not speak TLS; later garbage does not") {
  for (const unsigned first : {0U, 0x16U + 10U, 'H' + 0U, 0x80U, 0xffU}) {
    handshake_observer o(role::client);
    feed(o, direction::inbound, null::writer().u8(first).bytes);
    CHECK(o.not_tls());
  }
  handshake_observer o(role::client);
  feed(o, direction::inbound, null::plain_record(22, null::encode_server_hello(server_choice(tls_version::tls1_2))));
  feed(o, direction::inbound, as_bytes("HTTP/1.1 400"));
  CHECK_FALSE(o.not_tls());
  handshake_observer own(role::client);
  feed(own, direction::outbound, as_bytes("HTTP/1.1 400"));
  CHECK_FALSE(own.not_tls());
}

TEST_CASE("no bytes crash the observer, and none make it hold much") {
  for (unsigned seed = 0; seed < 300; ++seed) {
    std::string bytes = pattern(3000, seed);
    // Mostly well-formed outside: what matters is inside.
    bytes[0] = static_cast<char>(seed % 5 == 4 ? 21 : 22);
    bytes[1] = 3;
    bytes[3] = 11;
    bytes[5] = static_cast<char>(seed % 3 == 0 ? 1 : seed % 3 == 1 ? 2 : 12);
    bytes[6] = 0;
    bytes[7] = static_cast<char>(seed % 12);
    for (const role own : {role::client, role::server}) {
      handshake_observer o(own);
      feed(o, direction::inbound, as_bytes(bytes), 1 + seed % 50);
      feed(o, direction::outbound, as_bytes(bytes), 1 + seed % 50);
      o.release();
      feed(o, direction::inbound, as_bytes(bytes));
      CHECK(o.facts().server_name.size() <= 255);
    }
  }
  handshake_observer o(role::server);
  feed(o, direction::inbound, null::plain_record(22, null::writer().u8(1).u24(0xffffff).bytes));
  CHECK(o.largest_message() == 0xffffff);
}

TEST_CASE("every cut of real hellos is read without harm, and never half believed") {
  const byte_vector hello = null::encode_client_hello(client_offer());
  for (std::size_t cut = 0; cut + 4 < hello.size(); ++cut) {
    // A whole message whose body ends early.
    const byte_view body = byte_view(hello).subspan(4, cut);
    handshake_observer o(role::server);
    feed(o, direction::inbound, null::plain_record(22, null::handshake_message(1, null::writer().raw(body))));
    CHECK(o.facts().client_hello_seen);
    CHECK((o.facts().server_name.empty() || o.facts().server_name == "host.example"));
    CHECK((o.facts().offers_1_2 || o.facts().offers_1_3));
  }
}

TEST_CASE("the observer tells a resumed handshake by what is said and what is left out") {
  const auto client = [](std::size_t id_size, bool extended) {
    null::writer w;
    w.u16(0x0303).raw(byte_vector(32)).u8(static_cast<unsigned>(id_size)).raw(byte_vector(id_size, std::byte{7}));
    w.u16(2).u16(0xc02b).u8(1).u8(0);
    return extended ? w.u16(4).u16(23).u16(0).bytes : w.u16(0).bytes;
  };
  const auto server = [](std::size_t id_size, std::byte fill, bool extended) {
    null::writer w;
    w.u16(0x0303).raw(byte_vector(32)).u8(static_cast<unsigned>(id_size)).raw(byte_vector(id_size, fill));
    w.u16(0xc02b).u8(0);
    return extended ? w.u16(4).u16(23).u16(0).bytes : w.u16(0).bytes;
  };
  const auto facts = [&](std::size_t asked, std::size_t answered, std::byte fill, bool extended) {
    detail::hello_facts f;
    detail::read_client_hello(client(asked, extended), {}, f);
    CHECK_FALSE(f.says_resumed());
    detail::read_server_hello(server(answered, fill, extended), f);
    CHECK(f.extended_master_secret == extended);
    CHECK(f.offers_extended_secret == extended);
    return f;
  };
  CHECK(facts(32, 32, std::byte{7}, true).says_resumed());
  CHECK(facts(0, 0, std::byte{7}, false).says_resumed());
  CHECK_FALSE(facts(32, 32, std::byte{8}, true).says_resumed());
  CHECK_FALSE(facts(32, 0, std::byte{7}, true).says_resumed());
  detail::hello_facts f = facts(32, 32, std::byte{7}, true);
  f.certificate_seen = true;
  CHECK_FALSE(f.says_resumed());
  f = facts(32, 32, std::byte{7}, true);
  f.hello_done_seen = true;
  CHECK_FALSE(f.says_resumed());
  f = facts(32, 32, std::byte{7}, true);
  f.version = tls_version::tls1_3;
  CHECK_FALSE(f.says_resumed());
  f.psk_selected = true;
  CHECK_FALSE(f.says_resumed());  // without a new key exchange
  f.group = named_group::x25519;
  CHECK(f.says_resumed());
}

TEST_CASE("the observer sees tickets and the end of a server's first flight of TLS 1.2") {
  handshake_observer o(role::client);
  feed(o, direction::outbound, null::plain_record(22, null::encode_client_hello(client_offer())));
  feed(o, direction::inbound, null::plain_record(22, null::encode_server_hello(server_choice(tls_version::tls1_2))));
  CHECK_FALSE(o.facts().hello_done_seen);
  CHECK_FALSE(o.facts().ticket_seen);
  CHECK_FALSE(o.peer_is_encrypted());
  for (const unsigned type : {11U, 12U, 14U})
    feed(o, direction::inbound, null::plain_record(22, null::handshake_message(type)), 1);
  CHECK(o.facts().hello_done_seen);
  feed(o, direction::inbound, null::plain_record(22, null::handshake_message(4, null::writer().u16(0))), 1);
  CHECK(o.facts().ticket_seen);
  feed(o, direction::inbound, null::plain_record(20, null::writer().u8(1).bytes));
  CHECK(o.peer_is_encrypted());
}

TEST_CASE("early data between the hellos hides nothing of the second one") {
  for (const role own : {role::client, role::server}) {
    const direction from_client = own == role::client ? direction::outbound : direction::inbound;
    const direction from_server = own == role::client ? direction::inbound : direction::outbound;
    handshake_observer o(own);
    null::hello second = client_offer();
    second.server_name = "other.example";
    feed(o, from_client, null::plain_record(22, null::encode_client_hello(client_offer())));
    feed(o, from_client, null::plain_record(20, byte_vector(1, std::byte{1})));
    feed(o, from_client, null::plain_record(23, byte_vector(5000, std::byte{22})), 7);
    CHECK_FALSE(o.peer_is_encrypted());
    feed(o, from_client, null::plain_record(22, null::encode_client_hello(second)), 7);
    CHECK(o.facts().server_name_fault == detail::name_fault::changed);
    feed(o, from_server, null::plain_record(22, null::encode_server_hello(server_choice(tls_version::tls1_3))));
    feed(o, from_client, null::plain_record(23, byte_vector(100)));
    CHECK(o.peer_is_encrypted() == (own == role::server));
    feed(o, from_client, null::plain_record(21, byte_vector{std::byte{2}, std::byte{40}}));
    CHECK_FALSE((own == role::server ? o.alert_received() : o.alert_sent()));
  }
}

TEST_CASE("what has no place in a flight is a fault, as long as an answer can be read") {
  using detail::flight_fault;
  const byte_vector hello = null::plain_record(22, null::encode_client_hello(client_offer()));
  const byte_vector older = null::plain_record(22, null::encode_server_hello(server_choice(tls_version::tls1_2)));
  const byte_vector newer = null::plain_record(22, null::encode_server_hello(server_choice(tls_version::tls1_3)));
  const auto message = [](unsigned type) { return null::plain_record(22, null::handshake_message(type)); };
  const auto alert_of = [](unsigned level, unsigned number) {
    return null::plain_record(21, null::writer().u8(level).u8(number).bytes);
  };
  const byte_vector change = null::plain_record(20, null::writer().u8(1).bytes), empty = null::plain_record(22, {});
  const auto hears_after = [&](const byte_vector& own, std::initializer_list<byte_vector> parts) {
    handshake_observer o(role::client);
    feed(o, direction::outbound, own);
    feed(o, direction::inbound, concat(parts), 1);
    return o.fault();
  };
  const auto client_hears = [&](std::initializer_list<byte_vector> parts) { return hears_after(hello, parts); };
  CHECK(client_hears({older, message(11), message(22), message(12), message(13), message(14), message(4), change}) ==
        flight_fault::none);
  null::hello resuming = client_offer();
  resuming.ticket = byte_vector(40);
  const byte_vector with_ticket = null::plain_record(22, null::encode_client_hello(resuming));
  CHECK(hears_after(with_ticket, {older, message(4), change}) == flight_fault::none);
  CHECK(hears_after(with_ticket, {older, change}) == flight_fault::none);
  CHECK(client_hears({older, message(4)}) == flight_fault::unexpected);  // there is nothing to resume
  CHECK(client_hears({older, change}) == flight_fault::unexpected);
  CHECK(client_hears({change, newer, change}) == flight_fault::none);
  CHECK(client_hears({change, older}) == flight_fault::unexpected);
  CHECK(client_hears({older, message(11), change}) == flight_fault::unexpected);
  CHECK(client_hears({older, message(12)}) == flight_fault::unexpected);
  CHECK(client_hears({older, message(11), message(12), message(22)}) == flight_fault::unexpected);
  CHECK(client_hears({older, message(11), message(11)}) == flight_fault::unexpected);
  CHECK(client_hears({older, message(0)}) == flight_fault::unexpected);
  CHECK(client_hears({message(11)}) == flight_fault::unexpected);
  CHECK(client_hears({empty}) == flight_fault::unexpected);
  CHECK(client_hears({newer, message(8)}) == flight_fault::unexpected);
  CHECK(client_hears({newer, alert_of(2, 40)}) == flight_fault::unexpected);
  CHECK(client_hears({older, null::plain_record(22, byte_vector(16385))}) == flight_fault::overflow);
  CHECK(client_hears({alert_of(1, 112), older}) == flight_fault::none);  // a warning
  CHECK(client_hears({alert_of(2, 40)}) == flight_fault::none);          // libraries know it
  CHECK(client_hears({alert_of(3, 40)}) == flight_fault::alert);
  CHECK(client_hears({alert_of(1, 0)}) == flight_fault::closed);

  const auto server_hears = [&](std::initializer_list<byte_vector> own, std::initializer_list<byte_vector> then) {
    handshake_observer o(role::server);
    feed(o, direction::inbound, hello);
    feed(o, direction::outbound, concat(own));
    feed(o, direction::inbound, concat(then), 1);
    return o.fault();
  };
  const byte_vector sealed = null::plain_record(23, byte_vector(30));
  CHECK(server_hears({older}, {message(16), change}) == flight_fault::none);
  CHECK(server_hears({older, message(13)}, {message(11), message(16), message(15), change}) == flight_fault::none);
  CHECK(server_hears({older, change}, {change}) == flight_fault::none);  // resumed
  CHECK(server_hears({older}, {message(11)}) == flight_fault::unexpected);
  CHECK(server_hears({older, message(13)}, {message(16)}) == flight_fault::unexpected);
  CHECK(server_hears({older}, {change}) == flight_fault::unexpected);
  CHECK(server_hears({older}, {sealed}) == flight_fault::unexpected);
  CHECK(server_hears({newer, sealed}, {change, sealed}) == flight_fault::none);
  CHECK(server_hears({newer, sealed}, {alert_of(2, 48)}) == flight_fault::alert);
  CHECK(server_hears({newer, sealed}, {alert_of(1, 90), sealed}) == flight_fault::none);
  // Nobody could read what this end says in the clear now: that is for the library.
  CHECK(server_hears({newer, sealed}, {message(11)}) == flight_fault::none);
}

TEST_CASE("a change of ciphers is taken out in TLS 1.3, wherever the bytes are chopped, and only there") {
  const byte_vector hello = null::plain_record(22, null::encode_client_hello(client_offer()));
  const byte_vector newer = null::plain_record(22, null::encode_server_hello(server_choice(tls_version::tls1_3)));
  const byte_vector older = null::plain_record(22, null::encode_server_hello(server_choice(tls_version::tls1_2)));
  const auto change_of = [](std::initializer_list<unsigned char> content) {
    byte_vector body;
    for (const unsigned char c : content) body.push_back(std::byte{c});
    return null::plain_record(20, body);
  };
  const byte_vector change = change_of({1});
  // What is no record of that type looks like one.
  byte_vector sealed = concat({change, change, byte_vector(30)});
  sealed = null::plain_record(23, sealed);
  for (const std::size_t step : {1U, 2U, 3U, 5U, 6U, 7U, 11U, 1000U}) {
    CAPTURE(step);
    const auto client_is_left = [&](const byte_vector& bytes) {
      handshake_observer o(role::client);
      feed(o, direction::outbound, hello);
      return feed(o, direction::inbound, bytes, step);
    };
    const auto server_is_left = [&](const byte_vector& own, const byte_vector& bytes) {
      handshake_observer o(role::server);
      CHECK(feed(o, direction::inbound, hello, step) == hello);
      feed(o, direction::outbound, own);
      const byte_vector left = feed(o, direction::inbound, bytes, step);
      CHECK(o.fault() == detail::flight_fault::none);
      return left;
    };
    CHECK(client_is_left(concat({newer, change, sealed})) == concat({newer, sealed}));
    CHECK(client_is_left(concat({change, newer, change, change, sealed, change, sealed, change})) ==
          concat({newer, sealed, sealed}));
    CHECK(server_is_left(concat({newer, change, sealed}), concat({change, change, sealed, change, sealed})) ==
          concat({sealed, sealed}));
    for (const byte_vector& bad : {change_of({2}), change_of({}), change_of({1, 1})}) {
      CHECK(server_is_left(concat({newer, sealed}), concat({change, bad, sealed, change})) == concat({bad, sealed}));
      CHECK(server_is_left(concat({newer, sealed}), concat({sealed, bad, sealed})) == concat({sealed, bad, sealed}));
    }
    const byte_vector answer = null::plain_record(22, null::handshake_message(16, null::writer()));
    CHECK(server_is_left(older, concat({answer, change, sealed})) == concat({answer, change, sealed}));
  }
}
