// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <initializer_list>
#include <span>
#include <string>
#include <type_traits>
#include <utility>

#include "plugtls/buffer.hpp"
#include "plugtls/detail/parked.hpp"
#include "plugtls/detail/stream_failure.hpp"
#include "plugtls/engine.hpp"
#include "plugtls/gather.hpp"
#include "plugtls/transport.hpp"

namespace plugtls {

/// A TLS connection over a byte pipe: an engine, a transport, and the one loop that waits.
///
/// Owns its transport, or refers to it where `T` is a reference. Every operation has a form that reports through
/// `std::error_code` and one that throws `tls_error`; `error()` tells the details of the last failure. Blocking by
/// default: an operation waits until it is done or the transport's deadline passes (`timed_out`; it may be called
/// again). With `non_blocking(true)` it gives `would_block` instead, and `want()` tells what to wait for.
///
/// Reading and writing shake hands first where that has not happened. Movable; one thread at a time. The destructor
/// sends nothing: a connection that is not shut down ends `truncated` at the peer.
template <class T, class B>
requires Transport<std::remove_reference_t<T>>
class stream {
 public:
  using next_layer_type = std::remove_reference_t<T>;
  using backend_type = B;

  /// Makes one end, of the context's role. A client names its peer; what is wrong with the name is reported by the
  /// handshake.
  [[gnu::cold]] explicit stream(const basic_context<B>& ctx, std::type_identity_t<T> transport, peer_options peer = {})
      : pipe_(static_cast<T&&>(transport)), engine_(ctx, std::move(peer)) {}
  stream(stream&&) noexcept = default;
  stream& operator=(stream&&) noexcept = default;

  /// Shakes hands; verifies the peer as the context says. After a failure the connection is dead. Errors: see
  /// `basic_engine::handshake`, and `timed_out`.
  void handshake(std::error_code& ec) {
    run(ec, [this](port& p) { return engine_.handshake(p); });
    if (ec && ec != errc::would_block && ec != errc::timed_out) send_last_words();
  }
  /// The same under the names of 1996; the role is the context's.
  void connect(std::error_code& ec) { handshake(ec); }
  void accept(std::error_code& ec) { handshake(ec); }

  /// Reads at least one byte, at most the buffer; zero only with an error, or into an empty buffer. `closed` is the
  /// orderly end, `truncated` the other one.
  [[gnu::always_inline]] std::size_t read_some(mutable_buffer out, std::error_code& ec) {
    const std::span<std::byte> room = out.bytes();
    if constexpr (has_short_way)
      if (engine_.template reads_plainly<pipe>(room.size())) [[likely]] {
        begin_operation();
        const detail::parked given(room);
        const engine_result r = engine_.read_plainly(pipe_, given, room.data(), room.size());
        if (r.status == engine_status::done) [[likely]] {
          if (ec) [[unlikely]]
            ec.clear();
          return r.bytes;
        }
        return read_on(given, ec, r);
      }
    return read_carefully(room, ec);
  }

  /// Fills the buffer. Returns how many bytes came before an error.
  std::size_t read(mutable_buffer out, std::error_code& ec) {
    const std::span<std::byte> room = out.bytes();
    std::size_t n = 0;
    ec.clear();
    while (n < room.size() && !ec) n += read_some(room.subspan(n), ec);
    return n;
  }

  /// Reads up to the orderly end, which is no error here. Returns what came, also with an error: `too_long` past
  /// `limit` bytes, `truncated` when the end was not orderly.
  std::string read_all(std::size_t limit, std::error_code& ec) {
    std::string text;
    char block[4096];
    ec.clear();
    for (;;) {
      const std::size_t n = read_some(block, ec);
      if (ec == errc::closed)
        ec.clear();
      else if (!ec && n <= limit - text.size()) {
        text.append(block, n);
        continue;
      } else if (!ec) {
        text.append(block, limit - text.size());
        failure_.set(ec, errc::too_long, "the peer sends more than the limit of " + std::to_string(limit) + " bytes");
      }
      return text;
    }
  }

