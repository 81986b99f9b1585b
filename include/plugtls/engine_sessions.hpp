// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstdint>
#include <string>
#include <utility>

#include "plugtls/chain_verdict.hpp"
#include "plugtls/concepts.hpp"
#include "plugtls/detail/session_envelope.hpp"
#include "plugtls/engine_result.hpp"
#include "plugtls/session.hpp"
#include "plugtls/session_cache.hpp"

/// What an engine does about sessions: offering, telling whether one is resumed, keeping. `State` is `engine_state`.
namespace plugtls::detail {

// Whether a session was made in this very situation.
template <class State>
bool fits_session(const State& self, const session_envelope& s) noexcept {
  const context_plan& plan = self.context.plan();
  return s.backend == State::backend_type::name && s.peer_name == *self.peer && s.server_name == self.sni &&
         s.alpn == plan.alpn && s.policy == plan.policy;
}

// Gives an offer up, for good.
template <class State>
errc drop_offer(State& self) {
  if (self.context.plan().sessions) self.context.plan().sessions->drop(*self.offered);
  self.offered.reset();
  return errc::success;
}

template <class Native>
errc offer_native(Native& native, const session_envelope& s) {
  if constexpr (requires { native.offer(*s.held); })
    if (s.held) return native.offer(*s.held);
  return native.offer(s.native.bytes());
}

// Offers a session, where there is one that fits. Fails where one was given that could never be used.
template <class State>
errc offer_session(State& self, const session& asked) {
  const context_plan& plan = self.context.plan();
  const bool is_asked = !asked.empty();
  if (is_asked && (plan.own == role::server || !plan.sessions))
    return self.make_error().set(errc::invalid_argument,
                                 plan.own == role::server
                                     ? "a server offers no session"
                                     : "a session is to be resumed, and the context has no client_settings::sessions");
  if (!plan.sessions) return errc::success;
  const unix_time now = system_now();
  if (is_asked)
    self.offered.make() = asked;
  else if (plan.sessions->capacity() != 0) {
    session found = plan.sessions->take([&](const session_envelope& s) { return fits_session(self, s); }, now);
    if (!found.empty()) self.offered.make() = std::move(found);
  }
  if (self.offered->empty()) return errc::success;
  const session_envelope& s = self.offered->envelope();
  if (is_asked && (s.backend != State::backend_type::name || s.format != State::backend_type::session_format())) {
    return self.make_error().set(
        errc::bad_session, "the session is of " + s.format + ", and this is " + State::backend_type::session_format());
  }
  // A little ahead is the clock of another machine.
  const bool is_timely = now < s.expires() && s.created < now + 60;
  const bool narrows =
      s.version < plan.max_version && !has<typename State::backend_type, capability::older_version_session>;
  if (!is_timely || narrows || !fits_session(self, s) || !self.verifier.resumable().decide(ders_of(s.chain), s.staple))
    return drop_offer(self);
  if (offer_native(self.native, s) == errc::success) return errc::success;
  drop_offer(self);
  return is_asked ? self.make_error().set(errc::bad_session,
                                          std::string(State::backend_type::name) + " cannot read the session")
                  : errc::success;
}

// Whether the plaintext says that a session is resumed, there was one to resume, and the library says so too.
// A client's session of TLS 1.2 had the extended master secret, and has it again, or is not resumed (RFC 7627 §5.3).
template <class State>
bool is_resumed(const State& self) noexcept {
  const hello_facts& facts = self.w.observer().facts();
  const bool is_client = self.context.plan().own == role::client;
  const context_plan& plan = self.context.plan();
  const bool possible = is_client ? !self.offered->empty() : plan.tickets || plan.session_ids;
  const bool is_bound = !is_client || facts.version == tls_version::tls1_3 || facts.extended_master_secret;
  return possible && is_bound && facts.says_resumed() && self.native.resumed();
}

// Makes the newest session of this connection; empty where there is none.
template <class State>
session latest_session(State& self) {
  if (self.current != engine_phase::open || !self.context.plan().sessions) return {};
  // In TLS 1.2 the one that was resumed stays good, where no new one has come.
  if (self.resumed && self.agreed.version == tls_version::tls1_2 && !self.ticket_seen) return *self.offered;
  if (self.agreed.version == tls_version::tls1_2 && (!self.extended_secret || (self.declined && !self.ticket_seen)))
    return {};
  native_session made;
  if (!self.native.session(made) || (made.bytes.empty() && !made.held)) return {};
  session_envelope out;
  out.backend = State::backend_type::name;
  out.format = State::backend_type::session_format();
  out.native = made.bytes;
  out.held = made.held;
  out.version = self.agreed.version;
  out.peer_name = *self.peer;
  out.server_name = self.sni;
  out.alpn = self.context.plan().alpn;
  out.policy = self.context.plan().policy;
  // However often a session is resumed, it counts from its full handshake. Servers may send a renewed ticket without a
  // lifetime.
  const session_envelope* first = self.resumed ? &self.offered->envelope() : nullptr;
  out.created = first != nullptr ? first->created : system_now();
  out.lifetime = made.lifetime != 0 ? made.lifetime : first != nullptr ? first->lifetime : 7200;
  out.chain = self.peer_chain();
  out.staple = self.resumed ? self.offered->envelope().staple : self.verifier.kept_staple();
  return session(std::move(out));
}

// Takes the moment that a server remembers a session with. Where the clock throws, nothing has been sent yet.
template <class State>
bool note_moment(State& self) noexcept {
  const session_id_rules& rules = self.context.plan(self.presented).session_ids;
  if (!rules) return true;
  self.opening->begun = guard(self.verifier.exception(), unix_time{}, [&] { return rules.memory->time(); });
  return !self.verifier.exception() || self.w.refuse(alert::internal_error, errc::handshake_failed);
}

// Has a server remember the session of a full handshake of TLS 1.2 that is over: one with the extended master secret
// (RFC 7627 §5.3), which is not a ticket's. Without memory for that there is none.
template <class State>
void keep_session_id(State& self) noexcept {
  const session_id_rules& rules = self.context.plan(self.presented).session_ids;
  const hello_facts& facts = self.w.observer().facts();
  if (!rules || facts.version != tls_version::tls1_2 || facts.given_id_size != facts.given_id.size()) return;
  exception_slot dropped;
  if (!guard(dropped, false,
             [&] {
               self.extras.make().session_id = facts.given_id;
               return self.extras.make().has_session_id = true;
             }) ||
      facts.ticket_seen || (rules.beside_tickets && facts.offers_tickets) || !facts.extended_master_secret ||
      is_resumed(self))
    return;
  guard(dropped, 0, [&] {
    const secret client(self.verifier.ticket_state(false));
    native_session made;
    if (!resumable_peer::is_whole(client.bytes()) || !self.native.session(made) || made.bytes.empty()) return 0;
    rules.memory->keep(facts.given_id, {rules.policy, facts.server_name, self.opening->begun, made.bytes, client});
    return 0;
  });
}

// Has a server forget the session of a connection that has failed, but for one that merely broke off later (RFC 5246
// §7.2.1, §7.2.2).
template <class State>
void drop_session_id(State& self, bool was_open) noexcept {
  const session_id_rules& rules = self.context.plan(self.presented).session_ids;
  const hello_facts& facts = self.w.observer().facts();
  const bool has_given = facts.version == tls_version::tls1_2 && facts.given_id_size == facts.given_id.size();
  if (!rules || (!has_given && !self.extras->has_session_id)) return;
  const errc why = self.error().code;
  const bool broke_off = why == errc::truncated || why == errc::io_error || why == errc::timed_out;
  if (!was_open || !broke_off) rules.memory->drop(has_given ? facts.given_id : self.extras->session_id);
}

// Hands new sessions to the cache.
template <class State>
void keep_sessions(State& self) {
  const auto count = static_cast<std::uint16_t>(self.native.session_count());
  if (count == self.sessions_kept) return;
  self.sessions_kept = count;
  session_cache& cache = *self.context.plan().sessions;
  if (cache.capacity() != 0) cache.keep(latest_session(self));
}

}  // namespace plugtls::detail
