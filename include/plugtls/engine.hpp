// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <concepts>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "plugtls/context.hpp"
#include "plugtls/detail/parked.hpp"
#include "plugtls/engine_state.hpp"
#include "plugtls/gather.hpp"
#include "plugtls/keying_material.hpp"
#include "plugtls/statistics.hpp"

namespace plugtls {

namespace detail {
inline const error_info& empty_engine_error() {
  static const error_info info = [] {
    error_info e;
    e.set(errc::invalid_argument, "the connection is empty: its context could not be made, or it was moved from");
    return e;
  }();
  return info;
}
inline error_info not_established() {
  error_info e;
  e.set(errc::invalid_argument, "the connection is not established: nothing is agreed on yet, or no more");
  return e;
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
  explicit basic_engine(const basic_context<B>& ctx, peer_options peer = {}) : state_(make_state(ctx, peer)) {}

  /// Goes on with the handshake. Fails with a verification condition, `protocol_version`, `no_shared_cipher`,
  /// `no_application_protocol`, `unrecognized_name`, `alert_received`, `not_tls`, `handshake_too_large`, `closed` (the
  /// peer changed its mind), `truncated`, `io_error`, `timed_out`, `signing_failed`, `key_mismatch` (a signer's
  /// signature), `handshake_failed`; the connection is dead then. `want_signature`: a signer has no answer yet; call
  /// again when it has one (see `signer`).
  engine_result handshake(port& p) {
    if (!state_) return empty();
    state& s = *state_;
    if (s.current == phase::open) return {};
    if (s.current == phase::failed) return {0, engine_status::failed, s.error().code};
    s.w.bind(p);
    const wire::lender lent(s.w);
    if (s.is_choosing) [[unlikely]]
      if (const auto waits = detail::choose_by_hello(s)) return *waits;
    for (int spins = 0; !s.native_done;) {
      const native_status step = s.step();
      if (s.verifier.exception()) return s.fail();
      switch (step) {
        case native_status::done: s.native_done = true; break;
        case native_status::again:
          if (s.opening->desk->awaited() != nullptr) return {0, engine_status::want_signature, errc::success};
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
    // The last that a server of TLS 1.3 sends are tickets. A client that is gone needs none, and may have said
    // something.
    const bool is_late = s.context.plan().own == role::server && s.w.observer().facts().version == tls_version::tls1_3;
    if (sent == io_status::error && !is_late) return s.fail();
    s.establish();
    return {};
  }

  /// Sends early data, a client's that has `replayable_early_data`, before the handshake: all or nothing. WHO RECORDS
  /// IT CAN SEND IT AGAIN; see `early_data_status`. `done` with 0 bytes: nothing is sent, since there is no session to
  /// resume, or its ticket allows none. `too_long`: more than `early_data_room()`; nothing is sent of it. Otherwise it
  /// leaves with the next call, of whatever kind, and the handshake tells by `early_data()` whether the server has
  /// taken it; where that is not `accepted` it is for the program to send it again. Errors else: as of `write_some`.
  ///
  /// On a server that has accepted early data: answers it, at most a record, also before the handshake is done (RFC
  /// 8446 §2.3), when nobody has proved to be there to read that. Afterwards it is the same as `write_some`.
  ///
  /// `invalid_argument`: the settings do not allow early data, a client's handshake has begun, or a server has accepted
  /// none; the connection goes on.
  engine_result write_replayable_early_data(port& p, const std::byte* data, std::size_t size) {
    if (!state_ || state_->current == phase::failed) return not_open();
    if (state_->current == phase::open && own_answers_early()) return write_some(p, data, size);
    return detail::write_early(*state_, p, data, size);
  }

  /// Reads early data, a server's, and goes on with the handshake as far as that takes. WHO HAS RECORDED IT CAN HAVE
  /// SENT IT AGAIN; see `early_data_status`. Asking is what accepts it: a connection whose handshake begins otherwise
  /// rejects all of it. `done` with 0 bytes is its end, and all that there is where a client sends none, where it is
  /// rejected, or where the settings allow none; then comes `handshake`. What is not read before that can be read after
  /// it: `read_some` never gives it. Errors: as of `handshake`; on clients `invalid_argument`.
  engine_result read_replayable_early_data(port& p, std::byte* out, std::size_t size) {
    if (!state_) return empty();
    return detail::read_early(*state_, out, size, [&] { return handshake(p); });
  }

  /// How many bytes of early data can be sent now, a client's: what the ticket of the session allows that is offered,
  /// less what was sent; 0 where there is none, and once the handshake has begun.
  std::size_t early_data_room() const noexcept { return state_ ? detail::early_data_room(*state_) : 0; }
  /// What became of the early data.
  early_data_status early_data() const noexcept {
    return state_ ? detail::early_data_of(*state_) : early_data_status::not_offered;
  }

  /// Has the ciphertext of the handshake seen by a tap (`handshake_trace` is one), which must outlive the handshake; to
  /// be called before it, null for none. Costs nothing afterwards.
  void tap(wire_tap* t) noexcept {
    if (state_) state_->w.tap(t);
  }

  /// Reads decrypted bytes, at least one. `closed`: the peer's close_notify, for ever after. `truncated`: the transport
  /// ended without it. `alert_received`, `bad_record`, `io_error`: the connection is dead.
  template <std::derived_from<port> P>
  [[gnu::always_inline]] engine_result read_some(P& p, std::byte* out, std::size_t size) {
    if (reads_plainly<P>(size)) [[likely]]
      return read_plainly(p, detail::parked(std::span(out, size)), out, size);
    return read_otherwise(p, out, size);
  }

  /// Encrypts and sends at most one record. What is reported as written is ours: what the transport refuses of it is
  /// sent by the next write, flush or shutdown, which also report its late errors. `closed`: after our close_notify,
  /// and in TLS 1.2 after the peer's. `io_error`: the transport takes nothing more; what the peer sent can still be
  /// read.
  template <std::derived_from<port> P>
  [[gnu::always_inline]] engine_result write_some(P& p, const std::byte* data, std::size_t size) {
    if (writes_plainly<P>(size)) [[likely]]
      return write_plainly(p, data, size);
    return write_otherwise(p, data, size);
  }

  /// The same, of several pieces, which go into one record as far as they fit.
  engine_result write_some(port& p, std::span<const const_buffer> pieces) {
    gathered::block room;
    const byte_view one = gathered(pieces).next(room, max_write());
    return write_some(p, one.data(), one.size());
  }
  /// The most bytes that go into a record that this end writes.
  std::size_t max_write() const noexcept { return state_ ? state_->w.max_write() : 0; }

  /// Writes with new keys from here on, and asks the peer to do the same (KeyUpdate, RFC 8446 §4.6.3). Libraries do so
  /// by themselves before a key is worn out; this is for those who want it sooner. `done`: it is on its way, and must
  /// not be repeated; what the transport refuses of it is sent as in `write_some`, whose errors it has too.
  /// `unsupported`: the connection speaks TLS 1.2, or the backend lacks capability `request_key_update`; nothing has
  /// happened then.
  engine_result update_keys(port& p) {
    if (!state_ || state_->current != phase::open) return not_open();
    state& s = *state_;
    if (s.own_closed) return {0, engine_status::failed, errc::closed};
    if constexpr (has<B, capability::request_key_update>) {
      if (s.agreed.version == tls_version::tls1_3) {
        s.w.bind(p);
        const engine_result drained = s.drain();
        if (drained.status != engine_status::done) return drained;
        const native_status updated = s.native.update_keys();
        if (s.w.write_broken()) return s.drain();
        if (updated == native_status::again) return {0, engine_status::want_read, errc::success};
        return updated == native_status::done ? engine_result{} : s.fail();
      }
    }
    return {0, engine_status::failed, errc::unsupported};
  }

  /// Asks the client, on a server, for a certificate (RFC 8446 §4.6.2; `server_settings::post_handshake_auth`). `done`:
  /// the request is on its way, and must not be repeated; what the transport refuses of it is sent as in `write_some`,
  /// whose errors it has too. The client answers when it likes, and reading takes the answer in: until then
  /// `client_certificate_pending` is true, the peer is who it was, and data that come are data of that peer. The answer
  /// is judged as in a handshake, and `peer_chain` is what was presented now. A client that is refused ends the
  /// connection: the read fails, with the errors and alerts of a handshake. One that presents nothing is refused where
  /// `mode` is `required` (`certificate_required`), and anonymous from then on where it is `optional`.
  ///
  /// May be called again after each answer. Tickets that the client got before stay what they were; with the answer
  /// come new ones, which stand for the client of the answer. Where nothing has happened `info` says why: `unsupported`
  /// (the connection speaks TLS 1.2, the client has not offered to be asked, or the backend lacks capability
  /// post_handshake_auth), `closed`, `invalid_argument` (not a server, not established, not set, a request is
  /// unanswered already, or the mode is none, or optional where the context requires certificates).
  engine_result request_client_certificate(port& p, verify_mode mode, error_info& info) {
    info = established() ? detail::why_not_asked(*state_, mode) : detail::not_established();
    if (info.code != errc::success) return {0, engine_status::failed, info.code};
    state_->w.bind(p);
    const engine_result r = detail::ask_for_certificate(*state_, mode);
    if (r.status == engine_status::failed) info = state_->error();
    return r;
  }
  engine_result request_client_certificate(port& p, verify_mode mode = verify_mode::required) {
    error_info info;
    return request_client_certificate(p, mode, info);
  }

  /// Whether a client has been asked for a certificate and has not answered yet. Tells of the data that a read has just
  /// given whether they came before the answer.
  bool client_certificate_pending() const noexcept { return established() && state_->extras->later.asked != nullptr; }

  /// Waits for the answer, without reading anything that the client sends beside: `done` when it is there, when none is
  /// awaited, or when data stand before it, which must be read first; `client_certificate_pending` tells. Errors: see
  /// `read_some`.
  engine_result await_client_certificate(port& p) {
    if (!state_ || state_->current != phase::open) return not_open();
    if (state_->extras->later.asked && state_->peer_closed) return {0, engine_status::failed, errc::closed};
    state_->w.bind(p);
    return detail::await_answer(*state_);
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
  /// Whether `read_some` may have something to give although nothing more comes from the transport: `pending` bytes, or
  /// a record that was read ahead. Who waits for the transport to become readable asks this first. After a read that
  /// has said `want_read` it is false.
  bool has_input() const noexcept { return state_ && state_->has_input(); }
  /// Takes what was read ahead and is no part of this connection: what the peer has sent, in whatever protocol, after
  /// its close_notify. Gives at most `size` bytes, 0 when there are no more; 0 also before `peer_closed`.
  std::size_t take_rest(std::byte* out, std::size_t size) noexcept {
    return peer_closed() ? state_->w.take_ahead(out, size) : 0;
  }
  /// Whether ciphertext waits to be sent.
  bool has_output() const noexcept { return state_ && state_->w.has_output(); }

  /// What ended the connection, or the last write; `success` while all is well and after an orderly end. Valid until
  /// the next call of anything.
  const error_info& error() const noexcept { return state_ ? state_->error() : detail::empty_engine_error(); }

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
  std::string_view alpn() const noexcept { return established() ? std::string_view(*state_->alpn) : ""; }
  /// The name that the client asked for by SNI, on both roles. Valid as long as the engine.
  std::string_view server_name() const noexcept { return state_ ? std::string_view(state_->asked_name()) : ""; }
  /// Whether the connection resumes a session, on both roles.
  bool resumed() const noexcept { return established() && state_->resumed; }
  /// Returns the newest session that a client can resume, for `peer_options::resume`; empty while there is none. A
  /// server of TLS 1.3 sends it after the handshake: it is there once something has been read. Asked for, and kept,
  /// only where `client_settings::sessions` is set.
  plugtls::session session() const { return state_ ? detail::latest_session(*state_) : plugtls::session(); }

  /// What the connection has carried so far; kept when it fails.
  connection_statistics statistics() const noexcept {
    if (!state_) return {};
    connection_statistics out;
    const detail::engine_counters& counted = state_->statistics;
    out.bytes_read = counted.bytes_read;
    out.bytes_written = counted.bytes_written;
    out.records_written = counted.records_written;
    out.handshake_bytes_read = counted.handshake_bytes_read;
    out.handshake_bytes_written = counted.handshake_bytes_written;
    out.early_bytes_read = state_->extras->early_bytes_read;
    out.early_bytes_written = state_->extras->early_bytes_written;
    out.resumed = state_->resumed;
    out.ciphertext_read = state_->w.bytes_read();
    out.ciphertext_written = state_->w.bytes_written();
    return out;
  }

  /// The name of the external PSK that the connection was made with, empty without; then it may stand for the peer:
  /// there is no certificate. Valid as long as the engine.
  std::string_view psk_identity() const noexcept {
    const external_psk* psk = established() ? state_->psk() : nullptr;
    return psk ? std::string_view(psk->identity) : "";
  }

  /// The peer's certificates as presented, leaf first; empty when it sent none. After a refusal those that were
  /// refused. On a resumed connection those of the full handshake, and after an answer to `request_client_certificate`
  /// those of the answer. Valid until the next such answer; what is told during the handshake, until its end.
  const std::vector<certificate>& peer_chain() const noexcept {
    return state_ ? state_->peer_chain() : detail::no_certificates();
  }
  /// The path from the leaf to the trust anchor, as it was verified; empty when nothing was.
  const std::vector<certificate>& verified_path() const noexcept {
    if (!state_) return detail::no_certificates();
    if (const peer_verifier* one = state_->later_verdict()) return one->path();
    return state_->verifier.path();
  }

  /// Waits for the signer that the handshake waits for, at most so many milliseconds (negative: for as long as it
  /// takes), by its own `wait`; returns at once where nothing waits. What that throws comes out of this call.
  void wait_for_signer(int milliseconds) const {
    const signer* one = state_ && state_->opening ? state_->opening->desk->awaited() : nullptr;
    if (one != nullptr) one->wait(milliseconds);
  }

  /// Exports keying material that both ends of this connection, and nobody else, can compute (RFC 5705, RFC 8446 §7.5):
  /// fills `out`, 1 to 8160 bytes. Needs capability exporter. `invalid_argument`: the connection is not established, or
  /// a label, context or size that cannot be (see `exporter_label`). `unsupported`: the backend cannot, or the
  /// connection is one of TLS 1.2 without extended master secret (RFC 7627). The connection goes on in any case.
  errc export_keying_material(const exporter_label& what, std::span<std::byte> out, error_info& info) {
    if (established()) return detail::export_keying_material(*state_, what, out, info);
    info = detail::not_established();
    return info.code;
  }

  /// Computes what an authentication above TLS is bound to; see `channel_binding_type`. Empty, and `info` says why:
  /// `invalid_argument` (the connection is not established), `unsupported` (not defined for this version or
  /// certificate, TLS 1.2 without extended master secret, or the backend cannot).
  byte_vector channel_binding(channel_binding_type type, error_info& info) {
    if (established()) return detail::channel_binding(*state_, type, info);
    info = detail::not_established();
    return {};
  }

  /// The exception that a callback of the settings threw, to be rethrown once; empty otherwise.
  detail::exception_slot* callback_exception() noexcept { return state_ ? &state_->thrown() : nullptr; }

  // The backend's callbacks may be made for one type of port, which they call without its pointers.
  template <class P>
  using known_port = std::conditional_t<detail::static_port<P>, P, port>;

  // For streams: the short way, where nothing is out of the ordinary, and whether that is so.
  template <class P>
  [[gnu::always_inline]] bool reads_plainly(std::size_t size) const noexcept {
    if constexpr (std::is_same_v<known_port<P>, port>)
      return static_cast<std::uint32_t>(size - 1) < state_.limits().read_untyped;
    else
      return static_cast<std::uint32_t>(size - 1) < state_.limits().read && is_made_for<P>();
  }
  template <class P>
  [[gnu::always_inline]] engine_result read_plainly(P& p, const detail::parked<std::byte>& given, std::byte* out,
                                                    std::size_t size) {
    state& s = *state_;
    std::byte room[read_ahead::room_size];
    s.w.bind_directly(p);
    s.w.lend_free_room(room);
    const std::ptrdiff_t n = s.native.read(out, size);
    s.w.take_room();
    if (n <= 0) [[unlikely]] {
      const native_status why = read_stopped(s, n);
      if (why == native_status::done) [[likely]]
        return {0, engine_status::want_read, errc::success};
      return read_on(s, given.view(), {0, why});
    }
    const auto bytes = static_cast<std::size_t>(n);
    s.statistics.bytes_read += bytes;
    return {bytes, engine_status::done, errc::success};
  }
  template <class P>
  [[gnu::always_inline]] bool writes_plainly(std::size_t size) const noexcept {
    if constexpr (std::is_same_v<known_port<P>, port>)
      return size - 1 < state_.limits().write_untyped;
    else
      return size - 1 < state_.limits().write && is_made_for<P>();
  }
  template <bool tells_rest = false, class P>
  [[gnu::always_inline]] engine_result write_plainly(P& p, const std::byte* data, std::size_t size) {
    state& s = *state_;
    s.w.bind_directly(p);
    ++s.statistics.records_written;
    const std::ptrdiff_t n = s.native.write(data, size);
    if (n <= 0) [[unlikely]]
      return write_stopped(s, n);
    const auto bytes = static_cast<std::size_t>(n);
    s.statistics.bytes_written += bytes;
    // Who wants to know waits until all of it is on its way.
    if (tells_rest && s.w.has_output()) [[unlikely]]
      return {bytes, engine_status::want_write, errc::success};
    return {bytes, engine_status::done, errc::success};
  }

  // The other one; right wherever the short way is. Before it the backend's callbacks may be made for the type of port.
  template <class P>
  [[gnu::cold, gnu::noinline]] engine_result read_otherwise(P& p, std::byte* out, std::size_t size) {
    make_for<P>();
    return read_carefully(p, out, size);
  }
  template <class P>
  [[gnu::cold, gnu::noinline]] engine_result write_otherwise(P& p, const std::byte* data, std::size_t size) {
    make_for<P>();
    return write_carefully(p, data, size);
  }
  [[gnu::noinline]] engine_result read_carefully(port& p, std::byte* out, std::size_t size) {
    if (!state_ || state_->current != phase::open) return not_open();
    if (state_->peer_closed) return {0, engine_status::failed, errc::closed};
    if (size == 0) return {};
    state_->w.bind(p);
    return read_on(*state_, {out, size}, native_read(*state_, out, size));
  }
  [[gnu::noinline]] engine_result write_carefully(port& p, const std::byte* data, std::size_t size) {
    if (!state_ || state_->current != phase::open) return not_open();
    state& s = *state_;
    if (s.own_closed) return {0, engine_status::failed, errc::closed};
    s.mark();
    s.w.bind(p);
    if (s.w.has_output() || s.w.write_broken()) {
      const engine_result drained = s.drain();
      if (drained.status != engine_status::done) return drained;
    }
    if (size == 0) return {};
    if (size > s.w.max_write()) size = s.w.max_write();
    ++s.statistics.records_written;
    return write_on(s, data, size, native_write(s, data, size));
  }

  /// The backend's connection. The engine must not be empty.
  typename B::connection& native() noexcept { return state_->native; }

 private:
  static constexpr int max_spins = 1000;
  using phase = detail::engine_phase;
  using state = detail::engine_state<B>;

  [[gnu::noinline]] static detail::state_handle<state> make_state(const basic_context<B>& ctx, peer_options& peer) {
    return ctx ? detail::state_handle<state>(std::make_unique<state>(ctx, std::move(peer)))
               : detail::state_handle<state>();
  }

  static constexpr bool has_types = requires(typename B::connection & c) { c.template use<port>(); };

  template <class P>
  [[gnu::always_inline]] bool is_made_for() const noexcept {
    if constexpr (has_types) return state_->w.template is_for<known_port<P>>();
    return true;
  }
  template <class P>
  void make_for() noexcept {
    if constexpr (has_types)
      if (established() && !is_made_for<P>() && state_->native.template use<known_port<P>>())
        state_->w.template made_for<known_port<P>>();
  }

  // Reading and writing where something is out of the ordinary, or has just turned out to be.
  static native_result native_read(state& s, std::byte* out, std::size_t size) {
    if (size > state::max_read) size = state::max_read;
    const wire::lender lent(s.w);
    const auto read = [&] {
      const std::ptrdiff_t n = s.native.read(out, size);
      return n > 0 ? native_result{static_cast<std::size_t>(n), native_status::done}
                   : native_result{0, s.native.read_ended(n)};
    };
    return s.authenticates_later ? detail::step_later(s, read) : read();
  }
  // `done`: nothing is wrong, it waits for the peer.
  [[gnu::noinline]] static native_status read_stopped(state& s, std::ptrdiff_t n) {
    const native_status why = s.native.read_ended(n);
    const bool waits = s.w.blocked_read() && s.w.fault() == errc::success;
    return why == native_status::again && waits ? native_status::done : why;
  }
  [[gnu::noinline]] static engine_result write_stopped(state& s, std::ptrdiff_t n) {
    const native_status why = s.native.write_ended(n);
    if (why != native_status::again || s.w.blocked_read() || s.w.blocked_write() || s.w.write_broken())
      return write_on(s, nullptr, 0, {0, why});
    // Once more, with care.
    --s.statistics.records_written;
    s.w.set(wire::no_plain_write, true);
    return {0, engine_status::want_write, errc::success};
  }
  [[gnu::noinline]] static engine_result read_on(state& s, std::span<std::byte> out, native_result r) {
    for (int spins = 0;; r = native_read(s, out.data(), out.size())) {
      if (s.keeps_sessions) detail::keep_sessions(s);
      if (r.status == native_status::done) {
        s.statistics.bytes_read += r.bytes;
        return {r.bytes, engine_status::done, errc::success};
      }
      if (r.status == native_status::closed) return s.end_by_peer();
      if (r.status == native_status::failed || s.w.fault() != errc::success) return s.fail(errc::bad_record);
      if (const auto wait = s.waiting()) return *wait;
      if (++spins == max_spins) return s.fail(errc::bad_record);
    }
  }

  static native_result native_write(state& s, const std::byte* data, std::size_t size) {
    const auto write = [&] {
      const std::ptrdiff_t n = s.native.write(data, size);
      return n > 0 ? native_result{static_cast<std::size_t>(n), native_status::done}
                   : native_result{0, s.native.write_ended(n)};
    };
    return s.authenticates_later ? detail::step_later(s, write) : write();
  }
  static engine_result write_on(state& s, const std::byte* data, std::size_t size, native_result r) {
    for (int spins = 0;; r = native_write(s, data, size)) {
      if (r.status == native_status::done) {
        s.statistics.bytes_written += r.bytes;
        return {r.bytes, engine_status::done, errc::success};
      }
      const auto wait = s.waiting();
      if (wait || s.w.write_broken() || r.status != native_status::again || ++spins == max_spins) {
        --s.statistics.records_written;
        if (s.w.write_broken()) return s.drain();
        return wait && r.status == native_status::again ? *wait : s.fail();
      }
    }
  }

  bool own_answers_early() const noexcept {
    return state_->context.plan().own == role::server && early_data() == early_data_status::accepted;
  }
  static engine_result empty() noexcept { return {0, engine_status::failed, errc::invalid_argument}; }
  engine_result not_open() const noexcept {
    if (state_ && state_->current == phase::failed) return {0, engine_status::failed, state_->error().code};
    return empty();
  }

  detail::state_handle<state> state_;
};

}  // namespace plugtls
