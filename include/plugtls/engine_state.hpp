// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "plugtls/context.hpp"
#include "plugtls/engine_result.hpp"
#include "plugtls/peer_verifier.hpp"
#include "plugtls/session_cache.hpp"
#include "plugtls/wire.hpp"

namespace plugtls::detail {

enum class engine_phase : unsigned char { handshake, open, failed };

/// What an engine is made of, at one address: wire, verifier and native connection refer to each other. The engine
/// drives it; here stands what happens between the calls: names, reasons, and the end.
template <class B>
struct engine_state {
  engine_state(const basic_context<B>& c, peer_options options)
      : context(c),
        peer(std::move(options)),
        name(parse_name()),
        w(c.plan().own, c.plan().min_version, c.plan().max_version, c.plan().groups, c.plan().limit.max_handshake_size),
        verifier(c.plan().verify, name, peer.name) {
    verifier.resumable().bind(this, verify_again);
    sni = server_name();
    errc e = error.code;
    if (e == errc::success) e = native.open(context.native(), sni, w, verifier, error);
    if (e == errc::success) e = offer_session();
    if (e == errc::success) return;
    error.code = e;
    current = engine_phase::failed;
  }

  static bool verify_again(const void* self, std::span<const byte_view> chain, byte_view staple,
                           resumable_peer& out) noexcept {
    const auto& s = *static_cast<const engine_state*>(self);
    // A ticket of TLS 1.2 is for clients with the extended master secret (RFC 7627 §5.3). One of TLS 1.3 needs none.
    const hello_facts& facts = s.w.observer().facts();
    const bool is_1_3 = facts.offers_1_3 && s.context.plan().max_version == tls_version::tls1_3;
    if (s.context.plan().own == role::server && !is_1_3 && !facts.offers_extended_secret) return false;
    return s.context.verify_again(chain, staple, s.name, out);
  }

  // Whether a session was made in this very situation.
  bool fits(const session_envelope& s) const noexcept {
    const context_plan& plan = context.plan();
    return s.backend == B::name && s.peer_name == peer.name && s.server_name == sni && s.alpn == plan.alpn &&
           s.policy == plan.policy;
  }

  errc offer_session() {
    const context_plan& plan = context.plan();
    const bool is_asked = !peer.resume.empty();
    if (is_asked && (plan.own == role::server || !plan.sessions))
      return error.set(errc::invalid_argument,
                       plan.own == role::server
                           ? "a server offers no session"
                           : "a session is to be resumed, and the context has no client_settings::sessions");
    if (!plan.sessions) return errc::success;
    const unix_time now = system_now();
    if (is_asked)
      offered = peer.resume;
    else if (plan.sessions->capacity() != 0)
      offered = plan.sessions->take([&](const session_envelope& s) { return fits(s); }, now);
    if (offered.empty()) return errc::success;
    const session_envelope& s = offered.envelope();
    if (is_asked && (s.backend != B::name || s.format != B::session_format())) {
      return error.set(errc::bad_session, "the session is of " + s.format + ", and this is " + B::session_format());
    }
    // A little ahead is the clock of another machine.
    const bool is_timely = now < s.expires() && s.created < now + 60;
    const bool narrows = s.version < plan.max_version && !has<B, capability::older_version_session>;
    if (!is_timely || narrows || !fits(s) || !verifier.resumable().decide(ders_of(s.chain), s.staple))
      return drop_offer();
    if (native.offer(s.native.bytes()) == errc::success) return errc::success;
    drop_offer();
    return is_asked ? error.set(errc::bad_session, std::string(B::name) + " cannot read the session") : errc::success;
  }
  errc drop_offer() {
    if (context.plan().sessions) context.plan().sessions->drop(offered);
    offered = {};
    return errc::success;
  }

  // Whether the plaintext says that a session is resumed, there was one to resume, and the library says so too.
  // A client's session of TLS 1.2 had the extended master secret, and has it again, or is not resumed (RFC 7627 §5.3).
  bool is_resumed() const noexcept {
    const hello_facts& facts = w.observer().facts();
    const bool is_client = context.plan().own == role::client;
    const bool possible = is_client ? !offered.empty() : bool(context.plan().tickets);
    const bool is_bound = !is_client || facts.version == tls_version::tls1_3 || facts.extended_secret;
    return possible && is_bound && facts.says_resumed() && native.resumed();
  }

