// SPDX-License-Identifier: BSL-1.0
#include <plugtls/handshake_trace.hpp>
#include <plugtls/trace_json.hpp>

#include <memory>

#include "client_hello.hpp"
#include "sessions.hpp"

using namespace plugtls;
using namespace plugtls_test;

namespace early_data_tests {

constexpr std::size_t most = 3000;
using status = early_data_status;

// Two ends that have early data, and a session of theirs kept by hand.
struct early_ends : resuming {
  early_ends() : resuming(tls_version::tls1_3) {
    client.sessions = std::make_shared<session_cache>(0);
    client.replayable_early_data = true;
    server.replayable_early_data = most;
  }
};

engine_result write_early(endpoint<engine>& e, std::string_view text) {
  const engine_result r = e.engine.write_replayable_early_data(e.port, as_bytes(text).data(), text.size());
  if (r.status == engine_status::done) e.engine.flush(e.port);
  return r;
}

// Reads early data until there is no more for now, or at all.
std::string read_early(endpoint<engine>& e, engine_result* last = nullptr) {
  std::string text;
  std::byte block[700];
  for (;;) {
    const engine_result r = e.engine.read_replayable_early_data(e.port, block, sizeof block);
    if (last != nullptr) *last = r;
    if (r.status != engine_status::done || r.bytes == 0) return text;
    text.append(reinterpret_cast<const char*>(block), r.bytes);
  }
}

// Offers early data to a server that asks for it; ends with a connection that is good for more.
struct offer {
  offer(const context& client, const context& server, const session& kept, std::string_view text = "early",
        bool asks = true)
      : c(client, server, with_session(kept)) {
    written = write_early(c.client, text);
    early_sent = c.client.port.output().size();
    carry(c.client, c.server);
    if (asks) read = read_early(c.server);
    done_early = c.server.up();
    c.client.outgoing = "later";
    c.server.outgoing = "back";
    c.connect();
    CHECK(c.server.incoming == "later");
    CHECK(c.client.incoming == "back");
    CHECK(c.client.engine.early_data() == c.server.engine.early_data());
    if (asks) read += read_early(c.server);
  }
  status is() const { return c.client.engine.early_data(); }

  connection c;
  engine_result written;
  std::size_t early_sent = 0;
  std::string read;
  bool done_early = false;
};

// Whether early data is accepted, and comes whole.
void check_accepted(const context& client, const context& server, const session& kept) {
  const offer o(client, server, kept);
  CHECK(o.is() == status::accepted);
  CHECK(o.read == "early");
}

// What a server makes of a recorded flight.
struct replayed {
  replayed(const context& server, std::string_view flight) : end(engine(server)) {
    REQUIRE(end.port.feed(as_bytes(flight)));
    read = read_early(end, &last);
  }
  endpoint<engine> end;
  engine_result last;
  std::string read;
};

}  // namespace early_data_tests
using namespace early_data_tests;

TEST_CASE("rule 12: early_data") {
  early_ends s;
  if (!has<default_backend, capability::early_data>) {
    s.client.min_version = s.server.min_version = tls_version::automatic;
    s.client.max_version = s.server.max_version = tls_version::automatic;
    CHECK(refusal(s.client) == errc::unsupported);
    CHECK(refusal(s.server) == errc::unsupported);
    connection c;
    CHECK(c.client.engine.early_data_room() == 0);
    CHECK(write_early(c.client, "early").error == errc::invalid_argument);
    CHECK(read_early(c.server).empty());
    c.connect();
    CHECK(c.client.engine.early_data() == status::not_offered);
    CHECK(c.server.engine.early_data() == status::not_offered);
    return;
  }
  const context client = make_client(s.client), server = make_server(s.server);
  CHECK(client.effective().replayable_early_data == 1);
  CHECK(server.effective().replayable_early_data == most);
  CHECK(make_server().effective().replayable_early_data == 0);
  check_accepted(client, server, make_session(client, server));
}

