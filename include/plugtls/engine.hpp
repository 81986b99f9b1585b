// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "plugtls/context.hpp"
#include "plugtls/peer_verifier.hpp"
#include "plugtls/wire.hpp"

namespace plugtls {

/// What a call of an engine waits for. `failed` includes the orderly end: look at the error.
enum class engine_status : unsigned char { done, want_read, want_write, failed };

struct engine_result {
  std::size_t bytes = 0;  ///< read or written; valid with `done`
  engine_status status = engine_status::done;
  errc error = errc::success;  ///< set with `failed`
};

namespace detail {
inline const error_info& empty_engine_error() {
  static const error_info info = [] {
    error_info e;
    e.set(errc::invalid_argument, "the connection is empty: its context could not be made, or it was moved from");
    return e;
  }();
  return info;
}
inline const std::vector<certificate>& no_certificates() {
  static const std::vector<certificate> none;
  return none;
}
}  // namespace detail

/// One connection without any I/O of its own. Every call takes a port to pull and push ciphertext through and never
/// blocks: it does what it can, then says what it waits for; call again with the same or another port when that has
/// come.
///
/// One thread at a time. Movable: the connection's own state keeps its address. Whatever is wrong with the arguments of
/// the constructor is reported by the first call.
template <class B>
class basic_engine {
 public:
  using backend_type = B;

  basic_engine() = default;
  /// `peer` matters to clients only: `peer_name_required` and `invalid_argument` (no valid name) come from it.
  explicit basic_engine(const basic_context<B>& ctx, peer_options peer = {}) {
    if (ctx) state_ = std::make_unique<state>(ctx, std::move(peer));
  }

  /// Goes on with the handshake. Fails with a verification condition, `protocol_version`, `no_shared_cipher`,
  /// `no_application_protocol`, `alert_received`, `not_tls`, `handshake_too_large`, `closed` (the peer changed its
  /// mind), `truncated`, `io_error`, `timed_out`, `handshake_failed`; the connection is dead then.
  engine_result handshake(port& p) {
    if (!state_) return empty();
    state& s = *state_;
    if (s.current == phase::open) return {};
    if (s.current == phase::failed) return {0, engine_status::failed, s.error.code};
    s.w.bind(p);
    for (int spins = 0; !s.native_done;) {
      switch (s.native.handshake()) {
        case native_status::done: s.native_done = true; break;
        case native_status::again:
          if (const auto wait = s.waiting()) return *wait;
          // Libraries may ask again without having been blocked (mbedTLS 3.6 does); for ever would be a fault of
          // theirs.
          if (++spins < max_spins && s.w.fault() == errc::success) break;
          return s.fail();
        case native_status::closed: s.closed_early = true; return s.fail();
        case native_status::failed: return s.fail();
      }
    }
    if (!s.is_verified()) return s.fail();
    const io_status sent = s.w.flush();
    if (sent == io_status::would_block) return {0, engine_status::want_write, errc::success};
    if (sent == io_status::error) return s.fail();
    s.establish();
    return {};
  }

  /// Reads decrypted bytes, at least one. `closed`: the peer's close_notify, for ever after. `truncated`: the transport
  /// ended without it. `alert_received`, `bad_record`, `io_error`: the connection is dead.
  engine_result read_some(port& p, std::byte* out, std::size_t size) {
    if (!state_ || state_->current != phase::open) return not_open();
    state& s = *state_;
    if (s.peer_closed) return {0, engine_status::failed, errc::closed};
    if (size == 0) return {};
    s.w.bind(p);
    for (int spins = 0;;) {
      const native_result r = s.native.read(out, size);
      if (r.status == native_status::done) [[likely]]
        return {r.bytes, engine_status::done, errc::success};
      if (r.status == native_status::closed) return s.end_by_peer();
      if (r.status == native_status::failed || s.w.fault() != errc::success) return s.fail();
      if (const auto wait = s.waiting()) return *wait;
      if (++spins == max_spins) return s.fail();
    }
  }

  /// Encrypts and sends at most one record. What is reported as written is ours: what the transport refuses of it is
  /// sent by the next write, flush or shutdown, which also report its late errors. `closed`: after our close_notify,
  /// and in TLS 1.2 after the peer's. `io_error`: the transport takes nothing more; what the peer sent can still be
  /// read.
  engine_result write_some(port& p, const std::byte* data, std::size_t size) {
    if (!state_ || state_->current != phase::open) return not_open();
    state& s = *state_;
    if (s.own_closed) return {0, engine_status::failed, errc::closed};
    s.w.bind(p);
    if (s.w.has_output() || s.w.write_broken()) [[unlikely]] {
      const engine_result drained = s.drain();
      if (drained.status != engine_status::done) return drained;
    }
    if (size == 0) return {};
    if (size > s.max_write) size = s.max_write;
    for (int spins = 0;;) {
      const native_result r = s.native.write(data, size);
      if (r.status == native_status::done) [[likely]]
        return {r.bytes, engine_status::done, errc::success};
      if (s.w.write_broken()) return s.drain();
      if (r.status != native_status::again) return s.fail();
      if (const auto wait = s.waiting()) return *wait;
      if (++spins == max_spins) return s.fail();
    }
  }

  /// Sends what earlier calls left behind: bytes, or the alert of a connection that has failed. `io_error` where it
  /// cannot.
  engine_result flush(port& p) {
    if (!state_) return empty();
    state_->w.bind(p);
    return state_->drain();
  }