  // Makes the newest session of this connection; empty where there is none.
  session latest_session() {
    if (current != engine_phase::open || !context.plan().sessions) return {};
    // In TLS 1.2 the one that was resumed stays good, where no new one has come.
    const hello_facts& facts = w.observer().facts();
    if (resumed && agreed.version == tls_version::tls1_2 && !facts.ticket_seen) return offered;
    if (agreed.version == tls_version::tls1_2 && (!facts.extended_secret || (declined && !facts.ticket_seen)))
      return {};
    native_session made;
    if (!native.session(made) || made.bytes.empty()) return {};
    session_envelope out;
    out.backend = B::name;
    out.format = B::session_format();
    out.native = made.bytes;
    out.version = agreed.version;
    out.peer_name = peer.name;
    out.server_name = sni;
    out.alpn = context.plan().alpn;
    out.policy = context.plan().policy;
    out.created = system_now();
    out.lifetime = made.lifetime == 0 ? 7200 : made.lifetime;
    out.chain = peer_chain();
    out.staple = resumed ? offered.envelope().staple : verifier.kept_staple();
    return session(std::move(out));
  }

  // Hands new sessions to the cache.
  void keep_sessions() {
    const unsigned count = native.session_count();
    if (count == sessions_kept) return;
    sessions_kept = count;
    session_cache& cache = *context.plan().sessions;
    if (cache.capacity() != 0) cache.keep(latest_session());
  }

  std::optional<peer_name> parse_name() {
    const verify_rules& rules = context.plan().verify;
    if (rules.own == role::server) return std::nullopt;
    if (peer.name.empty()) {
      if (rules.mode != verify_mode::none && rules.check_name) error.set(errc::peer_name_required);
      return std::nullopt;
    }
    errc e = errc::success;
    auto parsed = peer_name::parse(peer.name, e);
    if (!parsed)
      error.set(e, "'" + peer.name +
                       "' is no host name and no address (give neither scheme, port nor wildcard, and international "
                       "names as A-labels)");
    return parsed;
  }

  // RFC 6066 §3: a DNS name without a trailing dot, never an address.
  std::string server_name() {
    if (context.plan().own == role::server) return {};
    if (peer.server_name.empty()) return name ? std::string(name->server_name()) : std::string();
    errc e = errc::success;
    const auto parsed = peer_name::parse(peer.server_name, e);
    if (!parsed || parsed->is_address()) {
      error.set(errc::invalid_argument, "'" + peer.server_name + "' cannot be sent as a server name (SNI)");
      return {};
    }
    return parsed->text();
  }

  // What really blocked, if anything did.
  std::optional<engine_result> waiting() const noexcept {
    if (w.blocked_read()) return engine_result{0, engine_status::want_read, errc::success};
    if (w.blocked_write()) return engine_result{0, engine_status::want_write, errc::success};
    return std::nullopt;
  }

  // The last line: no connection without the verifier's consent, whatever a library or its adapter thinks.
  bool is_verified() const noexcept {
    const verify_rules& rules = context.plan().verify;
    if (rules.mode == verify_mode::none) return true;
    if (verifier.decided()) return verifier.decision().accept;
    if (native.resumed() || is_resumed()) return is_resumed() && verifier.resumable().accepted();
    return rules.own == role::server && rules.mode == verify_mode::optional;  // presented nothing
  }

  void establish() {
    native.negotiated(agreed);
    const hello_facts& facts = w.observer().facts();
    if (agreed.version == tls_version::automatic) agreed.version = facts.version;
    if (agreed.suite == plugtls::cipher_suite::none) agreed.suite = facts.suite;
    if (agreed.group == named_group::none) agreed.group = facts.group;
    if (agreed.scheme == plugtls::signature_scheme::none) agreed.scheme = facts.scheme;
    resumed = is_resumed();
    // Some servers send no new ticket beside an old one that they decline, and libraries hold on to that.
    declined = !resumed && !offered.empty();
    if (declined) drop_offer();
    const std::size_t record = context.plan().limit.max_record_size;
    max_write = native.max_write() < record ? native.max_write() : record;
    w.established();
    current = engine_phase::open;
    keeps_sessions = context.plan().own == role::client && context.plan().sessions != nullptr;
    if (keeps_sessions) keep_sessions();
  }