TEST_CASE("early data: settings that contradict it are refused") {
  if (lacks<default_backend>(capability::early_data)) return;
  early_ends s;
  const auto refuses = [](auto settings, auto change) {
    change(settings);
    return refusal(settings);
  };
  CHECK(refuses(s.client, [](auto& c) { c.sessions = nullptr; }) == errc::invalid_argument);
  CHECK(refuses(s.client, [](auto& c) { c.min_version = c.max_version = tls_version::tls1_2; }) ==
        errc::invalid_argument);
  CHECK(refuses(s.server, [](auto& c) { c.tickets = nullptr; }) == errc::invalid_argument);
  CHECK(refuses(s.server, [](auto& c) { c.min_version = c.max_version = tls_version::tls1_2; }) ==
        errc::invalid_argument);
  CHECK(refuses(s.server, [](auto& c) { c.replayable_early_data = c.limit.max_handshake_size / 2 + 1; }) ==
        errc::invalid_argument);
  for (const verify_mode mode : {verify_mode::optional, verify_mode::required})
    CHECK(refuses(s.server, [&](auto& c) {
            c.verify = mode;
            c.trust = trust();
          }) == errc::invalid_argument);
}

TEST_CASE("early data: it is there before the handshake is done, and is answered then, in any chopping") {
  if (lacks<default_backend>(capability::early_data)) return;
  early_ends s;
  const context client = make_client(s.client), server = make_server(s.server);
  for (const std::size_t cap : {1U, 100U, 100000U}) {
    CAPTURE(cap);
    const session kept = make_session(client, server);
    connection c(client, server, with_session(kept));
    CHECK(c.client.engine.early_data_room() == most);
    CHECK(c.client.engine.early_data() == status::not_offered);
    const std::string text = pattern(most - 5);
    CHECK(write_early(c.client, text).bytes == text.size());
    CHECK(c.client.engine.early_data_room() == 5);
    CHECK(write_early(c.client, "again").bytes == 5);
    CHECK(c.client.engine.early_data() == status::offered);
    c.client.engine.flush(c.client.port);
    std::string came;
    while (carry(c.client, c.server, cap) != 0) came += read_early(c.server);
    CHECK(came == text + "again");
    CHECK(c.server.engine.early_data() == status::accepted);
    CHECK_FALSE(c.server.up());
    CHECK(c.server.engine.read_some(c.server.port, nullptr, 0).error == errc::invalid_argument);  // not open yet
    CHECK(write_early(c.server, "an answer").bytes == 9);
    CHECK(write_early(c.server, ", and more").bytes == 10);
    c.client.outgoing = "later";
    c.run(cap);
    REQUIRE(c.client.up());
    REQUIRE(c.server.up());
    CHECK(c.client.engine.early_data() == status::accepted);
    CHECK(c.client.incoming == "an answer, and more");
    CHECK(c.server.incoming == "later");
    CHECK(read_early(c.server).empty());
    CHECK(write_early(c.server, ", and the end").bytes == 13);
    c.run(cap);
    CHECK(c.client.incoming == "an answer, and more, and the end");
    CHECK(c.client.engine.resumed());
    CHECK(c.client.engine.early_data_room() == 0);
    const connection_statistics sent = c.client.engine.statistics(), got = c.server.engine.statistics();
    CHECK(sent.early_bytes_written == most);
    CHECK(sent.bytes_written == 5);
    CHECK(got.early_bytes_read == most);
    CHECK(got.bytes_read == 5);
    CHECK(got.early_bytes_written == 19);
    // The session of such a connection allows it too.
    CHECK(offer(client, server, c.client.engine.session()).is() == status::accepted);
  }
}

