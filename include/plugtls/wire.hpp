// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <new>
#include <span>
#include <type_traits>
#include <utility>

#include "plugtls/bytes.hpp"
#include "plugtls/detail/byte_queue.hpp"
#include "plugtls/detail/handshake_observer.hpp"
#include "plugtls/detail/plain_limits.hpp"
#include "plugtls/errc.hpp"
#include "plugtls/read_ahead.hpp"
#include "plugtls/transport.hpp"
#include "plugtls/wire_start.hpp"

namespace plugtls {

/// The ciphertext side of one connection, as a backend sees it. A backend's I/O callbacks call `pull` and `push`, or
/// the parts of these that know the type of the port, which stand beside them.
///
/// Everything that must be the same on every backend happens here: a handshake flight leaves in one piece, what the
/// transport refuses waits in a spill buffer, and would-block, end of stream and faults are remembered in flags of
/// ours, so that no library has to be asked for them. Not thread-safe; belongs to one engine.
class wire {
 public:
  using start = wire_start;

  /// `s` must outlive this, or the call of `established` that lets go of it, and `limits` this; they are kept up to
  /// date.
  explicit wire(start& s, detail::plain_limits* limits = nullptr) noexcept : limits_(limits), start_(&s) {
    out_.lend(s.flight);
  }
  wire(const wire&) = delete;
  wire& operator=(const wire&) = delete;

  // What adapters call.

  /// Reads up to size bytes of ciphertext. `would_block`: report "want read" to the library. `end`, `error`: report a
  /// failure; the library's own view of it does not matter.
  io_result pull(std::byte* data, std::size_t size) noexcept {
    if (!holds(size)) return pull_more(data, size);
    take_held(data, size);
    return {size, io_status::ok};
  }
  /// The same where `holds` is known to be false.
  [[gnu::noinline]] io_result pull_more(std::byte* data, std::size_t size) noexcept {
    if (!out_.empty()) {
      // A flight must leave before its answer is waited for. Later a reader never waits for a writer, unless the peer
      // makes us pile up answers that it does not take.
      const io_status sent = flush();
      if (sent == io_status::would_block) {
        if ((state_ & is_corked) != 0 || out_.size() > max_backlog) return {0, sent};
        state_ &= ~is_write_blocked;
      }
    }
    io_result r;
    do {
      if ((state_ & is_replaying) != 0) {
        const std::size_t n = start_->replay.take(data, size);
        if (start_->replay.empty()) change(0, is_replaying);
        r = {n, io_status::ok};
        break;
      }
      if ((state_ & is_lost) != 0) return {0, io_status::error};
      ahead_.show();
      r = ahead_.serve(*port_, data, size);
      if (r.status != io_status::ok) return note(r);
      hide_ahead();
    } while ((state_ & is_observing) != 0 && !inspect(data, r));
    state_ &= ~is_read_blocked;  // a library may ask again in the same call
    return r;
  }
  /// Whether `take_held` does what `pull` would: that much was read ahead, and nothing is out of the ordinary.
  [[gnu::always_inline]] bool holds(std::size_t size) const noexcept { return ahead_.holds(size); }
  [[gnu::always_inline]] void take_held(std::byte* data, std::size_t size) noexcept { ahead_.take(data, size); }
  /// Whether `pull_header` goes the short way.
  [[gnu::always_inline]] bool has_free_room() const noexcept { return ahead_.has_free_room(); }
  /// The same for a record's header, which is what comes first, and nearly always is what is to be read from the port.
  /// `P`: the type of port that the callback was made for (`is_for`).
  static constexpr std::size_t header_size = 5;
  template <class P = port>
  [[gnu::always_inline]] io_result pull_header(std::byte* data) noexcept {
    if (!has_free_room()) [[unlikely]]
      return pull(data, header_size);
    std::byte* const room = ahead_.room();
    std::size_t n;
    if constexpr (std::is_same_v<P, port>) {
      const io_result r = port_->read(*port_, room, read_ahead::room_size);
      n = r.bytes;
      if (r.status != io_status::ok || n < header_size) [[unlikely]]
        return serve_cut(data, r);
    } else {
      n = static_cast<P*>(port_)->get(room, read_ahead::room_size);
      if (n < header_size) [[unlikely]]
        return serve_cut_of<P>(data, n);
    }
    ahead_.fill(room, n, header_size);
    std::memcpy(data, room, header_size);
    return {header_size, io_status::ok};
  }