  engine_result end_by_peer() {
    peer_closed = true;
    // RFC 5246 §7.2.1: TLS 1.2 answers close_notify at once and writes nothing more; TLS 1.3 may go on writing.
    if (agreed.version == tls_version::tls1_2) {
      close_own();
      static_cast<void>(w.flush());
    }
    return {0, engine_status::failed, errc::closed};
  }

  void close_own() {
    if (own_closed) return;
    own_closed = true;
    native.shutdown();
  }

  engine_result drain() {
    switch (w.flush()) {
      case io_status::would_block: return {0, engine_status::want_write, errc::success};
      case io_status::error:
        if (!error) note_transport(error, errc::io_error);
        return {0, engine_status::failed, errc::io_error};
      default: return {};
    }
  }

  engine_result fail() {
    // Where a handshake fails with a session, the next one goes without.
    if (current == engine_phase::handshake && !offered.empty()) drop_offer();
    current = engine_phase::failed;
    error = {};
    native.failure(error);
    const auto& seen = w.observer();
    if (seen.alert_received()) error.alert_received = seen.alert_received();
    if (seen.alert_sent()) error.alert_sent = seen.alert_sent();
    error.code = reason();
    if (error.code == errc::io_error || error.code == errc::timed_out) note_transport(error, error.code);
    if (error.code == errc::truncated) error.alert_sent.reset();  // some libraries complain to a peer that is gone
    verifier.report(error);
    // What a library refuses before it asks (no certificate at all) is a problem of the same kind.
    if (error.problems.empty() && is_verification(error.code)) add_problem(error.problems, error.code, 0);
    static_cast<void>(w.flush());
    return {0, engine_status::failed, error.code};
  }

  // Who is to blame, most certain first: our own verdict, our own flags, the peer's word, the library's.
  errc reason() const noexcept {
    if (verifier.decided() && !verifier.decision().accept) return verifier.decision().reason;
    if (w.fault() != errc::success && w.fault() != errc::io_error) return w.fault();
    if (error.alert_received) return reason_of(*error.alert_received);
    if (error.code == errc::alert_received) return error.code;
    if (w.fault() != errc::success) return w.fault();
    if (closed_early) return errc::closed;
    if (w.ended()) return errc::truncated;
    if (w.write_broken()) return errc::io_error;
    if (native_done && !is_verified()) return errc::bad_certificate;
    return error.code == errc::success ? errc::handshake_failed : error.code;
  }

  // Alerts whose meaning has a name of its own; all others are `alert_received`.
  static errc reason_of(alert a) noexcept {
    switch (a) {
      case alert::protocol_version: return errc::protocol_version;
      case alert::no_application_protocol: return errc::no_application_protocol;
      case alert::unrecognized_name: return errc::unrecognized_name;
      default: return errc::alert_received;
    }
  }

  void note_transport(error_info& info, errc code) const {
    info.code = code;
    const std::error_code& ec = w.transport_error();
    if (!ec || ec == code) return;
    info.native = ec.value();
    info.native_text = ec.message();
  }

  const std::vector<certificate>& peer_chain() {
    if (resumed) return verifier.resumable().chain;
    if (!verifier.chain().empty()) return verifier.chain();
    if (!asked_native && current == engine_phase::open) {
      asked_native = true;
      std::vector<byte_vector> ders;
      native.peer_chain(ders);
      for (byte_vector& der : ders) {
        errc e = errc::success;
        if (auto c = certificate::from_der(std::move(der), e)) unverified.push_back(*std::move(c));
      }
    }
    return unverified;
  }

  basic_context<B> context;
  peer_options peer;
  error_info error;
  std::optional<peer_name> name;
  wire w;
  peer_verifier verifier;
  typename B::connection native;  // after what it refers to
  engine_phase current = engine_phase::handshake;
  bool native_done = false;
  bool closed_early = false;
  bool own_closed = false;
  bool peer_closed = false;
  bool resumed = false;
  bool asked_native = false;
  bool keeps_sessions = false;
  bool declined = false;
  unsigned sessions_kept = 0;
  session offered;
  std::string sni;
  std::size_t max_write = 16384;
  negotiated_values agreed;
  std::vector<certificate> unverified;
};

}  // namespace plugtls::detail