TEST_CASE("early data: what was accepted and not read stays apart from what comes later") {
  if (lacks<default_backend>(capability::early_data)) return;
  early_ends s;
  const context client = make_client(s.client), server = make_server(s.server);
  connection c(client, server, with_session(make_session(client, server)));
  CHECK(write_early(c.client, "early bytes").bytes == 11);
  carry(c.client, c.server);
  std::byte block[5];
  CHECK(c.server.engine.read_replayable_early_data(c.server.port, block, sizeof block).bytes == 5);
  c.client.outgoing = "later";
  c.connect();
  CHECK(c.server.incoming == "later");
  CHECK(read_early(c.server) == " bytes");
  CHECK(c.server.engine.statistics().early_bytes_read == 11);
}

TEST_CASE("early data: a server that does not ask for it rejects it, and nobody sends it again") {
  if (lacks<default_backend>(capability::early_data)) return;
  early_ends s;
  const context client = make_client(s.client), server = make_server(s.server);
  const offer o(client, server, make_session(client, server), pattern(most), false);
  CHECK(o.is() == status::rejected);
  CHECK(o.c.server.engine.resumed());
  CHECK(o.c.server.engine.statistics().early_bytes_read == 0);
  connection late(client, server, with_session(make_session(client, server)));
  CHECK(write_early(late.client, "early").bytes == 5);
  CHECK(late.server.engine.handshake(late.server.port).status == engine_status::want_read);
  carry(late.client, late.server);
  CHECK(read_early(late.server).empty());  // asked too late
  late.connect();
  CHECK(late.client.engine.early_data() == status::rejected);
}

TEST_CASE("early data: rejected where server or policy have changed, and the handshake goes on") {
  if (lacks<default_backend>(capability::early_data)) return;
  early_ends s;
  s.client.alpn = {"h2", "http/1.1"};
  s.server.alpn = {"h2"};
  const context client = make_client(s.client), server = make_server(s.server);
  const auto meets = [&](const char* what, bool resumes, auto change) {
    CAPTURE(what);
    server_settings other = s.server;
    change(other);
    for (const bool asks : {true, false}) {
      const offer o(client, make_server(other), make_session(client, server), pattern(most), asks);
      CHECK(o.written.bytes == most);
      CHECK(o.is() == status::rejected);
      CHECK(o.read.empty());
      CHECK(o.c.client.engine.resumed() == resumes);
    }
  };
  meets("off", true, [](server_settings& o) { o.replayable_early_data = 0; });
  meets("less", true, [](server_settings& o) { o.replayable_early_data = most - 1; });
  meets("no tickets", false, [](server_settings& o) { o.tickets = nullptr, o.replayable_early_data = 0; });
  meets("other keys", false, [](server_settings& o) { o.tickets = std::make_shared<ticket_keys>(); });
  meets("ALPN", false, [](server_settings& o) { o.alpn = {"http/1.1"}; });
  meets("identity", false, [](server_settings& o) { o.identities = {rsa_identity()}; });
  meets("suite", false, [](server_settings& o) { o.cipher_suites = {cipher_suite::chacha20_poly1305_sha256}; });
  meets("HelloRetryRequest, other policy", false, [](server_settings& o) { o.groups = {named_group::secp384r1}; });
  const offer again(client, server, make_session(client, server));
  CHECK(again.is() == status::accepted);
}

TEST_CASE("early data: a HelloRetryRequest rejects it, and resumes all the same") {
  if (lacks<default_backend>(capability::early_data)) return;
  early_ends s;
  s.server.groups = {named_group::secp384r1};
  const context client = make_client(s.client), server = make_server(s.server);
  for (const bool asks : {true, false}) {
    const offer o(client, server, make_session(client, server), pattern(most), asks);
    CHECK(o.is() == status::rejected);
    CHECK(o.read.empty());
    CHECK(o.c.client.engine.resumed());
    CHECK(o.c.server.engine.resumed());
    CHECK(o.c.server.engine.group() == named_group::secp384r1);
  }
}