  /// Writes at least one byte, at most a record. Bytes that it reports are on their way, and need not be given again.
  [[gnu::always_inline]] std::size_t write_some(const_buffer data, std::error_code& ec) {
    const byte_view bytes = data.bytes();
    if constexpr (has_short_way)
      if (engine_.template writes_plainly<pipe>(bytes.size())) [[likely]] {
        begin_operation();
        const detail::parked given(bytes);
        const engine_result r = engine_.template write_plainly<true>(pipe_, bytes.data(), bytes.size());
        if (r.status == engine_status::done) [[likely]] {
          if (ec) [[unlikely]]
            ec.clear();
          return r.bytes;
        }
        return write_on(given.view(), ec, r);
      }
    return write_carefully(bytes, ec);
  }

  /// Writes everything. Returns how much was taken before an error.
  std::size_t write(const_buffer data, std::error_code& ec) {
    byte_view rest = data.bytes();
    ec.clear();
    while (!rest.empty() && !ec) {
      tell_more(rest.size() > max_record);
      rest = rest.subspan(write_some(rest, ec));
    }
    tell_more(false);
    return data.bytes().size() - rest.size();
  }

  /// The same of several pieces, in their order, which fill records together: a header and a body need one record and
  /// one send. Small pieces are copied, large ones are not.
  std::size_t write_some(std::span<const const_buffer> pieces, std::error_code& ec) {
    if (!ready(ec)) return 0;
    gathered::block room;
    return write_some(gathered(pieces).next(room, engine_.max_write()), ec);
  }
  std::size_t write(std::span<const const_buffer> pieces, std::error_code& ec) {
    gathered rest(pieces);
    ec.clear();
    if (rest.empty() || !ready(ec)) return 0;
    const std::size_t most = engine_.max_write();
    const std::size_t n = rest.write_all(most, ec, [&](byte_view bytes, std::size_t left) {
      tell_more(left > most);
      return write_some(bytes, ec);
    });
    tell_more(false);
    return n;
  }
  std::size_t write(std::initializer_list<const_buffer> pieces, std::error_code& ec) {
    return write(std::span(pieces.begin(), pieces.size()), ec);
  }

  /// Sends what a non-blocking write left behind.
  void flush(std::error_code& ec) {
    run(ec, [this](port& p) { return engine_.flush(p); });
  }

  /// Writes with new keys from here on, and asks the peer to do the same (KeyUpdate, RFC 8446 §4.6.3); see
  /// `basic_engine::update_keys`. `unsupported`: nothing has happened, the connection is as good as before.
  void update_keys(std::error_code& ec) {
    if (!ready(ec)) return;
    run(ec, [this](port& p) { return engine_.update_keys(p); });
    if (ec == errc::unsupported)
      failure_.set(ec, errc::unsupported,
                   "keys cannot be updated here: that takes TLS 1.3, and a backend with capability request_key_update");
    if (!non_blocking_ && !ec && engine_.has_output()) flush(ec);
  }

  /// Sends early data before the handshake, all or nothing, or answers it on a server; see
  /// `basic_engine::write_replayable_early_data`. WHO RECORDS IT CAN SEND IT AGAIN. Returns 0 without an error where
  /// nothing is sent. After the handshake, where `early_data()` is not `accepted`, send it again by `write`:
  /// `s.write_replayable_early_data(request); s.handshake(); if (s.early_data() != early_data_status::accepted)
  /// s.write(request);`
  std::size_t write_replayable_early_data(const_buffer data, std::error_code& ec) {
    const byte_view bytes = data.bytes();
    const std::size_t n =
        run(ec, [&](port& p) { return engine_.write_replayable_early_data(p, bytes.data(), bytes.size()); });
    if (ec == errc::too_long && (*failure_).detail.empty())
      failure_.set(ec, errc::too_long,
                   "the session's ticket allows " + std::to_string(engine_.early_data_room()) + " bytes of early data");
    if (ec == errc::invalid_argument && (*failure_).detail.empty())
      failure_.set(
          ec, errc::invalid_argument,
          "early data is sent before the handshake, with replayable_early_data in the settings; a server answers it "
          "once it has accepted some");
    if (!non_blocking_ && !ec && n != 0 && engine_.has_output()) flush(ec);
    return n;
  }