  /// Takes ciphertext to send: always all of it, so that a library never has to repeat a write. False: memory is out,
  /// or the transport has failed; report a failure.
  [[gnu::noinline]] bool push(const std::byte* data, std::size_t size) noexcept {
    written_ += size;
    if ((state_ & is_observing) != 0) {
      start_->observer.send(data, size);
      if (start_->tap != nullptr) start_->tap->pass(true, {data, size});
    }
    if ((state_ & (is_corked | is_write_broken)) != 0 || !out_.empty()) return keep(data, size);
    return push_on(data, size, port_->write(*port_, data, size));
  }
  /// Whether `push_some` will do: nothing is out of the ordinary, and the port is of that type.
  template <class P>
  [[gnu::always_inline]] bool is_direct() const noexcept {
    return (state_ & (std::is_same_v<P, port> ? odd : odd | is_of_any_type)) == 0;
  }
  /// The same as `push`, for libraries that go on by themselves after a part: returns how much was taken, 0 where
  /// `push` would be false.
  template <class P>
  [[gnu::always_inline]] std::size_t push_some(const std::byte* data, std::size_t size) noexcept {
    pushing_ = data;
    pushing_size_ = size;
    std::size_t n;
    if constexpr (std::is_same_v<P, port>) {
      const io_result r = port_->write(*port_, data, size);
      n = r.bytes;
      if (r.status != io_status::ok || n == 0) [[unlikely]]
        return push_stopped(r);
    } else {
      n = static_cast<P*>(port_)->put(data, size);
      if (n == 0) [[unlikely]]
        return push_stopped_at<P>();
    }
    written_ += n;
    return n;
  }
  /// How much the last `push_some` was asked to take.
  std::size_t pushed_size() const noexcept { return pushing_size_; }
  /// Whom the callbacks belong to, for what is rare.
  void belong_to(void* owner) noexcept { owner_ = owner; }
  void* owner() const noexcept { return owner_; }

  /// Sends a fatal alert in the clear (RFC 8446 §6), for a library that has none to say, or another.
  bool push_alert(alert what) noexcept {
    const unsigned char record[] = {21, 3, 3, 0, 2, 2, static_cast<unsigned char>(what)};
    return push(reinterpret_cast<const std::byte*>(record), sizeof record);
  }

  /// Takes in what is left of an alert in the clear that the peer sends, for a library that gives up at its header: the
  /// observer tells what it says. `ok`: nothing is left.
  [[gnu::cold]] io_status hear_alert() noexcept {
    std::byte unread;
    io_result r;
    while (r.status == io_status::ok && observer().awaits_alert()) r = pull(&unread, 1);
    return r.status;
  }

  // What the engine calls.

  /// Has what passes during the handshake seen by a tap, which must outlive that; null: by none.
  void tap(wire_tap* t) noexcept {
    if (start_) start_->tap = t;
  }

  /// Sets the port for the call that follows and forgets what blocked the last one.
  void bind(port& p) noexcept {
    port_ = &p;
    state_ = (state_ & ~is_blocked) | is_of_any_type;
  }
  /// The same for a port of the type that the callbacks were made for.
  [[gnu::always_inline]] void bind_directly(port& p) noexcept {
    port_ = &p;
    state_ &= ~(is_blocked | is_of_any_type);
  }
  /// For which type of port the library's callbacks were made; at first for all of them.
  template <class P>
  [[gnu::always_inline]] bool is_for() const noexcept {
    return type_ == &type_of<P>;
  }
  template <class P>
  void made_for() noexcept {
    type_ = &type_of<P>;
    settle();
  }