TEST_CASE("early data: a server of several identities chooses before") {
  if (lacks<default_backend>(capability::early_data)) return;
  early_ends s;
  s.server.identities = {rsa_identity(), server_identity()};
  const context client = make_client(s.client), server = make_server(s.server);
  check_accepted(client, server, make_session(client, server));
}

TEST_CASE("early data: more than the ticket allows is refused before a byte is sent") {
  if (lacks<default_backend>(capability::early_data)) return;
  early_ends s;
  const context client = make_client(s.client), server = make_server(s.server);
  connection c(client, server, with_session(make_session(client, server)));
  CHECK(write_early(c.client, pattern(most + 1)).error == errc::too_long);
  CHECK(c.client.engine.early_data() == status::not_offered);
  CHECK_FALSE(c.client.engine.has_output());
  CHECK(c.client.port.output().empty());
  CHECK(write_early(c.client, pattern(most)).bytes == most);
  CHECK(write_early(c.client, "x").error == errc::too_long);
  carry(c.client, c.server);
  CHECK(read_early(c.server) == pattern(most));
  c.connect();
  CHECK(c.client.engine.early_data() == status::accepted);
  // Records are as small as they are asked to be.
  s.client.limit.max_record_size = 512;
  const context small = make_client(s.client);
  const offer o(small, server, make_session(small, server), pattern(most));
  CHECK(o.read == pattern(most));
  CHECK(o.early_sent > most + 6 * 22);
}

TEST_CASE("early data: none is sent without a session that allows it, here and now") {
  if (lacks<default_backend>(capability::early_data)) return;
  early_ends s;
  s.client.alpn = s.server.alpn = {"h2"};
  auto now = std::make_shared<unix_time>(system_now());
  s.client.clock = [now] { return *now; };
  const context client = make_client(s.client), server = make_server(s.server);
  const session kept = make_session(client, server);
  const auto sends = [&](const context& from, const context& to, peer_options peer) {
    connection c(from, to, std::move(peer));
    const std::size_t room = c.client.engine.early_data_room();
    const engine_result r = write_early(c.client, "early");
    CHECK(r.status == engine_status::done);
    CHECK((room != 0) == (r.bytes != 0));
    if (r.bytes == 0) {
      CHECK(c.client.port.output().empty());
      CHECK(c.client.engine.early_data() == status::not_offered);
      c.client.outgoing = "goes on";
      c.run();
      if (c.client.up()) CHECK(c.server.incoming == "goes on");
      CHECK(c.server.engine.early_data() == status::not_offered);
    }
    return r.bytes != 0;
  };
  CHECK(sends(client, server, with_session(kept)));
  CHECK_FALSE(sends(client, server, server_name));
  CHECK_FALSE(sends(client, server, with_session(kept, "www.plugtls.test")));
  peer_options other_sni = with_session(kept);
  other_sni.server_name = "other.test";
  CHECK_FALSE(sends(client, server, other_sni));
  client_settings other = s.client;
  other.alpn = {"http/1.1", "h2"};
  CHECK_FALSE(sends(make_client(other), server, with_session(kept)));
  other = s.client;
  other.floors.rsa_bits = 3072;
  CHECK_FALSE(sends(make_client(other), server, with_session(kept)));
  // The server's certificate has expired meanwhile.
  *now = kept.peer_chain().front().not_after() + 1;
  CHECK_FALSE(sends(client, server, with_session(kept)));
  *now = system_now();
  server_settings off = s.server;
  off.replayable_early_data = 0;
  const context none = make_server(off);
  CHECK_FALSE(sends(client, none, with_session(make_session(client, none))));
  CHECK_FALSE(sends(client, server, with_session(make_session(client, none))));
  // A cache gives each session once.
  s.client.sessions = std::make_shared<session_cache>();
  const context cached = make_client(s.client);
  make_session(cached, server);
  CHECK(s.client.sessions->size() == 1);
  CHECK(sends(cached, server, server_name));
  CHECK_FALSE(sends(cached, server, server_name));
}

