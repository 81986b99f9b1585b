// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <algorithm>
#include <atomic>
#include <chrono>
#include <concepts>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <system_error>
#include <type_traits>
#include <utility>

#include "plugtls/stream.hpp"

namespace plugtls {

/// The byte pipe below a `duplex_stream`: a transport that two threads can wait for at once.
///
/// - `wait_until(reading, writing, until, ec)` blocks until one of what is asked for may be possible, or until the
///   moment: `errc::timed_out`. `time_point::max()` is never. May be called by several threads at once, also while
///   another one reads or writes. It throws nothing, as all of a transport.
/// - `interrupt()` ends both directions, and every wait, now and later. May be called at any time by any thread.
template <class T>
concept DuplexTransport = Transport<T> &&
    requires(T& t, bool reading, bool writing, std::chrono::steady_clock::time_point until, std::error_code& ec) {
  { t.wait_until(reading, writing, until, ec) } -> std::same_as<void>;
  { t.interrupt() }
  noexcept;
};

/// A TLS connection for one reader thread and one writer thread at once. A lock is held while the library computes,
/// never while anything waits for the peer, so that a reader and a writer never wait for each other, also where both
/// directions are full. The callbacks of the settings and a signer that answers at once are called with the lock held:
/// `close` waits for them, and they must not call this stream.
///
/// Shake hands first, or let the first operation do it: the others wait for it then. `read_some` and `read` belong to
/// one thread at a time, `write_some`, `write`, `flush` and `shutdown_send` to one; `close` and `with_engine` to any.
/// Always blocking: each operation may take the time that `timeout` gives (then `timed_out`; it may be called again).
/// Every operation has a form that reports through `std::error_code` and one that throws `tls_error`. Not movable. The
/// destructor sends nothing; both threads must be done by then.
template <class T, class B>
requires DuplexTransport<std::remove_reference_t<T>>
class duplex_stream {
 public:
  using next_layer_type = std::remove_reference_t<T>;
  using backend_type = B;

  /// Makes one end, as `stream` does.
  explicit duplex_stream(const basic_context<B>& ctx, std::type_identity_t<T> transport, peer_options peer = {})
      : transport_(static_cast<T&&>(transport)), engine_(ctx, std::move(peer)) {}
  /// Takes a stream over, before or after its handshake. What it had read ahead, `pending()`, comes first.
  explicit duplex_stream(stream<T, B>&& from)
      : transport_(static_cast<T&&>(from.next_layer())), engine_(std::move(from.engine())) {
    is_ready_ = engine_.established();
  }
  duplex_stream(const duplex_stream&) = delete;
  duplex_stream& operator=(const duplex_stream&) = delete;

  /// Shakes hands, as `stream::handshake` does.
  void handshake(std::error_code& ec) { handshake(reader_, ec); }

  /// Reads at least one byte, as `stream::read_some` does. Where an answer of ours (to a key update, say) found no room
  /// in the transport, it is sent while this waits.
  std::size_t read_some(mutable_buffer out, std::error_code& ec) {
    const std::span<std::byte> room = out.bytes();
    if (!ready(reader_, ec)) return 0;
    deadline until(*this);
    return run(reader_, until, ec, [&](port& p) { return engine_.read_some(p, room.data(), room.size()); });
  }

  /// Fills the buffer. Returns how many bytes came before an error.
  std::size_t read(mutable_buffer out, std::error_code& ec) {
    const std::span<std::byte> room = out.bytes();
    std::size_t n = 0;
    ec.clear();
    while (n < room.size() && !ec) n += read_some(room.subspan(n), ec);
    return n;
  }

  /// Writes at least one byte, at most a record, as `stream::write_some` does.
  std::size_t write_some(const_buffer data, std::error_code& ec) {
    const byte_view bytes = data.bytes();
    if (!ready(writer_, ec)) return 0;
    deadline until(*this);
    bool is_left = false;
    const std::size_t n = run(writer_, until, ec, [&](port& p) {
      const engine_result r = engine_.write_some(p, bytes.data(), bytes.size());
      is_left = engine_.has_output();
      return r;
    });
    if (!ec && is_left) run(writer_, until, ec, [this](port& p) { return engine_.flush(p); });
    return n;
  }

