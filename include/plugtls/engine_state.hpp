// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "plugtls/context.hpp"
#include "plugtls/detail/on_demand.hpp"
#include "plugtls/engine_authentication.hpp"
#include "plugtls/engine_choice.hpp"
#include "plugtls/engine_early.hpp"
#include "plugtls/engine_failure.hpp"
#include "plugtls/engine_opening.hpp"
#include "plugtls/engine_result.hpp"
#include "plugtls/engine_sessions.hpp"
#include "plugtls/peer_verifier.hpp"
#include "plugtls/session_cache.hpp"
#include "plugtls/wire.hpp"

namespace plugtls::detail {

/// Owns a state, or nothing: then nothing can be read or written plainly, which needs no look at whether there is one.
template <class State>
class state_handle {
 public:
  state_handle() noexcept = default;
  explicit state_handle(std::unique_ptr<State> made) noexcept : limits_(made.release()) { limits_->is_state = true; }
  state_handle(state_handle&& other) noexcept : limits_(std::exchange(other.limits_, &none)) {}
  state_handle& operator=(state_handle&& other) noexcept {
    state_handle taken(std::move(other));
    std::swap(limits_, taken.limits_);
    return *this;
  }
  [[gnu::noinline]] ~state_handle() {
    if (*this) delete &**this;
  }
  explicit operator bool() const noexcept { return limits_->is_state; }
  State& operator*() const noexcept { return static_cast<State&>(*limits_); }
  State* operator->() const noexcept { return &**this; }
  const plain_limits& limits() const noexcept { return *limits_; }

 private:
  // Told by what it holds and not by its address: each shared library may have one of its own.
  static inline constinit plain_limits none;

  plain_limits* limits_ = &none;
};

/// What an engine is made of, at one address: wire, verifier and native connection refer to each other. The engine
/// drives it; here stands what happens between the calls: names, and the end. What it does about sessions, a server's
/// choice, and what it says of a failure, stands in engine_sessions.hpp, engine_choice.hpp and engine_failure.hpp.
template <class B>
struct engine_state : plain_limits {
  using backend_type = B;

  engine_state(const basic_context<B>& c, peer_options options)
      : context(c),
        opening(std::make_unique<engine_opening>(c.plan())),
        w(opening->start, this),
        verifier(opening->work, c.plan().verify, opening->name,
                 options.name.empty() ? *peer : peer.make() = std::move(options.name)) {
    opening->desk.emplace(verifier.exception());
    opening->server_name = std::move(options.server_name);
    opening->name = parse_name();
    if (c.plan().psk_only) w.require_psk(c.plan().psks);
    verifier.resumable().bind(this, verify_again);
    sni = server_name();
    errc e = error().code;
    is_choosing = context.plan().own == role::server && context.choice().is_needed();
    if (e == errc::success && !is_choosing) e = open_native(0, sni);
    if (e == errc::success) e = offer_session(*this, options.resume);
    if (e == errc::success) return;
    make_error().code = e;
    current = engine_phase::failed;
  }

  const error_info& error() const noexcept { return *extras->error; }
  [[gnu::cold, gnu::noinline]] error_info& make_error() { return extras.make().error.make(); }

  // The reason takes memory where there is one.
  errc open_native(std::size_t identity, const std::string& name) {
    error_info why;
    const errc e = native.open(context.native(identity), name, w, verifier, why);
    if (e != errc::success) make_error() = std::move(why);
    return e;
  }

  static bool verify_again(const void* self, std::span<const byte_view> chain, byte_view staple,
                           resumable_peer& out) noexcept {
    const auto& s = *static_cast<const engine_state*>(self);
    // A ticket of TLS 1.2 is for clients with the extended master secret (RFC 7627 §5.3). One of TLS 1.3 needs none.
    const hello_facts& facts = s.w.observer().facts();
    const bool is_1_3 = facts.offers_1_3 && s.context.plan(s.presented).max_version == tls_version::tls1_3;
    if (s.context.plan().own == role::server && !is_1_3 && !facts.offers_extended_secret) return false;
    return s.context.verify_again(chain, staple, s.opening->name, out);
  }