TEST_CASE("early data: calls out of turn are refused, and the connection goes on") {
  if (lacks<default_backend>(capability::early_data)) return;
  early_ends s;
  const context client = make_client(s.client), server = make_server(s.server);
  CHECK(engine().early_data() == status::not_offered);
  buffer_port nowhere;
  std::byte one{};
  CHECK(engine().read_replayable_early_data(nowhere, &one, 1).error == errc::invalid_argument);
  CHECK(engine().write_replayable_early_data(nowhere, &one, 1).error == errc::invalid_argument);
  const session kept = make_session(client, server);
  connection c(client, server, with_session(kept));
  CHECK(write_early(c.server, "x").error == errc::invalid_argument);  // it has accepted none
  CHECK(c.client.engine.read_replayable_early_data(c.client.port, &one, 1).error == errc::invalid_argument);
  CHECK(c.client.engine.handshake(c.client.port).status == engine_status::want_read);
  CHECK(write_early(c.client, "x").error == errc::invalid_argument);  // too late
  c.connect();
  CHECK(write_early(c.client, "x").error == errc::invalid_argument);
  CHECK(write_early(c.server, "x").error == errc::invalid_argument);
  CHECK(read_early(c.server).empty());
  CHECK(c.client.engine.early_data() == status::not_offered);
  c.client.outgoing = "still there";
  c.run();
  CHECK(c.server.incoming == "still there");
  connection off(make_client(resuming(tls_version::tls1_3).client), server);
  CHECK(write_early(off.client, "x").error == errc::invalid_argument);
  off.connect();
}

TEST_CASE("early data: a flight that is sent a second time is rejected") {
  if (lacks<default_backend>(capability::early_data)) return;
  early_ends s;
  const context client = make_client(s.client), server = make_server(s.server), reloaded = make_server(s.server);
  for (const context* second : {&server, &reloaded}) {  // contexts that share their keys share the memory
    const session kept = make_session(client, server);
    offer o(client, server, kept, "GET /pay");
    CHECK(o.read == "GET /pay");
    const std::string flight = o.c.client.tap.substr(0, o.early_sent);
    for (int i = 0; i < 2; ++i) {
      replayed r(*second, flight);
      CHECK(r.read.empty());
      CHECK(r.end.engine.early_data() == status::rejected);
      CHECK(r.last.status == engine_status::done);                                   // "there is none"
      CHECK(r.end.engine.handshake(r.end.port).status == engine_status::want_read);  // for what the attacker has not
      CHECK_FALSE(r.end.up());
    }
    // The same ticket in a new flight: no early data, but a connection.
    const offer again(client, *second, kept, "GET /pay");
    CHECK(again.is() == status::rejected);
    CHECK(again.c.client.engine.resumed());
  }
  // A flight that the right server never saw is good once, and no more.
  connection cut_off(client, server, with_session(make_session(client, server)));
  CHECK(write_early(cut_off.client, "GET /").bytes == 5);
  const std::string flight(as_text(cut_off.client.port.output()));
  CHECK(replayed(server, flight).read == "GET /");
  CHECK(replayed(server, flight).read.empty());
}

TEST_CASE("early data: keys from elsewhere, whose tickets may have been used, give none at first") {
  if (lacks<default_backend>(capability::early_data)) return;
  early_ends s;
  const auto keys = std::make_shared<ticket_keys>();
  s.server.tickets = keys;
  const context client = make_client(s.client), server = make_server(s.server);
  const session kept = make_session(client, server);
  errc e = errc::success;
  s.server.tickets = ticket_keys::from_bytes(keys->to_bytes().bytes(), e);
  REQUIRE(e == errc::success);
  const offer o(client, make_server(s.server), kept);
  CHECK(o.is() == status::rejected);
  CHECK(o.c.client.engine.resumed());
}

