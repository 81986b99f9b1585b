// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "plugtls/context.hpp"
#include "plugtls/detail/external_key.hpp"
#include "plugtls/detail/hello_collector.hpp"
#include "plugtls/engine_authentication.hpp"
#include "plugtls/engine_choice.hpp"
#include "plugtls/engine_early.hpp"
#include "plugtls/engine_result.hpp"
#include "plugtls/engine_sessions.hpp"
#include "plugtls/peer_verifier.hpp"
#include "plugtls/session_cache.hpp"
#include "plugtls/statistics.hpp"
#include "plugtls/wire.hpp"

namespace plugtls::detail {

/// What an engine is made of, at one address: wire, verifier and native connection refer to each other. The engine
/// drives it; here stands what happens between the calls: names, reasons, and the end. What it does about sessions
/// and a server's choice stands in engine_sessions.hpp and engine_choice.hpp.
template <class B>
struct engine_state {
  using backend_type = B;

  engine_state(const basic_context<B>& c, peer_options options)
      : context(c),
        peer(std::move(options)),
        name(parse_name()),
        w(c.plan().own, c.plan().min_version, c.plan().max_version, c.plan().groups, c.plan().limit.max_handshake_size),
        verifier(c.plan().verify, name, peer.name) {
    if (c.plan().psk_only) w.require_psk(c.plan().psks);
    verifier.resumable().bind(this, verify_again);
    sni = server_name();
    errc e = error.code;
    is_choosing = context.plan().own == role::server && context.choice().is_needed();
    if (e == errc::success && !is_choosing) e = native.open(context.native(), sni, w, verifier, error);
    if (e == errc::success) e = offer_session(*this);
    if (e == errc::success) return;
    error.code = e;
    current = engine_phase::failed;
  }

  static bool verify_again(const void* self, std::span<const byte_view> chain, byte_view staple,
                           resumable_peer& out) noexcept {
    const auto& s = *static_cast<const engine_state*>(self);
    // A ticket of TLS 1.2 is for clients with the extended master secret (RFC 7627 §5.3). One of TLS 1.3 needs none.
    const hello_facts& facts = s.w.observer().facts();
    const bool is_1_3 = facts.offers_1_3 && s.context.plan(s.presented).max_version == tls_version::tls1_3;
    if (s.context.plan().own == role::server && !is_1_3 && !facts.offers_extended_secret) return false;
    return s.context.verify_again(chain, staple, s.name, out);
  }