  std::optional<peer_name> parse_name() {
    const verify_rules& rules = context.plan().verify;
    if (rules.own == role::server) return std::nullopt;
    if (peer->empty()) {
      if (rules.mode != verify_mode::none && rules.check_name && !context.plan().psk_only)
        make_error().set(errc::peer_name_required);
      return std::nullopt;
    }
    errc e = errc::success;
    auto parsed = peer_name::parse(*peer, e);
    if (!parsed)
      make_error().set(
          e, "'" + *peer +
                 "' is no host name and no address (give neither scheme, port nor wildcard, and international "
                 "names as A-labels)");
    return parsed;
  }

  // RFC 6066 §3: a DNS name without a trailing dot, never an address.
  std::string server_name() {
    if (context.plan().own == role::server) return {};
    const std::string& given = opening->server_name;
    if (given.empty()) return opening->name ? std::string(opening->name->server_name()) : std::string();
    errc e = errc::success;
    const auto parsed = peer_name::parse(given, e);
    if (!parsed || parsed->is_address()) {
      make_error().set(errc::invalid_argument, "'" + given + "' cannot be sent as a server name (SNI)");
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
    if (agreed.version != tls_version::automatic) return true;  // seen when the connection opened
    if (psk() != nullptr) return true;
    if (context.plan().psk_only) return false;
    if (rules.mode == verify_mode::none) return true;
    if (verifier.decided()) return true;
    if (native.resumed() || is_resumed(*this)) return is_resumed(*this) && verifier.resumable().accepted();
    return rules.own == role::server && rules.mode == verify_mode::optional;  // presented nothing
  }

  /// The external PSK that the handshake was made with, null without.
  const external_psk* psk() const noexcept {
    return extras->psk != nullptr ? extras->psk : psk_in_use(context.plan().psks, w.observer().facts());
  }

  /// The name that the client asks for by SNI. At one place from the time on when it is known.
  const std::string& asked_name() noexcept {
    exception_slot no_memory;  // then it is told later
    if (agreed.version == tls_version::automatic) guard(no_memory, 0, [&] { return note_asked_name(), 0; });
    return sni;
  }
  void note_asked_name() {
    const std::string& seen = w.observer().facts().server_name;
    if (context.plan().own == role::server && sni != seen) sni = seen;
  }

  void establish() {
    negotiated_values told;
    native.negotiated(told);
    agreed = {told.version, told.suite, told.group, told.scheme};
    if (!told.alpn.empty()) alpn.make() = std::move(told.alpn);
    const hello_facts& facts = w.observer().facts();
    if (agreed.version == tls_version::automatic) agreed.version = facts.version;
    if (agreed.suite == plugtls::cipher_suite::none) agreed.suite = facts.suite;
    if (agreed.group == named_group::none) agreed.group = facts.group;
    if (agreed.scheme == plugtls::signature_scheme::none) agreed.scheme = facts.scheme;
    resumed = is_resumed(*this);
    // Some servers send no new ticket beside an old one that they decline, and libraries hold on to that.
    declined = !resumed && !offered->empty();
    if (declined) drop_offer(*this);
    const std::size_t record = context.plan().limit.max_record_size;
    w.limit_write(native.max_write() < record ? native.max_write() : record);
    const auto capped = [](std::uint64_t n) { return static_cast<std::uint32_t>(n < 0xffffffff ? n : 0xffffffff); };
    statistics.handshake_bytes_read = capped(w.bytes_read());
    statistics.handshake_bytes_written = capped(w.bytes_written());
    authenticates_later = context.plan().post_handshake_auth && agreed.version == tls_version::tls1_3;
    keep_session_id(*this);
    close_opening(facts);
    current = engine_phase::open;
    keeps_sessions = context.plan().own == role::client && context.plan().sessions != nullptr;
    if (keeps_sessions) keep_sessions(*this);
    mark();
  }

  // Keeps of the handshake what may be asked for later, and gives back the rest: an idle connection is to be small.
  void close_opening(const hello_facts& facts) {
    const bool has_sessions = context.plan().sessions != nullptr;
    if (verifier.settle(resumed, has_sessions, authenticates_later) && !has_sessions) peer.reset();
    if (const external_psk* agreed_on = psk()) extras.make().psk = agreed_on;
    extended_secret = facts.extended_master_secret;
    ticket_seen = facts.ticket_seen;
    offers_later_authentication = facts.offers_post_handshake_auth;
    note_asked_name();
    if (extras->error.is_made()) extras.make().error.reset();
    if (w.established(authenticates_later)) opening.reset();
  }

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
    if constexpr (requires { native.holds_input(); })
      if (native.holds_input()) return true;
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

  [[gnu::noinline]] engine_result drain() {
    switch (w.flush()) {
      case io_status::would_block: return {0, engine_status::want_write, errc::success};
      case io_status::error:
        if (!error()) note_transport(*this, make_error(), errc::io_error);
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
        if (takes_early) native.accept_early_data(extras.make().early);
      if (!note_moment(*this)) return native_status::failed;
    }
    const make_step_runner make = context.plan().step_runner;
    if (make == nullptr) {
      const signing_desk::scope at_desk(*opening->desk);
      return native.handshake();
    }
    std::unique_ptr<step_runner>& runner = opening->runner;
    if (!runner) guard(verifier.exception(), 0, [&] { return runner = make(), 0; });
    if (!runner) return native_status::failed;
    opening->desk->set_runner(runner.get());
    const auto take_step = [](void* self) noexcept {
      auto& s = *static_cast<engine_state*>(self);
      const signing_desk::scope at_desk(*s.opening->desk);
      s.opening->stepped = guard(s.verifier.exception(), native_status::failed, [&] { return s.native.handshake(); });
    };
    if (!runner->run(take_step, this)) return native_status::again;
    end_runner();  // whoever waits for the peer, who may take his time, holds no thread
    return opening->stepped;
  }

  // Whether a server that asks for early data knows that no more comes.
  bool early_ended() const noexcept {
    if constexpr (has<B, capability::early_data>) return has_begun && !native.awaits_early_data();
    return true;
  }

  void end_runner() noexcept {
    opening->desk->set_runner(nullptr);
    opening->runner.reset();
  }

  // A step that waits for its signature comes to its end here, and sends nothing.
  ~engine_state() {
    if (!opening || !opening->runner) return;
    struct closed_port : port {
      closed_port() noexcept {
        read = [](port&, std::byte*, std::size_t) noexcept { return io_result{0, io_status::would_block}; };
        write = [](port&, const std::byte*, std::size_t) noexcept { return io_result{0, io_status::would_block}; };
      }
    };
    closed_port nowhere;
    w.bind(nowhere);
    w.tap(nullptr);  // may have gone before
    opening->runner->abandon();
    opening->runner.reset();
  }
  engine_state(const engine_state&) = delete;
  engine_state& operator=(const engine_state&) = delete;

  /// `otherwise` is said where neither the library nor anything else has a better name for it.
  [[gnu::cold]] engine_result fail(errc otherwise = errc::handshake_failed) {
    // Where a handshake fails with a session, the next one goes without, even if there are more.
    if (current == engine_phase::handshake && !offered->empty()) {
      if (context.plan().sessions) context.plan().sessions->drop_alike(*offered);
      drop_offer(*this);
    }
    const bool was_open = std::exchange(current, engine_phase::failed) == engine_phase::open;
    mark();
    error_info& info = make_error();
    info = {};
    if (!is_choosing) native.failure(info);
    if (verifier.exception()) info.code = errc::handshake_failed;  // what the library makes of it differs
    if (opening && opening->desk->error()) info.detail = opening->desk->error().detail;
    const auto& seen = w.observer();
    if (seen.alert_received()) info.alert_received = seen.alert_received();
    // Where the wire has ended it, what the library may have said since then has not left.
    const bool is_ours = w.fault() != errc::success && seen.fault() != flight_fault::none;
    if (seen.alert_sent() || is_ours) info.alert_sent = seen.alert_sent();
    if (info.code == errc::handshake_failed && !thrown())
      info.code = has_peer_failed(*this) ? errc::bad_record : otherwise;
    info.code = why_failed(*this);
    if (thrown() && info.detail.empty()) info.detail = "a callback of the settings threw an exception";
    if (info.code == errc::io_error || info.code == errc::timed_out) note_transport(*this, info, info.code);
    if (info.code == errc::truncated) info.alert_sent.reset();  // some libraries complain to a peer that is gone
    if (info.code != errc::psk_refused) judge().report(info);   // certificates did not matter
    // What a library refuses before it asks (no certificate at all) is a problem of the same kind.
    if (info.problems.empty() && is_verification(info.code)) add_problem(info.problems, info.code, 0);
    drop_session_id(*this, was_open);
    static_cast<void>(w.flush());
    return {0, engine_status::failed, info.code};
  }

  /// Who decides, or has decided last, about the peer.
  const peer_verifier& judge() const noexcept {
    return extras->later.asked ? *extras->later.asked : extras->later.answered ? *extras->later.answered : verifier;
  }
  bool has_refused_later() const noexcept {
    return extras->later.asked && extras->later.asked->decided() && !extras->later.asked->decision().accept;
  }
  /// Who knows the peer by an answer after the handshake, the last one taken or the one refused; null without any.
  const peer_verifier* later_verdict() const noexcept {
    return current == engine_phase::failed && has_refused_later() ? extras->later.asked.get()
                                                                  : extras->later.answered.get();
  }
  /// What a callback has thrown, to whichever verifier it was told.
  exception_slot& thrown() noexcept {
    return verifier.exception() || !extras->later.asked ? verifier.exception() : extras->later.asked->exception();
  }

  const std::vector<certificate>& peer_chain() {
    if (const peer_verifier* one = later_verdict()) return one->chain();
    if (!verifier.chain().empty()) return verifier.chain();
    // Between a request and the end of the answer the library may hold what nobody has proved yet.
    const bool is_known = !authenticates_later || context.plan().verify.mode == verify_mode::none;
    if (is_known && !asked_native && current == engine_phase::open) {
      asked_native = true;
      std::vector<byte_vector> ders;
      native.peer_chain(ders);
      for (byte_vector& der : ders) {
        errc e = errc::success;
        if (auto c = certificate::from_der(std::move(der), e)) extras.make().unverified.push_back(*std::move(c));
      }
    }
    return extras->unverified;
  }

  // The certificate that the server of this connection presented; none where that is not known.
  std::optional<certificate> server_certificate() {
    if (psk() != nullptr) return std::nullopt;
    const auto& chain = context.plan().own == role::server ? context.own_chain(presented) : peer_chain();
    return chain.empty() ? std::nullopt : std::optional(chain.front());
  }

  engine_phase current = engine_phase::handshake;
  bool is_choosing = false;  // a server that has not opened its native connection yet
  bool native_done = false;
  bool closed_early = false;
  bool own_closed = false;
  bool peer_closed = false;
  bool resumed = false;
  basic_context<B> context;
  on_demand<std::string> peer;              // its name, as it was given
  std::unique_ptr<engine_opening> opening;  // until the connection is open; wire and verifier begin in it
  wire w;
  peer_verifier verifier;
  on_demand<engine_extras> extras;
  typename B::connection native;  // after what it refers to
  bool asked_native : 1 = false;
  bool keeps_sessions : 1 = false;
  bool authenticates_later : 1 = false;
  bool declined : 1 = false;
  bool has_begun : 1 = false;    // the handshake, or a step of it
  bool sends_early : 1 = false;  // a client has sent early data
  bool takes_early : 1 = false;  // a server's program has asked for it
  // What the hellos said, once the connection is open.
  bool extended_secret : 1 = false;
  bool ticket_seen : 1 = false;
  bool offers_later_authentication : 1 = false;
  agreed_values agreed;
  std::uint16_t sessions_kept = 0;  // modulo 65536: it is looked at after every read
  unsigned presented = 0;           // which of a server's identities
  on_demand<session> offered;
  std::string sni;  // a client sends it; a server has been asked for it
  engine_counters statistics;
  on_demand<std::string> alpn;
};

}  // namespace plugtls::detail
