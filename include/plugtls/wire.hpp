// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>

#include "plugtls/bytes.hpp"
#include "plugtls/detail/byte_queue.hpp"
#include "plugtls/detail/handshake_observer.hpp"
#include "plugtls/errc.hpp"
#include "plugtls/psk.hpp"
#include "plugtls/transport.hpp"

namespace plugtls {

/// Sees the ciphertext of a handshake as it passes, in both directions: what a trace or a capture is made of.
class wire_tap {
 public:
  /// `is_sent`: by us. Bytes that are sent pass when they are made, also while the transport has no room for them.
  /// Called in the thread that drives the handshake, or, with a signer that answers later, in one that it waits for
  /// (`wait_for_signature`); must not throw.
  virtual void pass(bool is_sent, byte_view bytes) noexcept = 0;

 protected:
  ~wire_tap() = default;
};

/// The ciphertext side of one connection, as a backend sees it. A backend's I/O callbacks call `pull` and `push`,
/// nothing else.
///
/// Everything that must be the same on every backend happens here: a handshake flight leaves in one piece, what the
/// transport refuses waits in a spill buffer, and would-block, end of stream and faults are remembered in flags of
/// ours, so that no library has to be asked for them. Not thread-safe; belongs to one engine.
class wire {
 public:
  /// The groups must outlive this.
  wire(role own, tls_version min, tls_version max, std::span<const named_group> groups,
       std::size_t max_handshake_bytes) noexcept
      : observer_(own, groups),
        own_(own),
        min_(min),
        max_(max),
        handshake_limit_(max_handshake_bytes),
        handshake_left_(max_handshake_bytes) {}
  wire(const wire&) = delete;
  wire& operator=(const wire&) = delete;

  // What adapters call.

  /// Reads up to size bytes of ciphertext. `would_block`: report "want read" to the library. `end`, `error`: report a
  /// failure; the library's own view of it does not matter.
  io_result pull(std::byte* data, std::size_t size) noexcept {
    if (!out_.empty()) [[unlikely]] {
      // A flight must leave before its answer is waited for. Later a reader never waits for a writer, unless the peer
      // makes us pile up answers that it does not take.
      const io_status sent = flush();
      if (sent == io_status::would_block) {
        if (corked_ || out_.size() > max_backlog) return {0, sent};
        blocked_write_ = false;
      }
    }
    if (!replay_.empty()) [[unlikely]]
      return {replay_.take(data, size), io_status::ok};
    const io_result r = port_->read(*port_, data, size);
    if (r.status == io_status::ok) [[likely]] {
      read_ += r.bytes;
      if (observing_ && !inspect(data, r.bytes)) return {0, io_status::error};
      blocked_read_ = false;  // a library may ask again in the same call
      return r;
    }
    return note(r);
  }

  /// Takes ciphertext to send: always all of it, so that a library never has to repeat a write. False: memory is out,
  /// or the transport has failed; report a failure.
  bool push(const std::byte* data, std::size_t size) noexcept {
    written_ += size;
    if (observing_) [[unlikely]] {
      observer_.observe(detail::handshake_observer::direction::outbound, data, size);
      if (tap_ != nullptr) tap_->pass(true, {data, size});
    }
    if (corked_ || !out_.empty() || write_error_) return keep(data, size);
    while (size != 0) {
      const io_result r = port_->write(*port_, data, size);
      if (r.status == io_status::would_block) return keep(data, size);
      if (r.status != io_status::ok) return write_failed();
      data += r.bytes;
      size -= r.bytes;
    }
    return true;
  }

  /// Sends a fatal alert in the clear (RFC 8446 §6), for a library that has none to say, or another.
  bool push_alert(alert what) noexcept {
    const std::byte record[] = {std::byte{21},
                                std::byte{3},
                                std::byte{3},
                                std::byte{0},
                                std::byte{2},
                                std::byte{2},
                                static_cast<std::byte>(what)};
    return push(record, sizeof record);
  }

  // What the engine calls.

  /// Has what passes during the handshake seen by a tap, which must outlive that; null: by none.
  void tap(wire_tap* t) noexcept { tap_ = t; }

  /// Sets the port for the call that follows and forgets what blocked the last one.
  void bind(port& p) noexcept {
    port_ = &p;
    blocked_read_ = blocked_write_ = false;
  }

  /// Sends what is buffered. `ok`: nothing is left.
  io_status flush() noexcept {
    while (!out_.empty()) {
      const byte_view rest = out_.view();
      const io_result r = port_->write(*port_, rest.data(), rest.size());
      if (r.status == io_status::would_block) {
        blocked_write_ = true;
        return r.status;
      }
      if (r.status != io_status::ok) {
        write_failed();
        return io_status::error;
      }
      out_.consume(r.bytes);
    }
    return write_error_ ? io_status::error : io_status::ok;
  }

  /// Gives bytes that were pulled already to whoever pulls next. They were observed then.
  void replay(detail::byte_queue bytes) noexcept { replay_ = std::move(bytes); }

  /// Ends the connection with an alert in the clear and a reason of ours: `fault()`. Returns false.
  bool refuse(alert what, errc reason) noexcept {
    push_alert(what);
    return fail(reason);
  }

  /// Has a server refuse clients of TLS 1.3 that offer none of these keys (RFC 8446 §6.2, unknown_psk_identity). The
  /// list must outlive this.
  void require_psk(std::span<const external_psk> psks) noexcept { required_psks_ = psks; }