  /// Reads early data, a server's, before the handshake; see `basic_engine::read_replayable_early_data`. WHO HAS
  /// RECORDED IT CAN HAVE SENT IT AGAIN. Returns 0 without an error at its end, or where there is none.
  std::size_t read_replayable_early_data(mutable_buffer out, std::error_code& ec) {
    const std::span<std::byte> room = out.bytes();
    const std::size_t n =
        run(ec, [&](port& p) { return engine_.read_replayable_early_data(p, room.data(), room.size()); });
    if (ec && ec != errc::would_block && ec != errc::timed_out) send_last_words();
    return n;
  }

  /// Asks the client, on a server, for a certificate; see `basic_engine::request_client_certificate`. Returns when the
  /// request is on its way. The answer comes while this end reads: `await_client_certificate`. Where `ec` tells that it
  /// cannot be done (`unsupported`, `invalid_argument`), the connection is as good as before.
  void request_client_certificate(verify_mode mode, std::error_code& ec) {
    if (!ready(ec)) return;
    error_info why;
    run(ec, [&](port& p) { return engine_.request_client_certificate(p, mode, why); });
    if (ec && ec == why.code) failure_.take(ec, std::move(why));
    if (!non_blocking_ && !ec && engine_.has_output()) flush(ec);
  }

  /// Waits until the client has answered, or has sent data before it, which must be read first: as long as
  /// `client_certificate_pending`, read, and wait again. Errors: those of a handshake that refuses the client.
  void await_client_certificate(std::error_code& ec) {
    run(ec, [this](port& p) { return engine_.await_client_certificate(p); });
  }

  /// Ends the connection in order: sends close_notify, then waits for the peer's, all within one deadline. What the
  /// peer still sends is dropped, up to 1 MiB (then `too_long`); read up to `closed` first where that matters.
  /// `truncated`: the peer ended without it.
  [[gnu::cold]] void shutdown(std::error_code& ec) {
    shutdown_send(ec);
    std::byte dropped[1024];
    std::size_t left = std::size_t{1} << 20;
    while (!ec && engine_.established() && !engine_.peer_closed()) {
      const std::span<std::byte> room(dropped, left < sizeof dropped ? left : sizeof dropped);
      left -= read_after(room, ec, engine_.read_carefully(pipe_, room.data(), room.size()));
      if (left == 0) failure_.set(ec, errc::too_long, "the peer goes on sending after our close_notify");
    }
    if (ec == errc::closed) ec.clear();
  }

  /// Sends close_notify; reading goes on (half-close, RFC 8446 §6.1; a TLS 1.2 peer will answer by closing).
  void shutdown_send(std::error_code& ec) {
    run(ec, [this](port& p) { return engine_.shutdown(p); });
  }

  /// Exports keying material of this connection into `out`; see `basic_engine::export_keying_material`.
  void export_keying_material(const exporter_label& what, mutable_buffer out, std::error_code& ec) {
    error_info info;
    engine_.export_keying_material(what, out.bytes(), info);
    failure_.take(ec, std::move(info));
  }

  /// Computes a channel binding; see `basic_engine::channel_binding`. Empty with an error.
  byte_vector channel_binding(channel_binding_type type, std::error_code& ec) {
    error_info info;
    byte_vector out = engine_.channel_binding(type, info);
    failure_.take(ec, std::move(info));
    return out;
  }

