// SPDX-License-Identifier: BSL-1.0
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "changed_hello.hpp"
#include "conformance.hpp"

using namespace plugtls;
using namespace plugtls_test;

namespace bad_flight {

std::string record(unsigned type, const std::string& body, unsigned version = 0x0303) {
  return static_cast<char>(type) + be16(version) + vector16(body);
}
std::string alert_record(unsigned level, unsigned number) {
  return record(21, {static_cast<char>(level), static_cast<char>(number)});
}
std::string message(unsigned type) { return {static_cast<char>(type), '\0', '\0', '\0'}; }

// The records of a flight, and of the last one what there is.
std::vector<std::string> records_of(std::string_view bytes) {
  std::vector<std::string> all;
  while (!bytes.empty()) {
    std::size_t size = bytes.size();
    const auto at = [bytes](std::size_t i) { return static_cast<std::size_t>(static_cast<unsigned char>(bytes[i])); };
    if (size >= 5) size = std::min(size, 5 + (at(3) << 8 | at(4)));
    all.emplace_back(bytes.substr(0, size));
    bytes.remove_prefix(size);
  }
  return all;
}
// The type of the message that a record in the clear begins with, 99 in other records.
unsigned message_type(const std::string& record) {
  return record.size() > 5 && record[0] == 22 ? static_cast<unsigned char>(record[5]) : 99U;
}

using change = std::function<std::string(std::string record)>;

// A handshake in which what one end sends is changed record by record, and comes in pieces.
connection run_changed(tls_version v, bool of_server, const change& changed, server_settings s = server_defaults(),
                       std::size_t piece = std::size_t{1} << 20) {
  client_settings c = with_version(client_defaults(), v);
  c.identities = {client_identity()};
  connection out(c, s);
  for (int i = 0; i < 12; ++i) {
    for (const bool from_server : {false, true}) {
      auto& from = from_server ? out.server : out.client;
      auto& to = from_server ? out.client : out.server;
      from.step();
      std::string bytes(as_text(from.port.output()));
      from.port.consume_output(bytes.size());
      if (from_server == of_server) {
        std::string all;
        for (const std::string& one : records_of(bytes)) all += changed(one);
        bytes = all;
      }
      from.tap += bytes;
      for (std::size_t at = 0; at < bytes.size(); at += piece) {
        const std::string part = bytes.substr(at, piece);
        REQUIRE(to.port.feed(as_bytes(part)));
        to.step();
      }
      to.step();
    }
  }
  return out;
}

struct row {
  const char* what;
  errc why;
  alert told;
  change changed;
};

// Each ends the other end's handshake for the same reason, and by the same alert in the clear.
void are_refused(bool of_server, const std::vector<row>& rows, const server_settings& s = server_defaults()) {
  for (const row& r : rows) {
    CAPTURE(r.what);
    connection c = run_changed(tls_version::tls1_2, of_server, r.changed, s);
    auto& refuses = of_server ? c.client : c.server;
    auto& is_told = of_server ? c.server : c.client;
    CHECK(refuses.handshake_error == r.why);
    CHECK(refuses.engine.error().alert_sent == r.told);
    CHECK(is_told.engine.error().alert_received == r.told);
    CHECK_FALSE(is_told.engine.error().alert_sent.has_value());
  }
}

change before(unsigned type, const std::string& extra) {
  return [=](std::string one) { return message_type(one) == type ? extra + one : one; };
}
change without(unsigned type) {
  return [=](std::string one) { return message_type(one) == type ? std::string() : one; };
}
change with_version_of(unsigned type, char minor) {
  return [=](std::string one) {
    if (message_type(one) == type) one[2] = minor;
    return one;
  };
}

TEST_CASE("bad flight: an alert instead of a ClientHello") {
  server_settings many = server_defaults();
  many.identities.push_back(rsa_identity());
  for (const context& c : {make_server(), make_server(many)}) {
    for (const std::size_t piece : {1000U, 1U}) {
      for (const unsigned level : {2U, 3U, 0U}) {
        const auto server = fed(c, alert_record(level, 40), piece);
        CHECK(server.handshake_error == errc::alert_received);
        CHECK(server.engine.error().alert_received == alert::handshake_failure);
        CHECK(server.port.output().empty());
        CHECK_FALSE(server.engine.error().alert_sent.has_value());
      }
      const auto closed = fed(c, alert_record(1, 0), piece);
      CHECK(closed.handshake_error == errc::closed);
      CHECK(closed.port.output().empty());
      const auto canceled = fed(c, alert_record(1, 90), piece);
      CHECK(canceled.handshake_error == errc::bad_record);
      CHECK(alert_in(canceled) == static_cast<unsigned>(alert::unexpected_message));
    }
  }
}

TEST_CASE("bad flight: an alert of no known level ends the handshake by its number") {
  for (const tls_version v : versions()) {
    for (const unsigned level : {0U, 3U}) {
      bool is_done = false;
      connection c = run_changed(
          v, true, [&](std::string one) { return std::exchange(is_done, true) ? one : alert_record(level, 40) + one; });
      CHECK(c.client.handshake_error == errc::alert_received);
      CHECK(c.client.engine.error().alert_received == alert::handshake_failure);
      CHECK_FALSE(c.client.engine.error().alert_sent.has_value());
    }
  }
}

TEST_CASE("bad flight: in TLS 1.3 an alert in the clear instead of the client's answer") {
  if (!has_1_3) return;
  const auto instead = [](unsigned level, unsigned number, const std::string& before = "") {
    bool is_done = false;
    return run_changed(tls_version::tls1_3, false, [=](std::string one) mutable {
      if (message_type(one) == 1) return one;
      return std::exchange(is_done, true) ? std::string() : before + alert_record(level, number);
    });
  };
  const std::string change = record(20, "\1");
  for (const unsigned level : {0U, 1U, 2U, 3U}) {
    for (const std::string& before : {std::string(), change, change + change}) {
      CAPTURE(level, before.size());
      const connection c = instead(level, 40, before);
      CHECK(c.server.handshake_error == errc::alert_received);
      CHECK(c.server.engine.error().alert_received == alert::handshake_failure);
      CHECK_FALSE(c.server.engine.error().alert_sent.has_value());
      if (level != 2) CHECK(instead(level, 0, before).server.handshake_error == errc::closed);
    }
  }
}

TEST_CASE("bad flight: records and messages of a server that have no place in its flight") {
  const std::string again = record(22, message(2));
  are_refused(
      true,
      {{"no Certificate", errc::bad_record, alert::unexpected_message, without(11)},
       {"no ServerKeyExchange", errc::bad_record, alert::unexpected_message, without(12)},
       {"a second ServerHello", errc::bad_record, alert::unexpected_message, before(11, again)},
       {"a HelloRequest", errc::bad_record, alert::unexpected_message, before(11, record(22, message(0)))},
       {"a Finished in the clear", errc::bad_record, alert::unexpected_message, before(14, record(22, message(20)))},
       {"an empty handshake record", errc::bad_record, alert::unexpected_message, before(12, record(22, ""))},
       {"an empty first record", errc::bad_record, alert::unexpected_message, before(2, record(22, ""))},
       {"an empty alert", errc::bad_record, alert::unexpected_message, before(12, record(21, ""))},
       {"two alerts", errc::bad_record, alert::unexpected_message, before(12, record(21, "\2\50\2\50"))},
       {"an early change of ciphers", errc::bad_record, alert::unexpected_message, before(12, record(20, "\1"))},
       {"an empty change of ciphers", errc::bad_record, alert::unexpected_message, before(12, record(20, ""))},
       {"data in the clear", errc::bad_record, alert::unexpected_message, before(12, record(23, "x"))},
       {"no type", errc::bad_record, alert::unexpected_message, before(12, record(99, "x"))},
       {"a large record", errc::bad_record, alert::record_overflow, before(12, record(22, std::string(16385, 'x')))},
       {"a later version", errc::protocol_version, alert::protocol_version, with_version_of(11, 4)},
       {"an earlier version", errc::protocol_version, alert::protocol_version, with_version_of(14, 1)}});
}

TEST_CASE("bad flight: records and messages of a client that have no place in its flight") {
  const std::vector<row> rows = {
      {"no ClientKeyExchange", errc::bad_record, alert::unexpected_message, without(16)},
      {"a second ClientHello", errc::bad_record, alert::unexpected_message, before(16, record(22, message(1)))},
      {"an empty first record", errc::bad_record, alert::unexpected_message, before(1, record(22, ""))},
      {"an empty handshake record", errc::bad_record, alert::unexpected_message, before(16, record(22, ""))},
      {"an early change of ciphers", errc::bad_record, alert::unexpected_message, before(16, record(20, "\1"))},
      {"data in the clear", errc::bad_record, alert::unexpected_message, before(16, record(23, "x"))},
      {"a large record", errc::bad_record, alert::record_overflow, before(16, record(22, std::string(16385, 'x')))},
      {"a later version", errc::protocol_version, alert::protocol_version, with_version_of(16, 4)}};
  are_refused(false, rows);
  are_refused(false, rows, mutual_defaults());
  are_refused(false, {{"no Certificate", errc::bad_record, alert::unexpected_message, without(11)}}, mutual_defaults());
}

TEST_CASE("bad flight: in TLS 1.3 changes of ciphers mean nothing before the peer's Finished") {
  if (!has_1_3) return;
  server_settings asks_again = mutual_defaults();
  asks_again.groups = {named_group::secp384r1};
  for (const server_settings& s : {server_defaults(), mutual_defaults(), asks_again}) {
    for (const bool of_server : {true, false}) {
      for (const std::size_t count : {1U, 2U, 40U}) {
        for (const std::size_t piece : {1U, 7U, 100000U}) {
          CAPTURE(of_server, count, piece);
          std::string many;
          for (std::size_t i = 0; i < count; ++i) many += record(20, "\1", i % 2 == 0 ? 0x0303 : 0x0301);
          bool is_first = true;
          std::size_t changed = 0;
          connection c = run_changed(
              tls_version::tls1_3, of_server,
              [&](std::string one) {
                // A client's first ClientHello comes before any.
                if (std::exchange(is_first, false) && !of_server) return one;
                ++changed;
                return many + one;
              },
              s, piece);
          CHECK(changed > 0);
          c.connect();
          CHECK(write(c.client, "ping").status == engine_status::done);
          CHECK(write(c.server, "pong").status == engine_status::done);
          c.run();
          CHECK(c.server.incoming == "ping");
          CHECK(c.client.incoming == "pong");
        }
      }
    }
  }
}

TEST_CASE("bad flight: a change of ciphers that is not a single byte of 1, or that parts a message") {
  if (!has_1_3) return;
  for (const std::size_t piece : {1U, 100000U}) {
    for (const bool of_server : {true, false}) {
      for (const std::string& bad : {record(20, "\2"), record(20, ""), record(20, "\1\1")}) {
        CAPTURE(of_server, piece, int(bad[4]));
        bool is_first = true;
        const connection c = run_changed(
            tls_version::tls1_3, of_server,
            [&](std::string one) {
              // Before the first encrypted record, or the client's second flight.
              const bool is_here = of_server ? one[0] == 23 : message_type(one) != 1;
              return is_here && std::exchange(is_first, false) ? record(20, "\1") + bad + one : one;
            },
            server_defaults(), piece);
        const auto& refuses = of_server ? c.client : c.server;
        CHECK(refuses.handshake_error == errc::bad_record);
        // A server has keys already: the library answers.
        if (of_server) CHECK(refuses.engine.error().alert_sent == alert::unexpected_message);
      }
    }
    const connection parted = run_changed(
        tls_version::tls1_3, true,
        [](std::string one) {
          if (message_type(one) != 2) return one;
          return record(22, one.substr(5, 30)) + record(20, "\1") + record(22, one.substr(35));
        },
        server_defaults(), piece);
    CHECK(parted.client.handshake_error == errc::bad_record);
    CHECK(parted.client.engine.error().alert_sent == alert::unexpected_message);
  }
}

TEST_CASE("bad flight: a change of ciphers before a ServerHello means nothing only if that is of TLS 1.3") {
  server_settings s = with_version(server_defaults(), tls_version::tls1_2);
  client_settings both = client_defaults();
  connection c(both, s);
  c.client.step();
  carry(c.client, c.server);
  c.server.step();
  const std::string early = record(20, "\1");
  REQUIRE(c.client.port.feed(as_bytes(early)));
  c.run();
  CHECK(c.client.handshake_error == errc::bad_record);
  CHECK(c.client.engine.error().alert_sent == alert::unexpected_message);
}

TEST_CASE("bad flight: an encrypted record of TLS 1.3 names no version") {
  if (!has_1_3) return;
  for (const bool of_server : {true, false}) {
    for (const auto& [at, number] : std::vector<std::pair<std::size_t, char>>{
             {2, '\0'}, {2, '\1'}, {2, '\2'}, {2, '\4'}, {1, '\2'}, {1, '\4'}, {1, '\376'}}) {
      CAPTURE(of_server, at, int(number));
      const connection begun = run_changed(tls_version::tls1_3, of_server, [at = at, number = number](std::string one) {
        if (one[0] == 23) one[at] = number;
        return one;
      });
      CHECK((of_server ? begun.client : begun.server).handshake_error == errc::bad_record);
      connection open(with_version(client_defaults(), tls_version::tls1_3));
      open.connect();
      auto& from = of_server ? open.server : open.client;
      auto& to = of_server ? open.client : open.server;
      REQUIRE(write(from, "x").status == engine_status::done);
      std::string bytes(as_text(from.port.output()));
      bytes[at] = number;
      REQUIRE(to.port.feed(as_bytes(bytes)));
      CHECK(read(to).error == errc::bad_record);
    }
  }
}

// An open connection, and an end of it that was sent this.
endpoint<engine>& fed_open(connection& c, bool of_server, const std::string& bytes) {
  auto& to = of_server ? c.client : c.server;
  auto& from = of_server ? c.server : c.client;
  c.connect();
  REQUIRE(to.port.feed(as_bytes(bytes)));
  to.read_error = read(to).error;
  to.flush();
  carry(to, from);
  from.read();
  return to;
}

TEST_CASE("bad flight: a record that an open connection cannot read is a bad_record") {
  for (const tls_version v : versions()) {
    for (const bool of_server : {true, false}) {
      for (const std::string& bytes : {record(23, "short"), record(23, std::string(60, 'g')), record(21, {'\1', '\0'}),
                                       record(21, "\2\50"), record(22, message(0)), record(99, "x")}) {
        connection c(with_version(client_defaults(), v));
        const auto& e = fed_open(c, of_server, bytes);
        CAPTURE(name(v), of_server, int(bytes[0]), bytes.size());
        CHECK(e.read_error == errc::bad_record);
      }
    }
  }
}

TEST_CASE("bad flight: a changed record of an open connection of TLS 1.2 has one reason, and an answer is told") {
  struct changed_record {
    const char* what;
    errc why;
    alert told;
    std::size_t at;
    char bits;
  };
  for (const changed_record& r : {changed_record{"a version", errc::protocol_version, alert::protocol_version, 2, 4},
                                  {"a length", errc::bad_record, alert::record_overflow, 3, 0x7f},
                                  {"a byte", errc::bad_record, alert::bad_record_mac, 40, 1}}) {
    for (const bool of_server : {true, false}) {
      CAPTURE(r.what, of_server);
      connection c(with_version(client_defaults(), tls_version::tls1_2));
      c.connect();
      auto& from = of_server ? c.server : c.client;
      auto& to = of_server ? c.client : c.server;
      REQUIRE(write(from, std::string(100, 'x')).status == engine_status::done);
      std::string bytes(as_text(from.port.output()));
      from.port.consume_output(bytes.size());
      bytes[r.at] = static_cast<char>(bytes[r.at] ^ r.bits);
      REQUIRE(to.port.feed(as_bytes(bytes)));
      CHECK(read(to).error == r.why);
      carry(to, from);
      from.read();
      const auto sent = to.engine.error().alert_sent;
      CHECK(from.engine.error().alert_received == sent);
      if (sent) CHECK(*sent == r.told);
    }
  }
}

TEST_CASE("bad flight: an end of the stream is not answered") {
  for (const tls_version v : versions()) {
    for (const bool of_server : {true, false}) {
      connection c(with_version(client_defaults(), v));
      c.connect();
      auto& e = of_server ? c.client : c.server;
      e.port.ended = true;
      e.step();
      CHECK(e.read_error == errc::truncated);
      CHECK(e.port.output().empty());
      connection begun(with_version(client_defaults(), v));
      begun.client.step();
      carry(begun.client, begun.server);
      begun.server.step();
      begun.server.port.consume_output(begun.server.port.output().size());
      begun.server.port.ended = true;
      begun.server.step();
      CHECK(begun.server.handshake_error == errc::truncated);
      CHECK(begun.server.port.output().empty());
    }
  }
}

}  // namespace bad_flight
