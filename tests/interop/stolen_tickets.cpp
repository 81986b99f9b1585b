// SPDX-License-Identifier: BSL-1.0
#include "native/ticket_thief.hpp"
#include "plugtls/session_id_cache.hpp"
#include "plugtls/ticket_keys.hpp"
#include "support/any_pair.hpp"

using namespace plugtls;
using namespace plugtls_test;

// Tickets pass in the clear, and so do the ids of sessions: whoever sees one can show it. Without its secret that must
// lead nowhere.

namespace {

struct visit {
  bool connected = false, resumed = false;
  std::size_t certificates = 0;
  std::string ticket = {}, session = {};
};

visit pay_visit(const any_context& server, const ticket_thief::plan& plan) {
  ticket_thief thief(plan);
  endpoint<any_engine> end{any_engine(server)};
  for (int i = 0; i < 12; ++i) {
    const byte_view answer = end.port.output();
    const std::string sent = thief.step(as_text(answer));
    end.port.consume_output(answer.size());
    REQUIRE(end.port.feed(as_bytes(sent)));
    end.step();
  }
  INFO("server: " << explain(end.engine.error()));
  return {thief.up() && end.up(), end.engine.resumed(), end.engine.peer_chain().size(), thief.ticket(),
          thief.session()};
}

server_settings asking(tls_version min, tls_version max) {
  server_settings s = mutual_defaults();
  s.verify = verify_mode::optional;
  s.tickets = std::make_shared<ticket_keys>();
  s.min_version = min;
  s.max_version = max;
  return s;
}

}  // namespace

TEST_CASE("a stolen ticket, shown without its secret, makes nobody somebody else") {
  for (const backend_entry& b : registered_backends()) {
    if (!b.capabilities.has(capability::client_auth_resumption)) continue;
    for (const tls_version v : versions_of(b)) {
      CAPTURE(b.name, name(v));
      const any_context server = make_server(b, asking(tls_version::tls1_2, versions_of(b).back()));
      const visit victim = pay_visit(server, {.version = v, .has_certificate = true});
      REQUIRE(victim.connected);
      CHECK(victim.certificates == 2);
      REQUIRE_FALSE(victim.ticket.empty());
      const visit back = pay_visit(server, {.version = v, .session = victim.session});
      CHECK(back.resumed);
      CHECK(back.certificates == 2);

      for (const tls_version shown_in : versions_of(b)) {
        for (const bool other_hash : {false, true}) {
          CAPTURE(name(shown_in), other_hash);
          const bool is_old = shown_in == tls_version::tls1_2;
          const visit theft = pay_visit(server, {.version = shown_in,
                                                 .takes_sha384 = other_hash,
                                                 .shown_ticket = is_old ? victim.ticket : "",
                                                 .shown_identity = is_old ? "" : victim.ticket});
          CHECK_FALSE(theft.resumed);
          CHECK(theft.certificates == 0);
          // Whatever it was given in return is its own, and says of it that it is nobody.
          if (!theft.connected || theft.session.empty()) continue;
          const visit later =
              pay_visit(server, {.version = shown_in, .takes_sha384 = other_hash, .session = theft.session});
          CHECK(later.connected);
          CHECK(later.certificates == 0);
        }
      }
    }
  }
}

TEST_CASE("a stolen session id, shown without its secret, makes nobody somebody else, and ends the session") {
  for (const backend_entry& b : registered_backends()) {
    if (!b.capabilities.has(capability::session_ids)) continue;
    for (const bool beside_tickets : {false, true}) {
      if (beside_tickets && !b.capabilities.has(capability::client_auth_resumption)) continue;
      CAPTURE(b.name, beside_tickets);
      server_settings s = asking(tls_version::tls1_2, versions_of(b).back());
      if (!beside_tickets) s.tickets = {};
      const auto memory = std::make_shared<session_id_cache>();
      s.session_ids = memory;
      const any_context server = make_server(b, s);
      const visit victim = pay_visit(server, {.has_certificate = true, .knows_tickets = false});
      REQUIRE(victim.connected);
      CHECK(victim.certificates == 2);
      CHECK(victim.ticket.empty());
      REQUIRE_FALSE(victim.session.empty());
      CHECK(memory->size() == 1);
      const visit back = pay_visit(server, {.session = victim.session, .knows_tickets = false});
      CHECK(back.resumed);
      CHECK(back.certificates == 2);

      // In the newer version an id means nothing.
      if (versions_of(b).size() == 2) {
        const visit newer = pay_visit(
            server, {.session = victim.session, .has_lost_secret = true, .knows_tickets = false, .offers_newer = true});
        CHECK_FALSE(newer.resumed);
        CHECK(newer.certificates == 0);
      }
      // Nor where clients that know of tickets are given those.
      const visit knowing = pay_visit(server, {.session = victim.session});
      CHECK(knowing.resumed == !beside_tickets);
      CHECK(memory->size() == 1);

      const visit theft =
          pay_visit(server, {.session = victim.session, .has_lost_secret = true, .knows_tickets = false});
      CHECK_FALSE(theft.connected);
      CHECK_FALSE(theft.resumed);
      CHECK(theft.certificates == 0);
      CHECK(memory->size() == 0);
      const visit later = pay_visit(server, {.session = victim.session, .knows_tickets = false});
      CHECK(later.connected);
      CHECK_FALSE(later.resumed);
      CHECK(later.certificates == 0);
      // What it was given instead is its own, and says of it that it is nobody.
      const visit nobody = pay_visit(server, {.session = later.session, .knows_tickets = false});
      CHECK(nobody.resumed);
      CHECK(nobody.certificates == 0);
    }
  }
}