  /// Ends the handshake: no more observation, no more collecting of flights.
  void established() noexcept {
    corked_ = observing_ = false;
    observer_.release();
  }

  bool blocked_read() const noexcept { return blocked_read_; }
  bool blocked_write() const noexcept { return blocked_write_; }
  bool ended() const noexcept { return ended_; }
  /// Whether the transport refused to take more; what was pushed since then is dropped.
  bool write_broken() const noexcept { return static_cast<bool>(write_error_); }
  bool has_output() const noexcept { return !out_.empty(); }
  /// Bytes pulled and pushed so far.
  std::uint64_t bytes_read() const noexcept { return read_; }
  std::uint64_t bytes_written() const noexcept { return written_; }
  std::size_t buffered() const noexcept { return out_.size(); }
  /// A condition that ends the connection and is not the library's: `io_error`, `timed_out`, `not_tls`,
  /// `handshake_too_large`, `protocol_version`, `no_shared_cipher`, `unrecognized_name`, `bad_record` (a ClientHello
  /// that asks for a name against the rules), `invalid_argument`, `out_of_memory`.
  errc fault() const noexcept { return fault_; }
  /// The transport's own error behind an `io_error`.
  const std::error_code& transport_error() const noexcept { return transport_error_ ? transport_error_ : write_error_; }
  const detail::handshake_observer& observer() const noexcept { return observer_; }

 private:
  bool inspect(const std::byte* data, std::size_t size) noexcept {
    observer_.observe(detail::handshake_observer::direction::inbound, data, size);
    if (tap_ != nullptr) tap_->pass(false, {data, size});
    if (observer_.not_tls()) return fail(errc::not_tls);
    if (size > handshake_left_ || observer_.largest_message() > handshake_limit_)
      return fail(errc::handshake_too_large);
    handshake_left_ -= size;
    return own_ == role::client || !observer_.facts().client_hello_seen || check_offer();
  }

  // A name that is none would be refused by one library, passed over by another, and seen by a third.
  // Where no version fits, a server's library may blame the cipher suites; where no group does, it may ask for one that
  // the client never offered. So both are compared here (RFC 8446 §4.1.3, §4.2.7).
  bool check_offer() noexcept {
    const auto& offered = observer_.facts();
    switch (offered.server_name_fault) {
      case detail::name_fault::none: break;
      case detail::name_fault::syntax: return refuse(alert::decode_error, errc::bad_record);
      case detail::name_fault::changed: return refuse(alert::illegal_parameter, errc::bad_record);
      case detail::name_fault::no_name: return refuse(alert::unrecognized_name, errc::unrecognized_name);
    }
    if (offered.server_hello_seen) return true;
    if (!(offered.offers_1_2 && min_ == tls_version::tls1_2) && !(offered.offers_1_3 && max_ == tls_version::tls1_3))
      return refuse(alert::protocol_version, errc::protocol_version);
    if (offered.offers_1_3 && max_ == tls_version::tls1_3 && !required_psks_.empty()) {
      bool is_known = false;
      for (const std::string& identity : offered.psk_offers)
        is_known = is_known || detail::find_psk(required_psks_, identity) != nullptr;
      if (!is_known) return refuse(alert::unknown_psk_identity, errc::psk_refused);
    }
    return offered.shares_group || refuse(alert::handshake_failure, errc::no_shared_cipher);
  }

  io_result note(io_result r) noexcept {
    if (r.status == io_status::would_block) {
      // A flight that never left has no answer to wait for.
      if (write_error_ && corked_) {
        fail(errc::io_error);
        return {0, io_status::error};
      }
      blocked_read_ = true;
    }
    if (r.status == io_status::end) {
      ended_ = true;
      // After a failed write the end of the stream is only its echo.
      if (write_error_) fail(errc::io_error);
    }
    if (r.status == io_status::error) {
      transport_error_ = port_->error;
      fail(port_->error == errc::timed_out ? errc::timed_out : errc::io_error);
    }
    return r;
  }

  bool keep(const std::byte* data, std::size_t size) noexcept {
    if (write_error_) return true;  // dropped: reading may still tell why the peer went away
    return out_.append(data, size) || fail(errc::out_of_memory);
  }

  bool write_failed() noexcept {
    write_error_ = port_->error ? port_->error : make_error_code(errc::io_error);
    out_.release();
    return false;
  }

  bool fail(errc what) noexcept {
    if (fault_ == errc::success) fault_ = what;
    return false;
  }

  static constexpr std::size_t max_backlog = 65536;

  port* port_ = nullptr;
  wire_tap* tap_ = nullptr;
  std::uint64_t read_ = 0;
  std::uint64_t written_ = 0;
  detail::byte_queue out_;
  detail::byte_queue replay_;
  bool corked_ = true;
  bool observing_ = true;
  bool blocked_read_ = false;
  bool blocked_write_ = false;
  bool ended_ = false;
  errc fault_ = errc::success;
  std::error_code transport_error_;
  std::error_code write_error_;
  detail::handshake_observer observer_;
  std::span<const external_psk> required_psks_;
  role own_;
  tls_version min_, max_;
  std::size_t handshake_limit_;
  std::size_t handshake_left_;
};

}  // namespace plugtls