  /// Writes everything. Returns how much was taken before an error.
  std::size_t write(const_buffer data, std::error_code& ec) {
    byte_view rest = data.bytes();
    ec.clear();
    while (!rest.empty() && !ec) rest = rest.subspan(write_some(rest, ec));
    return data.bytes().size() - rest.size();
  }

  /// The same of several pieces, which fill records together, as `stream::write` does.
  std::size_t write_some(std::span<const const_buffer> pieces, std::error_code& ec) {
    if (!ready(writer_, ec)) return 0;
    gathered::block room;
    return write_some(gathered(pieces).next(room, engine_.max_write()), ec);
  }
  std::size_t write(std::span<const const_buffer> pieces, std::error_code& ec) {
    gathered rest(pieces);
    ec.clear();
    if (rest.empty() || !ready(writer_, ec)) return 0;
    return rest.write_all(engine_.max_write(), ec, [&](byte_view bytes, std::size_t) { return write_some(bytes, ec); });
  }
  std::size_t write(std::initializer_list<const_buffer> pieces, std::error_code& ec) {
    return write(std::span(pieces.begin(), pieces.size()), ec);
  }

  /// Asks the client, on a server, for a certificate; see `basic_engine::request_client_certificate`. Belongs to the
  /// writer's thread. The reader's takes the answer in, and calls the verify callbacks, with the lock held; ask for
  /// `client_certificate_pending()` and the peer by `with_engine`.
  void request_client_certificate(verify_mode mode, std::error_code& ec) {
    if (!ready(writer_, ec)) return;
    deadline until(*this);
    error_info why;
    run(writer_, until, ec, [&](port& p) { return engine_.request_client_certificate(p, mode, why); });
    if (ec && ec == why.code) writer_.error = std::move(why);
    if (!ec) run(writer_, until, ec, [this](port& p) { return engine_.flush(p); });
  }

  /// Writes with new keys from here on, and asks the peer to do the same, as `stream::update_keys` does. Belongs to the
  /// writer's thread.
  void update_keys(std::error_code& ec) {
    if (!ready(writer_, ec)) return;
    deadline until(*this);
    run(writer_, until, ec, [this](port& p) { return engine_.update_keys(p); });
    if (ec == errc::unsupported)
      fail(writer_, ec, errc::unsupported,
           "keys cannot be updated here: that takes TLS 1.3, and a backend with capability request_key_update");
    if (!ec) run(writer_, until, ec, [this](port& p) { return engine_.flush(p); });
  }

  /// Sends what an operation that timed out left behind.
  void flush(std::error_code& ec) {
    deadline until(*this);
    run(writer_, until, ec, [this](port& p) { return engine_.flush(p); });
  }

  /// Sends close_notify; reading goes on, up to the peer's.
  void shutdown_send(std::error_code& ec) {
    deadline until(*this);
    run(writer_, until, ec, [this](port& p) { return engine_.shutdown(p); });
  }

  /// Ends the connection at once: sends close_notify if there is room for it, and ends the transport. Whoever waits
  /// wakes up, and every operation gives `io_error` from here on: never `closed`, which is the peer's word.
  void close() noexcept {
    const std::lock_guard lock(mutex_);
    if (std::exchange(is_closed_, true)) return;
    transport_port<next_layer_type> p(transport_);
    engine_.shutdown(p);
    transport_.interrupt();
  }