  /// What keeps reading, or writing, from being a matter of one call to the library; set by the engine. `no_direct`,
  /// set by a backend: its callbacks have more to do than to pull and push.
  enum mark : unsigned { none = 0, no_plain_read = 1, no_plain_write = 2, no_direct = 2048 };
  void set(mark what, bool on) noexcept { on ? change(what) : change(0, what); }
  /// Whether nothing is out of the ordinary.
  bool is_plain(mark what) const noexcept { return (state_ & ((odd & ~is_blocked) | what)) == 0 && !ahead_.is_kept(); }
  /// Sets how much one write takes at most.
  void limit_write(std::size_t size) noexcept {
    max_write_ = static_cast<std::uint16_t>(size < 0xffff ? size : 0xffff);  // a record holds less
    settle();
  }
  std::size_t max_write() const noexcept { return max_write_; }

  /// Lends room to read ahead until `take_room`, for `read_ahead::room_size` bytes; what is left in it then is kept.
  void lend_room(std::byte* room) noexcept { ahead_.lend(room); }
  /// The same for a plain read.
  [[gnu::always_inline]] void lend_free_room(std::byte* room) noexcept { ahead_.lend_free(room); }
  [[gnu::always_inline]] void take_room() noexcept {
    if (ahead_.take_room()) [[unlikely]]
      keep_ahead();
  }
  /// A room on the stack, lent as long as it lives.
  class lender {
   public:
    explicit lender(wire& w) noexcept : wire_(w) {
      if (!w.ahead_.is_kept()) w.lend_room(room_);
    }
    ~lender() { wire_.ahead_.is_kept() ? wire_.release_ahead() : wire_.take_room(); }
    lender(const lender&) = delete;
    lender& operator=(const lender&) = delete;

   private:
    wire& wire_;
    std::byte room_[read_ahead::room_size];
  };
  /// What was read ahead. A library takes records whole: it begins with a record's header.
  byte_view ahead() const noexcept { return ahead_.view(); }
  /// Takes up to size bytes of it.
  std::size_t take_ahead(std::byte* out, std::size_t size) noexcept {
    ahead_.show();
    const std::size_t n = ahead_.take_some(out, size);
    hide_ahead();
    release_ahead();
    return n;
  }

  /// Sends what is buffered. `ok`: nothing is left.
  [[gnu::noinline]] io_status flush() noexcept {
    while (!out_.empty()) {
      const byte_view rest = out_.view();
      const io_result r = port_->write(*port_, rest.data(), rest.size());
      if (r.status == io_status::would_block) {
        state_ |= is_write_blocked;
        return r.status;
      }
      if (r.status != io_status::ok || r.bytes == 0) {
        write_failed();
        return io_status::error;
      }
      out_.consume(r.bytes);
    }
    if (has_output()) change(0, has_rest);
    return write_broken() ? io_status::error : io_status::ok;
  }

  /// Gives bytes that were pulled already to whoever pulls next. They were observed then.
  void replay(detail::byte_queue bytes) noexcept {
    if (!start_) return;
    start_->replay = std::move(bytes);
    if (!start_->replay.empty()) change(is_replaying);
  }

  /// Ends the connection with an alert in the clear and a reason of ours: `fault()`. Returns false.
  bool refuse(alert what, errc reason) noexcept {
    push_alert(what);
    return fail(reason);
  }

  /// Has a server refuse clients of TLS 1.3 that offer none of these keys (RFC 8446 §6.2, unknown_psk_identity). The
  /// list must outlive this.
  void require_psk(std::span<const external_psk> psks) noexcept {
    if (start_) start_->required_psks = psks;
  }

  /// Ends the handshake: no more observation, no more collecting of flights. What was observed is forgotten, unless it
  /// is to be kept. Returns whether the `start` has been let go.
  bool established(bool keeps_facts = false) noexcept {
    change(0, is_corked | is_observing);
    if (!start_) return true;
    start_->observer.release();
    if (keeps_facts || (state_ & is_replaying) != 0 || !out_.empty()) return false;
    out_.give_back();
    start_ = nullptr;
    return true;
  }