  // The same; throw tls_error.
  void handshake() requires detail::has_exceptions {
    or_raise([&](std::error_code& ec) { return handshake(ec), 0; });
  }
  void connect() requires detail::has_exceptions { handshake(); }
  void accept() requires detail::has_exceptions { handshake(); }
  std::size_t read_some(mutable_buffer out) requires detail::has_exceptions {
    return or_raise([&](std::error_code& ec) { return read_some(out, ec); });
  }
  std::size_t read(mutable_buffer out) requires detail::has_exceptions {
    return or_raise([&](std::error_code& ec) { return read(out, ec); });
  }
  std::string read_all(std::size_t limit) requires detail::has_exceptions {
    return or_raise([&](std::error_code& ec) { return read_all(limit, ec); });
  }
  std::size_t write_some(const_buffer data) requires detail::has_exceptions {
    return or_raise([&](std::error_code& ec) { return write_some(data, ec); });
  }
  std::size_t write(const_buffer data) requires detail::has_exceptions {
    return or_raise([&](std::error_code& ec) { return write(data, ec); });
  }
  std::size_t write_some(std::span<const const_buffer> pieces) requires detail::has_exceptions {
    return or_raise([&](std::error_code& ec) { return write_some(pieces, ec); });
  }
  std::size_t write(std::span<const const_buffer> pieces) requires detail::has_exceptions {
    return or_raise([&](std::error_code& ec) { return write(pieces, ec); });
  }
  std::size_t write(std::initializer_list<const_buffer> pieces) requires detail::has_exceptions {
    return or_raise([&](std::error_code& ec) { return write(pieces, ec); });
  }
  void flush() requires detail::has_exceptions {
    or_raise([&](std::error_code& ec) { return flush(ec), 0; });
  }
  void update_keys() requires detail::has_exceptions {
    or_raise([&](std::error_code& ec) { return update_keys(ec), 0; });
  }
  std::size_t write_replayable_early_data(const_buffer data) requires detail::has_exceptions {
    return or_raise([&](std::error_code& ec) { return write_replayable_early_data(data, ec); });
  }
  std::size_t read_replayable_early_data(mutable_buffer out) requires detail::has_exceptions {
    return or_raise([&](std::error_code& ec) { return read_replayable_early_data(out, ec); });
  }
  void request_client_certificate(verify_mode mode = verify_mode::required) requires detail::has_exceptions {
    or_raise([&](std::error_code& ec) { return request_client_certificate(mode, ec), 0; });
  }
  void await_client_certificate() requires detail::has_exceptions {
    or_raise([&](std::error_code& ec) { return await_client_certificate(ec), 0; });
  }
  void shutdown() requires detail::has_exceptions {
    or_raise([&](std::error_code& ec) { return shutdown(ec), 0; });
  }
  void shutdown_send() requires detail::has_exceptions {
    or_raise([&](std::error_code& ec) { return shutdown_send(ec), 0; });
  }

  void export_keying_material(const exporter_label& what, mutable_buffer out) requires detail::has_exceptions {
    or_raise([&](std::error_code& ec) { return export_keying_material(what, out, ec), 0; });
  }
  byte_vector channel_binding(channel_binding_type type) requires detail::has_exceptions {
    return or_raise([&](std::error_code& ec) { return channel_binding(type, ec); });
  }

  /// Switches between waiting and `would_block`.
  void non_blocking(bool on) noexcept { non_blocking_ = on; }
  bool non_blocking() const noexcept { return non_blocking_; }
  /// What the operation that gave `would_block` waits for: the transport, or a signer that answers later.
  readiness want() const noexcept { return want_; }

  /// Details of the last failure, valid until the next call of anything.
  const error_info& error() const noexcept { return *failure_; }

  next_layer_type& next_layer() noexcept { return pipe_.transport; }
  const next_layer_type& next_layer() const noexcept { return pipe_.transport; }
  basic_engine<B>& engine() noexcept { return engine_; }
  const basic_engine<B>& engine() const noexcept { return engine_; }