  // The same; throw tls_error.
  void handshake() requires detail::has_exceptions {
    or_raise(reader_, [&](std::error_code& ec) { return handshake(ec), 0; });
  }
  std::size_t read_some(mutable_buffer out) requires detail::has_exceptions {
    return or_raise(reader_, [&](std::error_code& ec) { return read_some(out, ec); });
  }
  std::size_t read(mutable_buffer out) requires detail::has_exceptions {
    return or_raise(reader_, [&](std::error_code& ec) { return read(out, ec); });
  }
  std::size_t write_some(const_buffer data) requires detail::has_exceptions {
    return or_raise(writer_, [&](std::error_code& ec) { return write_some(data, ec); });
  }
  std::size_t write(const_buffer data) requires detail::has_exceptions {
    return or_raise(writer_, [&](std::error_code& ec) { return write(data, ec); });
  }
  std::size_t write_some(std::span<const const_buffer> pieces) requires detail::has_exceptions {
    return or_raise(writer_, [&](std::error_code& ec) { return write_some(pieces, ec); });
  }
  std::size_t write(std::span<const const_buffer> pieces) requires detail::has_exceptions {
    return or_raise(writer_, [&](std::error_code& ec) { return write(pieces, ec); });
  }
  std::size_t write(std::initializer_list<const_buffer> pieces) requires detail::has_exceptions {
    return or_raise(writer_, [&](std::error_code& ec) { return write(pieces, ec); });
  }
  void request_client_certificate(verify_mode mode = verify_mode::required) requires detail::has_exceptions {
    or_raise(writer_, [&](std::error_code& ec) { return request_client_certificate(mode, ec), 0; });
  }
  void update_keys() requires detail::has_exceptions {
    or_raise(writer_, [&](std::error_code& ec) { return update_keys(ec), 0; });
  }
  void flush() requires detail::has_exceptions {
    or_raise(writer_, [&](std::error_code& ec) { return flush(ec), 0; });
  }
  void shutdown_send() requires detail::has_exceptions {
    or_raise(writer_, [&](std::error_code& ec) { return shutdown_send(ec), 0; });
  }

  /// Sets the time that each operation may wait: 30 seconds unless set, `milliseconds::max()` for ever. Holds for
  /// operations that begin later; deadlines of the transport's own are not looked at.
  void timeout(std::chrono::milliseconds each) noexcept { timeout_ = each.count(); }

  /// Details of the last failure of the reader's operations, and of the handshake; to be asked by the reader's thread.
  const error_info& read_error() const noexcept { return reader_.error; }
  /// The same for the writer's.
  const error_info& write_error() const noexcept { return writer_.error; }

  /// Whether the handshake is done. May be asked by any thread.
  bool established() const noexcept { return is_ready_; }

  /// Calls f(engine) while no other thread uses it: for what was agreed on, certificates, statistics, exports. It must
  /// not wait, nor call this object.
  template <class F>
  decltype(auto) with_engine(F&& f) {
    const std::lock_guard lock(mutex_);
    return f(engine_);
  }

  next_layer_type& next_layer() noexcept { return transport_; }

 private:
  using clock = std::chrono::steady_clock;
  static constexpr io_result nothing_yet{0, io_status::would_block};

  struct side {
    error_info error;
  };

  // One moment for all waits of an operation. The clock is read only when something must wait.
  class deadline {
   public:
    explicit deadline(const duplex_stream& s) noexcept : each_(s.timeout_) {}
    clock::time_point moment() noexcept {
      if (std::exchange(is_set_, true)) return moment_;
      const clock::time_point now = clock::now();
      const auto longest = std::chrono::duration_cast<std::chrono::milliseconds>(clock::time_point::max() - now);
      moment_ = each_ >= longest ? clock::time_point::max() : now + each_;
      return moment_;
    }

   private:
    std::chrono::milliseconds each_;
    clock::time_point moment_{};
    bool is_set_ = false;
  };