  bool blocked_read() const noexcept { return (state_ & is_read_blocked) != 0; }
  bool blocked_write() const noexcept { return (state_ & is_write_blocked) != 0; }
  bool ended() const noexcept { return (state_ & has_ended) != 0; }
  /// Whether the transport refused to take more; what was pushed since then is dropped.
  bool write_broken() const noexcept { return (state_ & is_write_broken) != 0; }
  bool has_output() const noexcept { return (state_ & has_rest) != 0; }
  /// Bytes pulled and pushed so far.
  std::uint64_t bytes_read() const noexcept { return ahead_.given(); }
  std::uint64_t bytes_written() const noexcept { return written_; }
  std::size_t buffered() const noexcept { return out_.size(); }
  /// A condition that ends the connection and is not the library's: `io_error`, `timed_out`, `not_tls`,
  /// `handshake_too_large`, `protocol_version`, `no_shared_cipher`, `unrecognized_name`, `bad_record` (a ClientHello
  /// that asks for a name against the rules, a record or message out of place), `alert_received`, `closed` (alerts that
  /// libraries may pass over), `invalid_argument`, `out_of_memory`.
  errc fault() const noexcept { return static_cast<errc>(fault_); }
  /// The transport's own error behind an `io_error`; none where there was no memory to keep it.
  const std::error_code& transport_error() const noexcept {
    static const std::error_code nothing;
    return error_ == nullptr ? nothing : *error_;
  }
  /// What was seen of the handshake; nothing once that is forgotten.
  const detail::handshake_observer& observer() const noexcept {
    static const detail::handshake_observer nothing(role::client);
    return start_ ? start_->observer : nothing;
  }

 private:
  // In `state_`, beside the marks.
  static constexpr unsigned is_corked = 4, is_observing = 8, is_read_blocked = 16, is_write_blocked = 32;
  static constexpr unsigned is_blocked = is_read_blocked | is_write_blocked;
  static constexpr unsigned has_rest = 64;           // in `out_`
  static constexpr unsigned is_replaying = 128;      // what is in `start_->replay`
  static constexpr unsigned is_broken = 256;         // there was a fault, or nothing more can be written
  static constexpr unsigned is_of_any_type = 1024;   // the port
  static constexpr unsigned is_write_broken = 4096;  // nothing more can be written
  static constexpr unsigned has_ended = 8192;        // the transport
  static constexpr unsigned is_lost = 16384;         // what was read ahead, for want of memory
  static constexpr unsigned odd =
      is_corked | is_observing | is_read_blocked | is_write_blocked | has_rest | is_replaying | is_broken | no_direct;

  // All but what comes and goes with a call is set by this.
  void change(unsigned set, unsigned cleared = 0) noexcept {
    state_ = (state_ | set) & ~cleared;
    settle();
  }
  void settle() noexcept {
    ahead_.show();
    hide_ahead();
    if (limits_ == nullptr) return;
    const bool is_untyped = is_for<port>(), is_usual = is_plain(none);
    limits_->read = is_usual && (state_ & no_plain_read) == 0 ? detail::plain_limits::max_read : 0;
    limits_->write = is_usual && (state_ & no_plain_write) == 0 ? max_write_ : 0;
    limits_->read_untyped = is_untyped ? limits_->read : 0;
    limits_->write_untyped = is_untyped ? limits_->write : 0;
  }

  template <class P>
  static inline char type_of = 0;  // its address counts

  void hide_ahead() noexcept {
    if ((state_ & (odd & ~is_blocked)) != 0) ahead_.hide();
  }
  // A header that has not come whole, or not at all.
  [[gnu::noinline]] io_result serve_cut(std::byte* data, io_result r) noexcept {
    ahead_.drop();
    if (r.status == io_status::would_block) [[likely]] {
      state_ |= is_read_blocked;
      return r;
    }
    if (r.status != io_status::ok) return note(r);
    ahead_.fill(ahead_.room(), r.bytes);
    return {ahead_.take_some(data, header_size), io_status::ok};
  }

  // What a port has to say beside a number.
  template <class P>
  [[gnu::noinline]] io_result serve_cut_of(std::byte* data, std::size_t n) noexcept {
    return serve_cut(data, static_cast<P*>(port_)->got(n));
  }
  template <class P>
  [[gnu::noinline]] std::size_t push_stopped_at() noexcept {
    return push_stopped(static_cast<P*>(port_)->meant_by_put(0));
  }
  [[gnu::noinline]] std::size_t push_stopped(io_result r) noexcept {
    written_ += pushing_size_;
    return push_on(pushing_, pushing_size_, r) ? pushing_size_ : 0;
  }