  // What was agreed on; see basic_engine.
  bool established() const noexcept { return engine_.established(); }
  std::size_t pending() const noexcept { return engine_.pending(); }
  /// Whether `read_some` may have something to give although nothing more comes from the transport; who waits for that
  /// to become readable asks this first. See `basic_engine::has_input`.
  bool has_input() const noexcept { return engine_.has_input(); }
  /// Takes what the peer has sent after its close_notify, as far as it was read ahead; the transport has the rest. See
  /// `basic_engine::take_rest`.
  std::size_t take_rest(mutable_buffer out) noexcept {
    return engine_.take_rest(out.bytes().data(), out.bytes().size());
  }
  tls_version version() const noexcept { return engine_.version(); }
  plugtls::cipher_suite cipher_suite() const noexcept { return engine_.cipher_suite(); }
  named_group group() const noexcept { return engine_.group(); }
  plugtls::signature_scheme signature_scheme() const noexcept { return engine_.signature_scheme(); }
  std::string_view alpn() const noexcept { return engine_.alpn(); }
  std::string_view server_name() const noexcept { return engine_.server_name(); }
  bool resumed() const noexcept { return engine_.resumed(); }
  std::size_t early_data_room() const noexcept { return engine_.early_data_room(); }
  early_data_status early_data() const noexcept { return engine_.early_data(); }
  plugtls::session session() const { return engine_.session(); }
  connection_statistics statistics() const noexcept { return engine_.statistics(); }
  std::string_view psk_identity() const noexcept { return engine_.psk_identity(); }
  /// Whether the answer to `request_client_certificate` is awaited; until it comes the peer is who it was.
  bool client_certificate_pending() const noexcept { return engine_.client_certificate_pending(); }
  const std::vector<certificate>& peer_chain() const noexcept { return engine_.peer_chain(); }
  /// The peer's own certificate, null when it presented none. Valid as long as the stream, or until the next answer to
  /// `request_client_certificate`.
  const certificate* peer_certificate() const noexcept {
    return peer_chain().empty() ? nullptr : &peer_chain().front();
  }

 private:
  // An engine that is called through a table has none.
  static constexpr bool has_short_way = requires(basic_engine<B> e) { e.template reads_plainly<port>(1); };

  // The transport and the functions over it, made once.
  struct pipe : detail::transport_functions<pipe> {
    explicit pipe(T&& t) : transport(static_cast<T&&>(t)) {}
    next_layer_type& layer() noexcept { return transport; }
    T transport;
  };

  // All but the last record of a large write may wait for the next one.
  static constexpr std::size_t max_record = 16384;
  void tell_more(bool follows) noexcept {
    if constexpr (requires { pipe_.transport.more(follows); }) pipe_.transport.more(follows);
  }
  void begin_operation() noexcept {
    if constexpr (requires { pipe_.transport.begin_operation(); }) pipe_.transport.begin_operation();
  }

  // Go on after a first attempt.
  [[gnu::noinline]] std::size_t read_on(const detail::parked<std::byte>& given, std::error_code& ec, engine_result r) {
    if (non_blocking_ && r.status == engine_status::want_read) {
      want_ = readiness::read;
      ec = errc::would_block;
      return 0;
    }
    return read_after(given.view(), ec, r);
  }
  [[gnu::noinline]] std::size_t read_carefully(std::span<std::byte> room, std::error_code& ec) {
    if (!ready(ec)) return 0;
    begin_operation();
    return read_after(room, ec, engine_.read_otherwise(pipe_, room.data(), room.size()));
  }
  [[gnu::noinline]] std::size_t read_after(std::span<std::byte> room, std::error_code& ec, engine_result r) {
    if (ec) ec.clear();
    return wait_for(ec, r, [&](port& p) { return engine_.read_carefully(p, room.data(), room.size()); });
  }
  [[gnu::cold, gnu::noinline]] std::size_t write_carefully(byte_view bytes, std::error_code& ec) {
    if (!ready(ec)) return 0;
    begin_operation();
    return write_on(bytes, ec, engine_.write_otherwise(pipe_, bytes.data(), bytes.size()));
  }
  [[gnu::noinline]] std::size_t write_on(byte_view bytes, std::error_code& ec, engine_result r) {
    const auto again = [&](port& p) { return engine_.write_carefully(p, bytes.data(), bytes.size()); };
    if (ec) ec.clear();
    const std::size_t n = r.bytes != 0 ? r.bytes : wait_for(ec, r, again);
    if (!non_blocking_ && !ec && engine_.has_output()) flush(ec);
    return n;
  }