TEST_CASE("early data: bytes that were changed on their way are never read") {
  if (lacks<default_backend>(capability::early_data)) return;
  early_ends s;
  const context client = make_client(s.client), server = make_server(s.server);
  connection c(client, server, with_session(make_session(client, server)));
  CHECK(write_early(c.client, "early data").bytes == 10);
  const std::string flight(as_text(c.client.port.output()));
  const std::size_t record = flight.size() - 10 - 22;
  REQUIRE(flight.at(record) == '\x17');
  // Only one of these flights could have its early data taken: the others are tried with a session each.
  for (std::size_t at = record; at < flight.size(); at += 3) {
    CAPTURE(at - record);
    connection fresh(client, server, with_session(make_session(client, server)));
    CHECK(write_early(fresh.client, "early data").bytes == 10);
    std::string changed(as_text(fresh.client.port.output()));
    changed.at(at) = static_cast<char>(changed.at(at) ^ 0x41);
    replayed r(server, changed);
    CHECK(r.read.empty());
    if (r.last.status == engine_status::failed) {
      CHECK((r.last.error == errc::bad_record || r.last.error == errc::protocol_version ||
             r.last.error == errc::handshake_failed));
      CHECK(r.end.engine.error().alert_sent);
    } else {
      CHECK(at - record < 5);  // a longer record, of which the rest is awaited
    }
  }
  // The hello: no ticket, no early data.
  for (std::size_t at = 50; at < record; at += 37) {
    CAPTURE(at);
    std::string changed = flight;
    changed.at(at) = static_cast<char>(changed.at(at) ^ 0x41);
    CHECK(replayed(server, changed).read.empty());
  }
  CHECK(replayed(server, flight).read == "early data");
}

TEST_CASE("early data: a flight that is cut off is a truncated handshake") {
  if (lacks<default_backend>(capability::early_data)) return;
  early_ends s;
  const context client = make_client(s.client), server = make_server(s.server);
  connection c(client, server, with_session(make_session(client, server)));
  CHECK(write_early(c.client, "early data").bytes == 10);
  cut(c.client, c.server);
  engine_result last;
  CHECK(read_early(c.server, &last) == "early data");
  CHECK(last.error == errc::truncated);
  CHECK_FALSE(c.server.up());
  CHECK(c.server.engine.handshake(c.server.port).error == errc::truncated);
}

TEST_CASE("early data: a server that has gone over to TLS 1.2 ends the connection, and the session is not used again") {
  if (lacks<default_backend>(capability::early_data)) return;
  early_ends s;
  s.client.min_version = s.server.min_version = tls_version::tls1_2;
  s.client.sessions = std::make_shared<session_cache>();
  const context client = make_client(s.client), server = make_server(s.server);
  make_session(client, server);
  server_settings old = with_version(s.server, tls_version::tls1_2);
  old.replayable_early_data = 0;
  const context only_old = make_server(old);
  connection c(client, only_old);  // RFC 8446 §D.3: no way to go on
  CHECK(write_early(c.client, "early").bytes == 5);
  c.run();
  CHECK_FALSE(c.client.up());
  CHECK(c.server.incoming.empty());
  CHECK(c.client.engine.early_data() == status::offered);  // nobody has said what became of it
  connection again(client, only_old);
  CHECK(write_early(again.client, "early").bytes == 0);
  again.connect();
}