  std::optional<peer_name> parse_name() {
    const verify_rules& rules = context.plan().verify;
    if (rules.own == role::server) return std::nullopt;
    if (peer.name.empty()) {
      if (rules.mode != verify_mode::none && rules.check_name && !context.plan().psk_only)
        error.set(errc::peer_name_required);
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
    if (verifier.decided() && !verifier.decision().accept) return false;
    if (psk() != nullptr) return true;
    if (context.plan().psk_only) return false;
    if (rules.mode == verify_mode::none) return true;
    if (verifier.decided()) return true;
    if (native.resumed() || is_resumed(*this)) return is_resumed(*this) && verifier.resumable().accepted();
    return rules.own == role::server && rules.mode == verify_mode::optional;  // presented nothing
  }

  /// The external PSK that the handshake was made with, null without.
  const external_psk* psk() const noexcept { return psk_in_use(context.plan().psks, w.observer().facts()); }

  // Whether a handshake failed for the PSK's sake, going by what both ends said in the clear.
  bool is_psk_refused() const noexcept {
    const context_plan& plan = context.plan();
    const hello_facts& facts = w.observer().facts();
    if (plan.psks.empty() || agreed.version != tls_version::automatic) return false;
    const bool is_client = plan.own == role::client;
    // It took a certificate instead.
    if (is_client && plan.psk_only && (verifier.decided() || (native_done && psk() == nullptr))) return true;
    const bool is_1_2 = facts.server_hello_seen && is_psk(facts.suite);
    bool is_known = is_client;
    for (const std::string& sent : facts.psk_offers) is_known = is_known || find_psk(plan.psks, sent) != nullptr;
    const bool is_1_3 = !facts.server_hello_seen && !facts.psk_offers.empty() && is_known;
    if (!is_1_2 && !is_1_3) return false;
    if (!error.alert_received)
      return !is_client && !w.ended() && w.fault() == errc::success &&
             (error.code == errc::bad_record || error.code == errc::handshake_failed ||
              error.alert_sent == alert::decrypt_error);
    switch (*error.alert_received) {
      case alert::decrypt_error:
      case alert::illegal_parameter:
      case alert::bad_record_mac: return is_client;
      case alert::handshake_failure: return is_client && is_1_2;
      default: return false;
    }
  }

  void establish() {
    native.negotiated(agreed);
    const hello_facts& facts = w.observer().facts();
    if (agreed.version == tls_version::automatic) agreed.version = facts.version;
    if (agreed.suite == plugtls::cipher_suite::none) agreed.suite = facts.suite;
    if (agreed.group == named_group::none) agreed.group = facts.group;
    if (agreed.scheme == plugtls::signature_scheme::none) agreed.scheme = facts.scheme;
    resumed = is_resumed(*this);
    // Some servers send no new ticket beside an old one that they decline, and libraries hold on to that.
    declined = !resumed && !offered.empty();
    if (declined) drop_offer(*this);
    const std::size_t record = context.plan().limit.max_record_size;
    max_write = native.max_write() < record ? native.max_write() : record;
    w.established();
    statistics.handshake_bytes_read = w.bytes_read();
    statistics.handshake_bytes_written = w.bytes_written();
    statistics.resumed = resumed;
    current = engine_phase::open;
    keep_session_id(*this);
    keeps_sessions = context.plan().own == role::client && context.plan().sessions != nullptr;
    if (keeps_sessions) keep_sessions(*this);
    authenticates_later = context.plan().post_handshake_auth && agreed.version == tls_version::tls1_3;
    mark();
  }

  // Whether a read has nothing to say but that it waits for the peer.
  bool is_waiting_plainly() const noexcept { return w.blocked_read() && !keeps_sessions && w.fault() == errc::success; }

  // Tells the wire what keeps reading and writing from their short ways.
  void mark() noexcept {
    const bool is_odd = current != engine_phase::open || authenticates_later;
    w.set(wire::no_plain_read, is_odd || peer_closed || keeps_sessions);
    w.set(wire::no_plain_write, is_odd || own_closed);
  }

  // What waits to be read before the transport matters.
  bool has_input() const noexcept {
    if (current != engine_phase::open || peer_closed) return false;
    const byte_view ahead = w.ahead();
    if (native.pending() != 0) return true;
    if (ahead.size() < 5) return false;
    const std::size_t body = std::to_integer<std::size_t>(ahead[3]) << 8 | std::to_integer<std::size_t>(ahead[4]);
    return ahead.size() >= 5 + body;
  }

  engine_result end_by_peer() {
    peer_closed = true;
    mark();
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
    mark();
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

  // Goes on with the handshake; signatures that it needs are asked for here. Where a signer may answer later the step
  // is done elsewhere, and `again` with `desk.awaited()` says that it waits for the signer.
  native_status step() {
    if (!has_begun) {
      has_begun = true;
      if constexpr (has<B, capability::early_data>)
        if (takes_early) native.accept_early_data(early);
      if (!note_moment(*this)) return native_status::failed;
    }
    const make_step_runner make = context.plan().step_runner;
    if (make == nullptr) {
      const signing_desk::scope at_desk(desk);
      return native.handshake();
    }
    if (!runner) guard(verifier.exception(), 0, [&] { return runner = make(), 0; });
    if (!runner) return native_status::failed;
    desk.set_runner(runner.get());
    const auto take_step = [](void* self) noexcept {
      auto& s = *static_cast<engine_state*>(self);
      const signing_desk::scope at_desk(s.desk);
      s.stepped = guard(s.verifier.exception(), native_status::failed, [&] { return s.native.handshake(); });
    };
    if (!runner->run(take_step, this)) return native_status::again;
    end_runner();  // whoever waits for the peer, who may take his time, holds no thread
    return stepped;
  }

  // Whether a server that asks for early data knows that no more comes.
  bool early_ended() const noexcept {
    if constexpr (has<B, capability::early_data>) return has_begun && !native.awaits_early_data();
    return true;
  }

  void end_runner() noexcept {
    desk.set_runner(nullptr);
    runner.reset();
  }

  // A step that waits for its signature comes to its end here, and sends nothing.
  ~engine_state() {
    if (!runner) return;
    struct closed_port : port {
      closed_port() noexcept {
        read = [](port&, std::byte*, std::size_t) noexcept { return io_result{0, io_status::would_block}; };
        write = [](port&, const std::byte*, std::size_t) noexcept { return io_result{0, io_status::would_block}; };
      }
    };
    closed_port nowhere;
    w.bind(nowhere);
    w.tap(nullptr);  // may have gone before
    runner->abandon();
    runner.reset();
  }
  engine_state(const engine_state&) = delete;
  engine_state& operator=(const engine_state&) = delete;

  engine_result fail() {
    // Where a handshake fails with a session, the next one goes without, even if there are more.
    if (current == engine_phase::handshake && !offered.empty()) {
      if (context.plan().sessions) context.plan().sessions->drop_alike(offered);
      drop_offer(*this);
    }
    const bool was_open = std::exchange(current, engine_phase::failed) == engine_phase::open;
    mark();
    error = {};
    if (!is_choosing) native.failure(error);
    if (verifier.exception()) error.code = errc::handshake_failed;  // what the library makes of it differs
    if (desk.error()) error.detail = desk.error().detail;
    const auto& seen = w.observer();
    if (seen.alert_received()) error.alert_received = seen.alert_received();
    if (seen.alert_sent()) error.alert_sent = seen.alert_sent();
    error.code = reason();
    if (thrown() && error.detail.empty()) error.detail = "a callback of the settings threw an exception";
    if (error.code == errc::io_error || error.code == errc::timed_out) note_transport(error, error.code);
    if (error.code == errc::truncated) error.alert_sent.reset();  // some libraries complain to a peer that is gone
    if (error.code != errc::psk_refused) judge().report(error);   // certificates did not matter
    // What a library refuses before it asks (no certificate at all) is a problem of the same kind.
    if (error.problems.empty() && is_verification(error.code)) add_problem(error.problems, error.code, 0);
    drop_session_id(*this, was_open);
    static_cast<void>(w.flush());
    return {0, engine_status::failed, error.code};
  }

  // Who is to blame, most certain first: our own verdict, our own flags, the peer's word, the library's.
  errc reason() const noexcept {
    if (is_psk_refused()) return errc::psk_refused;
    if (verifier.decided() && !verifier.decision().accept) return verifier.decision().reason;
    if (has_refused_later()) return later.asked->decision().reason;
    if (later.refused != errc::success) return later.refused;
    if (desk.error()) return desk.error().code;
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
      case alert::unknown_psk_identity: return errc::psk_refused;
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

  /// Who decides, or has decided last, about the peer.
  const peer_verifier& judge() const noexcept {
    return later.asked ? *later.asked : later.answered ? *later.answered : verifier;
  }
  bool has_refused_later() const noexcept {
    return later.asked && later.asked->decided() && !later.asked->decision().accept;
  }
  /// Who knows the peer by an answer after the handshake, the last one taken or the one refused; null without any.
  const peer_verifier* later_verdict() const noexcept {
    return current == engine_phase::failed && has_refused_later() ? later.asked.get() : later.answered.get();
  }
  /// What a callback has thrown, to whichever verifier it was told.
  exception_slot& thrown() noexcept {
    return verifier.exception() || !later.asked ? verifier.exception() : later.asked->exception();
  }

  const std::vector<certificate>& peer_chain() {
    if (const peer_verifier* one = later_verdict()) return one->chain();
    if (resumed) return verifier.resumable().chain;
    if (!verifier.chain().empty()) return verifier.chain();
    // Between a request and the end of the answer the library may hold what nobody has proved yet.
    const bool is_known = !authenticates_later || context.plan().verify.mode == verify_mode::none;
    if (is_known && !asked_native && current == engine_phase::open) {
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

  // The certificate that the server of this connection presented; none where that is not known.
  std::optional<certificate> server_certificate() {
    if (psk() != nullptr) return std::nullopt;
    const auto& chain = context.plan().own == role::server ? context.own_chain(presented) : peer_chain();
    return chain.empty() ? std::nullopt : std::optional(chain.front());
  }

  basic_context<B> context;
  peer_options peer;
  error_info error;
  std::optional<peer_name> name;
  wire w;
  peer_verifier verifier;
  signing_desk desk{verifier.exception()};
  later_authentication later;
  typename B::connection native;        // after what it refers to
  std::unique_ptr<step_runner> runner;  // set while steps are done elsewhere
  native_status stepped = native_status::again;
  hello_collector collector;
  engine_phase current = engine_phase::handshake;
  bool is_choosing = false;   // a server that has not opened its native connection yet
  std::size_t presented = 0;  // which of a server's identities
  bool native_done = false;
  bool closed_early = false;
  bool own_closed = false;
  bool peer_closed = false;
  bool resumed = false;
  bool asked_native = false;
  bool keeps_sessions = false;
  bool authenticates_later = false;
  bool declined = false;
  bool has_begun = false;    // the handshake, or a step of it
  bool sends_early = false;  // a client has sent early data
  bool takes_early = false;  // a server's program has asked for it
  byte_queue early;          // that a server has accepted, and its program has not read yet
  unsigned sessions_kept = 0;
  unix_time begun = 0;  // a server's, where it remembers sessions
  session offered;
  std::string sni;
  connection_statistics statistics;  // what the wire counts is left out
  std::size_t max_write = 16384;
  negotiated_values agreed;
  std::vector<certificate> unverified;
};

}  // namespace plugtls::detail