  template <class Operation>
  std::size_t run(std::error_code& ec, Operation&& operation) {
    begin_operation();
    return go_on(ec, operation);
  }

  // One step, under the deadline of the operation that has begun, and the loop that waits where it takes more.
  template <class Operation>
  std::size_t go_on(std::error_code& ec, Operation&& operation) {
    if (ec) ec.clear();  // costs a call
    return wait_for(ec, operation(pipe_), operation);
  }

  template <class Operation>
  std::size_t wait_for(std::error_code& ec, engine_result r, const Operation& operation) {
    while (r.status != engine_status::done) {
      if (!wait_after(ec, r)) return 0;
      r = operation(pipe_);
    }
    return r.bytes;
  }

  // Waits for what an operation lacks. Returns false with an error where that cannot be, or its end has come.
  [[gnu::cold]] bool wait_after(std::error_code& ec, engine_result r) {
    if (r.status == engine_status::failed) {
      failure_.copy(ec, r.error, engine_.error());
      return false;
    }
    want_ = r.status == engine_status::want_read    ? readiness::read
            : r.status == engine_status::want_write ? readiness::write
                                                    : readiness::signature;
    if (non_blocking_) {
      ec = errc::would_block;
      return false;
    }
    if (want_ == readiness::signature) {
      if (await_signature()) return true;
      failure_.set(ec, errc::timed_out, "the signer has not answered in time");
      return false;
    }
    std::error_code waited;
    wait_for_transport(waited);
    if (!waited) return true;
    failure_.set_waiting(ec, waited);
    return false;
  }

  // Who waits for something to read may still have something to send, which the peer may wait for.
  void wait_for_transport(std::error_code& ec) {
    if constexpr (requires { pipe_.transport.wait_either(ec); })
      if (want_ == readiness::read && engine_.has_output()) return pipe_.transport.wait_either(ec);
    pipe_.transport.wait(want_, ec);
  }

  // Waits for a signer as long as the transport's deadline allows, where it tells one; false when that has passed.
  [[gnu::cold]] bool await_signature() {
    int left = -1;
    if constexpr (requires { pipe_.transport.time_left(); }) left = pipe_.transport.time_left();
    if (left != 0) engine_.wait_for_signer(left);
    return left != 0;
  }

  [[gnu::cold]] bool ready(std::error_code& ec) {
    if (engine_.established()) [[likely]]
      return true;
    handshake(ec);
    return !ec;
  }

  // A failed handshake may have an alert left to send. It is worth one try, and no failure of its own.
  void send_last_words() {
    detail::stream_failure cause = std::move(failure_);
    std::error_code ignored;
    if (engine_.has_output() && !non_blocking_) flush(ignored);
    failure_ = std::move(cause);
  }

  template <class Operation>
  auto or_raise(Operation&& operation) {
    std::error_code ec;
    auto result = operation(ec);
    if (ec) [[unlikely]]
      failure_.raise(ec, engine_.callback_exception());
    return result;
  }

  pipe pipe_;
  basic_engine<B> engine_;
  detail::stream_failure failure_;
  readiness want_ = readiness::read;
  bool non_blocking_ = false;
};

template <class T, class B>
stream(const basic_context<B>&, T&&) -> stream<T, B>;
template <class T, class B, class Peer>
stream(const basic_context<B>&, T&&, Peer&&) -> stream<T, B>;

}  // namespace plugtls
