// SPDX-License-Identifier: BSL-1.0
#include "changed_hello.hpp"
#include "conformance.hpp"
#include "other_server.hpp"

using namespace plugtls;
using namespace plugtls_test;

namespace bad_hello {

// Each rule must hold with and without a choice to be made.
std::vector<context> servers() {
  server_settings one = server_defaults();
  server_settings many = one;
  many.names = {{"other.plugtls.test", {other_identity()}}};
  server_settings strict = many;
  strict.unknown_name = unknown_name_policy::refuse;
  return {make_server(one), make_server(many), make_server(strict)};
}

void is_refused(const std::string& flight, errc why, alert what) {
  for (const context& c : servers()) {
    for (const std::size_t piece : {1000000U, 1U}) {
      const auto server = fed(c, flight, piece);
      CHECK(server.handshake_error == why);
      CHECK(alert_in(server) == static_cast<unsigned>(what));
      CHECK(server.engine.error().alert_sent == what);
    }
  }
}

// A name that is none, and breaks no rule of the message, is one that nobody serves.
void is_unknown(const std::string& flight, const std::string& asked) {
  const auto all = servers();
  for (const std::size_t i : {0U, 1U}) {
    const auto server = fed(all[i], flight);
    CHECK(server.handshake_error == errc::success);
    CHECK(server.port.output().size() > 500);
    CHECK(server.engine.server_name() == asked);
  }
  const auto strict = fed(all[2], flight);
  CHECK(strict.handshake_error == errc::unrecognized_name);
  CHECK(alert_in(strict) == 112);
  CHECK(strict.engine.server_name() == asked);
}

TEST_CASE("bad server names: lists that break the syntax") {
  for (const tls_version v : versions()) {
    const client_settings s = with_version(client_defaults(), v);
    const std::string host = name_entry("plugtls.test");
    for (const std::string& content :
         {std::string(), be16(0), vector16(name_entry("")), vector16(host + host),
          vector16(host + name_entry("x.test")), vector16(host + name_entry("x", '\1')),
          vector16(name_entry("plugtls.test", '\1')), vector16(host) + "x", be16(host.size() + 1) + host,
          be16(host.size() - 1) + host, vector16(host + "x"), vector16("\0\0"), std::string("\0", 1)}) {
      is_refused(hello_with_names(s, content), errc::bad_record, alert::decode_error);
    }
    hello_parts twice(first_flight(make_client(s)));
    twice.with(0, vector16(name_entry("other.plugtls.test")));
    is_refused(in_records(twice.message()), errc::bad_record, alert::decode_error);
  }
}

TEST_CASE("bad server names: a NUL, and more than 255 bytes") {
  for (const tls_version v : versions()) {
    const client_settings s = with_version(client_defaults(), v);
    for (const std::string& host : {std::string("plugtls.test\0", 13), std::string("other.plugtls.test\0.x", 21),
                                    std::string("\0", 1), std::string(256, 'a'), std::string(10000, 'a')})
      is_refused(hello_for(s, host), errc::unrecognized_name, alert::unrecognized_name);
  }
}

TEST_CASE("bad server names: what is no host name is served by nobody, and breaks nothing") {
  for (const tls_version v : versions()) {
    const client_settings s = with_version(client_defaults(), v);
    for (const std::string& host :
         {std::string(255, 'a'), std::string("127.0.0.1"), std::string("::1"), std::string("[::1]"), std::string("*"),
          std::string("*.wild.plugtls.test"), std::string("a b"), std::string("other.plugtls.test:443"),
          std::string("\xff\xfe"), std::string("'\"<>&\n"), std::string(".")})
      is_unknown(hello_for(s, host), host);
  }
}

TEST_CASE("bad server names: another one in the second hello") {
  if (lacks<default_backend>(capability::tls1_3)) return;
  const client_settings s = with_version(client_defaults(), tls_version::tls1_3);
  server_settings retrying = server_defaults();
  retrying.groups = {named_group::secp384r1};
  server_settings choosing = retrying;
  choosing.names = {{"other.plugtls.test", {other_identity()}}};
  for (const context& c : {make_server(retrying), make_server(choosing)}) {
    auto server = fed(c, first_flight(make_client(s)));
    REQUIRE(server.handshake_error == errc::success);
    REQUIRE(server.port.output().size() > 50);  // HelloRetryRequest
    std::string second = hello_for(s, "other.plugtls.test");
    second[2] = '\3';  // the version of every record but the first
    REQUIRE(server.port.feed(as_bytes(second)));
    server.step();
    CHECK(server.handshake_error == errc::bad_record);
    CHECK(alert_in(server) == static_cast<unsigned>(alert::illegal_parameter));
    CHECK(server.engine.server_name() == server_name);
  }
}

TEST_CASE("bad hello: split over records and pieces, it is read all the same") {
  for (const tls_version v : versions()) {
    const client_settings s = with_version(client_defaults(), v);
    for (const std::size_t record : {3000U, 100U, 20U}) {
      const std::string message = hello_parts(first_flight(make_client(s))).message();
      const bool may_be_refused = message.size() > record && !has<default_backend, capability::large_handshake_message>;
      for (const context& c : {servers()[0], servers()[1]}) {
        const auto server = fed(c, in_records(message, record), 3);
        const bool goes_on = server.handshake_error == errc::success && server.port.output().size() > 500;
        if (goes_on) CHECK(server.engine.server_name() == server_name);
        if (!goes_on) CHECK(may_be_refused);
      }
    }
  }
}

TEST_CASE("bad hello: larger than the limit, or than a record may be") {
  const client_settings s = client_defaults();
  server_settings small = server_defaults();
  small.names = {{"other.plugtls.test", {other_identity()}}};
  small.limit.max_handshake_size = 4096;
  const std::string padded = hello_parts(first_flight(make_client(s))).with(21, std::string(5000, '\0')).message();
  CHECK(fed(make_server(small), in_records(padded)).handshake_error == errc::handshake_too_large);
  CHECK(fed(make_server(small), in_records(padded), 1).handshake_error == errc::handshake_too_large);
  small.limit.max_handshake_size = 131072;
  const auto over = fed(make_server(small), std::string("\x16\x03\x01\x40\x01\x01", 6));
  CHECK(over.handshake_error == errc::bad_record);
  CHECK(alert_in(over) == static_cast<unsigned>(alert::record_overflow));
}

TEST_CASE("bad hello: what comes instead of it") {
  server_settings many = server_defaults();
  many.identities.push_back(rsa_identity());
  const context c = make_server(many);
  const auto ends = [&](std::string_view bytes, errc why, unsigned sent) {
    for (const std::size_t piece : {1000U, 1U}) {
      const auto server = fed(c, bytes, piece);
      CHECK(server.handshake_error == why);
      CHECK(alert_in(server) == sent);
    }
  };
  const std::string hello = first_flight(make_client());
  ends({"\x15\x03\x01\0\x02\x02\x28", 7}, errc::alert_received, 0);
  ends({"\x15\x03\x01\0\x02\x01\0", 7}, errc::closed, 0);
  ends(std::string("\x15\x03\x01\0\x02\x01\x5a", 7) + hello, errc::bad_record, 10);  // a warning
  ends(std::string("\x16\x03\x01\0\0", 5) + hello, errc::bad_record, 10);            // an empty record
  ends(std::string("\x14\x03\x01\0\x01\x01", 6) + hello, errc::bad_record, 10);
  ends(std::string("\x17\x03\x03\0\x01x", 6) + hello, errc::bad_record, 10);
  ends(std::string("\x16\x03\x01\0\x04\x02\0\0\0", 9) + hello, errc::bad_record, 10);  // a ServerHello
  ends({"\x16\x03\x01\0\x04\x01\0\0\0", 9}, errc::bad_record, 50);                     // a hello of nothing
  ends("GET / HTTP/1.1\r\n", errc::not_tls, 0);
  endpoint<engine> server{engine(c)};
  REQUIRE(server.port.feed(as_bytes(std::string_view(hello).substr(0, 100))));
  server.step();
  server.port.ended = true;
  server.step();
  CHECK(server.handshake_error == errc::truncated);
}

TEST_CASE("bad hello: every beginning of it, and every byte changed, ends without harm") {
  server_settings many = server_defaults();
  many.names = {{"other.plugtls.test", {other_identity()}}};
  const context c = make_server(many);
  const std::string hello = first_flight(make_client());
  for (std::size_t i = 0; i < hello.size(); ++i) {
    auto cut_off = fed(c, std::string_view(hello).substr(0, i));
    CHECK(cut_off.handshake_error == errc::success);
    std::string changed = hello;
    changed[i] = static_cast<char>(changed[i] ^ 0xff);
    auto server = fed(c, changed);
    server.port.ended = true;
    server.step();
    CHECK_FALSE(server.up());
  }
}

}  // namespace bad_hello