TEST_CASE("early data: a transport that is full takes it bit by bit") {
  if (lacks<default_backend>(capability::early_data)) return;
  early_ends s;
  const context client = make_client(s.client), server = make_server(s.server);
  for (const std::size_t room : {1U, 60U, 1000U}) {
    CAPTURE(room);
    connection c(client, server, with_session(make_session(client, server)));
    c.client.port.limit = c.server.port.limit = room;
    CHECK(write_early(c.client, pattern(1500)).bytes == 1500);
    CHECK(c.client.engine.has_output());
    CHECK(write_early(c.client, "more").status == engine_status::want_write);
    std::string came;
    bool is_more_sent = false, is_answered = false;
    for (int i = 0; i < 20000 && !(c.client.up() && c.server.up()); ++i) {
      c.client.engine.flush(c.client.port);
      if (!is_more_sent) is_more_sent = write_early(c.client, "more").bytes == 4;
      if (is_more_sent) c.client.step();
      carry(c.client, c.server);
      came += read_early(c.server);
      if (came.size() == 1504 && !is_answered) is_answered = write_early(c.server, "answer").bytes == 6;
      c.server.engine.flush(c.server.port);
      if (is_answered) c.server.step();
      carry(c.server, c.client);
    }
    CHECK(came == pattern(1500) + "more");
    c.client.outgoing = "later";
    c.connect();
    CHECK(c.client.engine.early_data() == status::accepted);
    CHECK(c.client.incoming == "answer");
    CHECK(c.server.incoming == "later");
  }
}

TEST_CASE("early data: a trace tells what became of it") {
  if (lacks<default_backend>(capability::early_data)) return;
  early_ends s;
  const context client = make_client(s.client), server = make_server(s.server);
  connection c(client, server, with_session(make_session(client, server)));
  handshake_trace trace;
  c.client.engine.tap(&trace);
  CHECK(write_early(c.client, "early").bytes == 5);
  carry(c.client, c.server);
  CHECK(read_early(c.server) == "early");
  c.connect();
  std::size_t before_answer = 0;
  for (const trace_event& e : trace.events()) {
    if (!e.is_sent) break;
    before_answer += e.is_encrypted ? 1 : 0;
  }
  CHECK(before_answer == 1);
  const std::string json = to_json(trace, c.client.engine);
  CHECK(json.find("\"early_data\":\"accepted\"") != std::string::npos);
  CHECK(json.find("\"early_bytes_written\":5") != std::string::npos);
}

TEST_CASE("early data: streams") {
  if (lacks<default_backend>(capability::early_data)) return;
  early_ends s;
  const context client = make_client(s.client), server = make_server(s.server);
  for (const bool answers : {true, false}) {
    auto ends = make_memory_pipe();
    stream<memory_pipe, default_backend> c(client, std::move(ends.first), with_session(make_session(client, server)));
    stream<memory_pipe, default_backend> d(server, std::move(ends.second));
    c.non_blocking(true);
    d.non_blocking(true);
    std::error_code ec;
    CHECK(c.write_replayable_early_data(pattern(most + 1), ec) == 0);
    CHECK(ec == errc::too_long);
    CHECK(c.error().detail.find(std::to_string(most)) != std::string::npos);
    CHECK(c.write_replayable_early_data("request", ec) == 7);
    CHECK(!ec);
    c.flush(ec);
    char block[100];
    if (answers) {
      CHECK(d.read_replayable_early_data(block, ec) == 7);
      CHECK(std::string_view(block, 7) == "request");
      CHECK(d.write_replayable_early_data("answer", ec) == 6);
      CHECK(!ec);
      d.flush(ec);
    }
    std::error_code other;
    for (int i = 0; i < 5; ++i) {
      c.handshake(ec);
      d.handshake(other);
    }
    CHECK(!ec);
    CHECK(!other);
    CHECK((c.early_data() == status::accepted) == answers);
    if (!answers) CHECK(c.write("request", ec) == 7);
    CHECK(d.read_replayable_early_data(block, ec) == 0);
    CHECK(!ec);
    if (answers) {
      CHECK(c.read_some(block, ec) == 6);
      CHECK(std::string_view(block, 6) == "answer");
    } else {
      CHECK(d.read_some(block, ec) == 7);
    }
    CHECK(c.write_replayable_early_data("request", ec) == 0);
    CHECK(ec == errc::invalid_argument);
    CHECK_FALSE(c.error().detail.empty());
  }
}