  /// Sends close_notify, once; reading goes on. A connection that is not established only sends what is left to send;
  /// one that has failed (`truncated`, say) tells so again.
  engine_result shutdown(port& p) {
    if (!state_) return empty();
    state& s = *state_;
    s.w.bind(p);
    if (s.current == phase::open) s.close_own();
    const engine_result sent = s.drain();
    return s.current == phase::failed && sent.status != engine_status::want_write ? not_open() : sent;
  }

  bool established() const noexcept { return state_ && state_->current == phase::open; }
  /// Whether the peer's close_notify, or ours, has passed.
  bool peer_closed() const noexcept { return state_ && state_->peer_closed; }
  bool own_closed() const noexcept { return state_ && state_->own_closed; }
  /// Bytes that `read_some` gives without touching the port.
  std::size_t pending() const noexcept { return established() ? state_->native.pending() : 0; }
  /// Whether ciphertext waits to be sent.
  bool has_output() const noexcept { return state_ && state_->w.has_output(); }

  /// What ended the connection, or the last write; `success` while all is well and after an orderly end.
  const error_info& error() const noexcept { return state_ ? state_->error : detail::empty_engine_error(); }

  tls_version version() const noexcept { return established() ? state_->agreed.version : tls_version::automatic; }
  plugtls::cipher_suite cipher_suite() const noexcept {
    return established() ? state_->agreed.suite : plugtls::cipher_suite::none;
  }
  named_group group() const noexcept { return established() ? state_->agreed.group : named_group::none; }
  /// The scheme that the server signed with; `none` where the backend does not tell.
  plugtls::signature_scheme signature_scheme() const noexcept {
    return established() ? state_->agreed.scheme : plugtls::signature_scheme::none;
  }
  /// The protocol agreed on by ALPN, empty without one. Valid as long as the engine.
  std::string_view alpn() const noexcept { return established() ? std::string_view(state_->agreed.alpn) : ""; }
  /// The name that the client asked for by SNI, on both roles. Valid as long as the engine.
  std::string_view server_name() const noexcept {
    return state_ ? std::string_view(state_->w.observer().facts().server_name) : "";
  }
  bool resumed() const noexcept { return established() && state_->resumed; }

  /// The peer's certificates as presented, leaf first; empty when it sent none. After a refusal those that were
  /// refused.
  const std::vector<certificate>& peer_chain() const noexcept {
    return state_ ? state_->peer_chain() : detail::no_certificates();
  }
  /// The path from the leaf to the trust anchor, as it was verified; empty when nothing was.
  const std::vector<certificate>& verified_path() const noexcept {
    return state_ ? state_->verifier.path() : detail::no_certificates();
  }

  /// The exception that the verify callback threw, to be rethrown once; empty otherwise.
  detail::exception_slot* callback_exception() noexcept { return state_ ? &state_->verifier.exception() : nullptr; }

  /// The backend's connection. The engine must not be empty.
  typename B::connection& native() noexcept { return state_->native; }

 private:
  static constexpr int max_spins = 1000;
  enum class phase : unsigned char { handshake, open, failed };

  struct state {
    state(const basic_context<B>& c, peer_options options)
        : context(c),
          peer(std::move(options)),
          name(parse_name()),
          w(c.plan().own, c.plan().min_version, c.plan().max_version, c.plan().groups,
            c.plan().limit.max_handshake_size),
          verifier(c.plan().verify, name, peer.name) {
      const std::string sni = server_name();
      errc e = error.code;
      if (e == errc::success) e = native.open(context.native(), sni, w, verifier, error);
      if (e == errc::success) return;
      error.code = e;
      current = phase::failed;
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
      return rules.own == role::server && rules.mode == verify_mode::optional;  // presented nothing
    }

    void establish() {
      native.negotiated(agreed);
      const detail::hello_facts& facts = w.observer().facts();
      if (agreed.version == tls_version::automatic) agreed.version = facts.version;
      if (agreed.suite == plugtls::cipher_suite::none) agreed.suite = facts.suite;
      if (agreed.group == named_group::none) agreed.group = facts.group;
      if (agreed.scheme == plugtls::signature_scheme::none) agreed.scheme = facts.scheme;
      resumed = agreed.version == tls_version::tls1_3 ? facts.psk_selected : !facts.certificate_seen;
      const std::size_t record = context.plan().limit.max_record_size;
      max_write = native.max_write() < record ? native.max_write() : record;
      w.established();
      current = phase::open;
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
      current = phase::failed;
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
      if (!verifier.chain().empty()) return verifier.chain();
      if (!asked_native && current == phase::open) {
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
    phase current = phase::handshake;
    bool native_done = false;
    bool closed_early = false;
    bool own_closed = false;
    bool peer_closed = false;
    bool resumed = false;
    bool asked_native = false;
    std::size_t max_write = 16384;
    negotiated_values agreed;
    std::vector<certificate> unverified;
  };

  static engine_result empty() noexcept { return {0, engine_status::failed, errc::invalid_argument}; }
  engine_result not_open() const noexcept {
    if (state_ && state_->current == phase::failed) return {0, engine_status::failed, state_->error.code};
    return empty();
  }

  std::unique_ptr<state> state_;
};

}  // namespace plugtls