  template <class Operation>
  std::size_t run(side& s, deadline& until, std::error_code& ec, Operation&& operation) {
    ec.clear();
    for (;;) {
      std::unique_lock lock(mutex_);
      if (is_closed_) return fail(s, ec, errc::io_error, "this end has closed the connection");
      transport_port<next_layer_type> p(transport_);
      // Whoever listens would not hear of what another one takes.
      if (is_listening_) {
        p.read = [](port&, std::byte*, std::size_t) noexcept { return nothing_yet; };
        p.read_both = nullptr;
      }
      const engine_result r = operation(p);
      if (r.status == engine_status::done) return r.bytes;
      if (r.status == engine_status::failed) {
        ec = r.error;
        s.error = engine_.error();
        if (s.error.code != r.error) s.error = {}, s.error.code = r.error;
        return 0;
      }
      if (r.status == engine_status::want_signature) {
        lock.unlock();
        // Only one thread shakes hands; in between it looks whether the connection was closed.
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(until.moment() - clock::now());
        if (left.count() <= 0) return fail(s, ec, errc::timed_out, {});
        engine_.wait_for_signer(static_cast<int>(std::min<std::int64_t>(left.count(), 100)));
        continue;
      }
      std::error_code waited;
      wait(lock, r.status == engine_status::want_read, until.moment(), waited);
      if (!waited) continue;
      if (waited == errc::timed_out) return fail(s, ec, errc::timed_out, {});
      fail(s, ec, errc::io_error, {});
      s.error.native = waited.value();
      s.error.native_text = waited.message();
      return 0;
    }
  }

  // Waits for the peer, without the lock. What is left to send is sent by whoever waits. Of two that wait to read one
  // listens, and alone takes what comes; the other is told, as that may be what it waits for (the rest of a message).
  void wait(std::unique_lock<std::mutex>& lock, bool reading, clock::time_point moment, std::error_code& ec) {
    const bool has_output = engine_.has_output();
    if (reading && !has_output && is_listening_) {
      const auto is_told = [this, before = heard_] { return heard_ != before; };
      if (!told_.wait_until(lock, moment, is_told)) ec = errc::timed_out;
      return;
    }
    const bool listens = reading && !std::exchange(is_listening_, true);
    lock.unlock();
    transport_.wait_until(listens, !reading || has_output, moment, ec);
    if (!listens) return;
    lock.lock();
    is_listening_ = false;
    ++heard_;
    told_.notify_all();
  }

  bool ready(side& s, std::error_code& ec) {
    if (is_ready_) [[likely]]
      return true;
    handshake(s, ec);
    return !ec;
  }

  void handshake(side& s, std::error_code& ec) {
    ec.clear();
    const std::lock_guard one_at_a_time(handshake_mutex_);
    if (is_ready_) return;
    deadline until(*this);
    run(s, until, ec, [this](port& p) { return engine_.handshake(p); });
    if (!ec) {
      is_ready_ = true;
    } else if (ec != errc::timed_out) {
      // An alert may be left to send. It is worth one try, and no failure of its own.
      const std::lock_guard lock(mutex_);
      transport_port<next_layer_type> p(transport_);
      engine_.flush(p);
    }
  }

  std::size_t fail(side& s, std::error_code& ec, errc what, const char* text) {
    s.error = {};
    s.error.set(what, text == nullptr ? "" : text);
    ec = what;
    return 0;
  }

  template <class Operation>
  auto or_raise(side& s, Operation&& operation) {
    std::error_code ec;
    auto result = operation(ec);
    if (!ec) return result;
    {
      const std::lock_guard lock(mutex_);
      if (detail::exception_slot* thrown = engine_.callback_exception()) thrown->rethrow();
    }
    detail::raise_error(s.error);
  }

  T transport_;
  basic_engine<B> engine_;
  side reader_, writer_;
  bool is_closed_ = false;
  bool is_listening_ = false;
  unsigned heard_ = 0;  // how often a listener came back
  std::condition_variable told_;
  std::atomic<bool> is_ready_ = false;
  std::atomic<std::int64_t> timeout_ = 30000;
  std::mutex mutex_;  // of what stands above, but for timeouts
  std::mutex handshake_mutex_;
};

template <class T, class B>
duplex_stream(const basic_context<B>&, T&&) -> duplex_stream<T, B>;
template <class T, class B, class Peer>
duplex_stream(const basic_context<B>&, T&&, Peer&&) -> duplex_stream<T, B>;
template <class T, class B>
duplex_stream(stream<T, B>&&) -> duplex_stream<T, B>;

}  // namespace plugtls