  // Goes on after a write that has taken a part.
  [[gnu::noinline]] bool push_on(const std::byte* data, std::size_t size, io_result r) noexcept {
    for (;;) {
      if (r.status == io_status::would_block) return keep(data, size);
      // A port that takes nothing and does not say why would be asked for ever.
      if (r.status != io_status::ok || r.bytes == 0) return write_failed();
      data += r.bytes;
      size -= r.bytes;
      if (size == 0) return true;
      r = port_->write(*port_, data, size);
    }
  }

  [[gnu::cold, gnu::noinline]] void keep_ahead() noexcept {
    if (!ahead_.keep()) {
      state_ |= is_lost;
      fail(errc::out_of_memory);
    } else if (ahead_.is_kept())
      settle();
  }
  void release_ahead() noexcept {
    if (ahead_.release()) settle();
  }

  // False: there is nothing for the library in it.
  [[gnu::noinline]] bool inspect(std::byte* data, io_result& r) noexcept {
    const std::size_t received = r.bytes;
    const wire_start::refusal found = start_->look_at(data, r.bytes);
    if (found.reason != errc::success) {
      found.is_said ? refuse(found.what, found.reason) : fail(found.reason);
      r = {0, io_status::error};
      return true;
    }
    if (!start_->replay.empty()) change(is_replaying);
    return r.bytes != 0 || received == 0;
  }

  // A flight that never left has no answer to wait for, and after a failed write the end of the stream is only its
  // echo.
  [[gnu::noinline]] io_result note(io_result r) noexcept {
    if (r.status == io_status::would_block && !(write_broken() && (state_ & is_corked) != 0)) {
      state_ |= is_read_blocked;
      return r;
    }
    if (r.status == io_status::end) state_ |= has_ended;
    if (r.status == io_status::error)
      fail(keep_error(true) == errc::timed_out ? errc::timed_out : errc::io_error);
    else if (write_broken())
      fail(errc::io_error);
    return r.status == io_status::end ? r : io_result{0, io_status::error};
  }

  bool keep(const std::byte* data, std::size_t size) noexcept {
    if (write_broken()) return true;  // dropped: reading may still tell why the peer went away
    if (!out_.append(data, size)) return fail(errc::out_of_memory);
    if (!has_output()) change(has_rest);
    return true;
  }

  [[gnu::cold, gnu::noinline]] bool write_failed() noexcept {
    keep_error(false);
    out_.release();
    change(is_broken | is_write_broken, has_rest);
    return false;
  }

  [[gnu::cold, gnu::noinline]] bool fail(errc what) noexcept {
    change(is_broken);
    if (fault() == errc::success) fault_ = static_cast<std::uint8_t>(what);
    return false;
  }

  // What the transport has said; of both its ends, what it said of reading.
  [[gnu::cold, gnu::noinline]] std::error_code keep_error(bool of_reading) noexcept {
    std::error_code why = std::exchange(port_->error, std::error_code());
    if (!why && !of_reading) why = errc::io_error;
    if (error_ == nullptr) error_.reset(new (std::nothrow) std::error_code);
    if (error_ != nullptr && (of_reading ? static_cast<bool>(why) : !*error_)) *error_ = why;
    return why;
  }

  static constexpr std::size_t max_backlog = 65536;

  static_assert(static_cast<unsigned>(errc::out_of_memory) < 256, "an errc takes a byte");

  [[no_unique_address]] read_ahead ahead_;  // what follows stands in its last bytes
  std::uint8_t fault_ = 0;                  // an errc
  std::uint16_t max_write_ = 16384;
  unsigned state_ = no_plain_read | no_plain_write | is_corked | is_observing;
  port* port_ = nullptr;
  const char* type_ = &type_of<port>;
  const std::byte* pushing_ = nullptr;
  std::size_t pushing_size_ = 0;
  std::uint64_t written_ = 0;
  detail::byte_queue out_;
  void* owner_ = nullptr;
  detail::plain_limits* limits_;
  std::unique_ptr<std::error_code> error_;
  start* start_;  // null once it is let go
};

}  // namespace plugtls
