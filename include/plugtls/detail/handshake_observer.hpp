// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "plugtls/alert.hpp"
#include "plugtls/bytes.hpp"
#include "plugtls/detail/byte_queue.hpp"
#include "plugtls/detail/flight_rules.hpp"
#include "plugtls/detail/hello_reader.hpp"
#include "plugtls/protocol.hpp"

namespace plugtls::detail {

/// Reads the plaintext part of a handshake as it passes by, in either direction, from any chopping of the bytes.
///
/// What it learns is thereby the same for every backend: version, cipher suite, group, resumption, the name that a
/// client asks for, plaintext alerts, and whether the peer speaks TLS at all. It never changes a byte.
class handshake_observer {
 public:
  /// The groups are what a client's offer is compared with; they must outlive this.
  explicit handshake_observer(role own, std::span<const named_group> own_groups = {}) noexcept
      : own_(own), own_groups_(own_groups) {
    in_.message.lend(in_.room);
    out_.message.lend(out_.room);
  }
  handshake_observer(const handshake_observer&) = delete;
  handshake_observer& operator=(const handshake_observer&) = delete;

  /// Takes bytes that are about to be sent.
  void send(const std::byte* data, std::size_t size) noexcept {
    for (std::size_t i = 0; i < size && !is_over(out_);) i += step(out_, data + i, size - i);
  }
  /// What is to become of bytes that were received.
  enum class fate : std::uint8_t {
    kept,
    dropped,    ///< a change_cipher_spec that means nothing: how many of these libraries drop, and when, differs
    taken_back  ///< it is not a single byte of 1: what was dropped of it comes before these bytes, for the library
  };
  struct received {
    std::size_t size;
    fate becomes;
    byte_view before;  ///< what was dropped of the record, where that is taken back
  };
  /// Takes bytes that were received, at least one, and as many as have one fate.
  received receive(const std::byte* data, std::size_t size) noexcept {
    const std::size_t earlier = in_.header_size;
    const std::size_t n = is_over(in_) ? size : step(in_, data, size);
    if (fate_ != fate::taken_back) return {n, fate_, {}};
    fate_ = fate::kept;
    return {n, fate::taken_back, std::as_bytes(std::span(in_.header)).first(earlier)};
  }

  /// What the peer's first bytes are not a TLS record (RFC 8446 §5.1); the caller need not hand them to the library.
  bool not_tls() const noexcept { return not_tls_; }
  /// What the peer has sent that has no place in a handshake. What this end says in the clear is of use only as long as
  /// it has not begun to encrypt: from then on only what needs no answer is told. Nothing is looked at behind it.
  flight_fault fault() const noexcept { return fault_; }
  /// Whether an alert in the clear has come, and not all of it yet.
  bool awaits_alert() const noexcept {
    return in_.header_size == 5 && in_.header[0] == 21 && in_.header[3] == 0 && in_.header[4] == 2;
  }
  /// Whether a server has heard an alert instead of a ClientHello, and not all of it yet: it has a fault once it has.
  bool awaits_first_alert() const noexcept {
    return own_ == role::server && !facts_.client_hello_seen && fault_ == flight_fault::none && awaits_alert();
  }
  /// Length in bytes of the largest handshake message that the peer announced in plaintext.
  std::size_t largest_message() const noexcept { return largest_message_; }
  const hello_facts& facts() const noexcept { return facts_; }
  std::optional<alert> alert_received() const noexcept { return in_.fatal_alert; }
  std::optional<alert> alert_sent() const noexcept { return out_.fatal_alert; }

  /// Whether the peer writes encrypted from here on.
  bool peer_is_encrypted() const noexcept { return in_.opaque; }

  /// Gives back the memory of a handshake that is over.
  void release() noexcept {
    in_.message.release();
    out_.message.release();
    in_.opaque = out_.opaque = true;
  }

 private:
  // Messages larger than this are not looked into: none of a sane peer is. The wire's limit may be lower.
  static constexpr std::size_t max_collected = 131072;

  struct half {
    bool opaque = false;  // encrypted from here on, or not TLS
    bool first = true;
    std::uint8_t header[5] = {};
    std::size_t header_size = 0;
    std::size_t record_left = 0;
    std::uint8_t message_header[4] = {};
    std::size_t message_header_size = 0;
    std::size_t message_left = 0;
    byte_queue::room<1024> room;  // for nearly every message that is looked into
    byte_queue message;           // begins in it
    std::uint8_t alert_bytes[2] = {};
    std::size_t alert_size = 0;
    std::uint8_t rank = 0;  // of the last message, as `rank_of` has it
    std::optional<alert> fatal_alert;
  };

  // Whether nothing more is looked at: it is encrypted, or something is wrong with it. In TLS 1.3 the peer's records
  // are followed all the same.
  bool is_over(const half& h) const noexcept {
    if (&h == &out_) return h.opaque;
    return (h.opaque && !place().is(tls_version::tls1_3)) || fault_ != flight_fault::none;
  }

  [[gnu::noinline]] std::size_t step(half& h, const std::byte* data, std::size_t size) noexcept {
    if (h.header_size < 5) {
      if (&h == &in_ && h.header_size == 0)
        fate_ = *data == std::byte{20} && is_change_idle(place()) ? fate::dropped : fate::kept;
      h.header[h.header_size++] = static_cast<std::uint8_t>(*data);
      check_first(h);
      if (h.header_size == 5) begin_record(h);
      return 1;
    }
    const std::size_t n = size < h.record_left ? size : h.record_left;
    if (&h == &in_ && fate_ == fate::dropped) end_change(*data == std::byte{1});
    if (!h.opaque) body(h, data, n);
    h.record_left -= n;
    if (h.record_left == 0) h.header_size = 0;
    return n;
  }

  void check_first(half& h) noexcept {
    if (!h.first) return;
    const std::uint8_t type = h.header[0];
    if (h.header_size == 1 && (type < 20 || type > 24)) reject(h);
    if (h.header_size == 2 && h.header[1] != 3) reject(h);
    if (h.header_size == 5) h.first = false;
  }
  void reject(half& h) noexcept {
    if (&h == &in_) not_tls_ = true;
    h.opaque = true;
  }

  void begin_record(half& h) noexcept {
    h.record_left = static_cast<std::size_t>(h.header[3]) << 8 | h.header[4];
    h.alert_size = 0;
    if (&h == &in_ && (!h.opaque || fate_ == fate::dropped)) {
      note(check_record(place(), h.header));
      if (fate_ == fate::dropped && h.record_left != 1) fate_ = fate::taken_back;
    }
    // Early data comes between the hellos, where there is a second one.
    const bool is_early = h.header[0] == 23 && &h == (own_ == role::client ? &out_ : &in_) &&
                          facts_.client_hello_seen && facts_.suite == cipher_suite::none;
    // TLS 1.2 encrypts after ChangeCipherSpec; TLS 1.3's record of that type means nothing (RFC 8446 §5), but
    // what follows it, or a record of type application_data, is encrypted.
    if ((h.header[0] == 23 && !is_early) ||
        (h.header[0] == 20 && facts_.version != tls_version::tls1_3 && facts_.server_hello_seen))
      h.opaque = true;
    if (h.record_left == 0) h.header_size = 0;
  }

  void end_change(bool is_right) noexcept {
    if (is_right) {
      has_dropped_ = true;
    } else {
      note(flight_fault::unexpected);
      fate_ = fate::taken_back;
    }
  }

  void body(half& h, const std::byte* data, std::size_t size) noexcept {
    if (h.header[0] == 21) {
      for (std::size_t i = 0; i < size && h.alert_size < 2; ++i)
        h.alert_bytes[h.alert_size++] = static_cast<std::uint8_t>(data[i]);
      // Encrypted alerts are longer than two bytes.
      const std::size_t length = static_cast<std::size_t>(h.header[3]) << 8 | h.header[4];
      if (h.alert_size == 2 && length == 2) end_alert(h, h.alert_bytes[0], h.alert_bytes[1]);
    } else if (h.header[0] == 22) {
      for (std::size_t i = 0; i < size && !is_over(h);) i += handshake(h, data + i, size - i);
    }
  }

  void end_alert(half& h, unsigned level, unsigned description) noexcept {
    if (&h == &in_) note(check_alert(place(), level, description));
    if (level == 2 || (&h == &in_ && fault_ == flight_fault::alert)) h.fatal_alert = static_cast<alert>(description);
  }

  flight_place place() const noexcept {
    return {own_, facts_, in_.rank, in_.message_header_size != 0, is_asked_, out_.opaque};
  }
  void note(flight_fault found) noexcept {
    const bool needs_answer = found != flight_fault::alert && found != flight_fault::closed;
    if (found != flight_fault::none && !(needs_answer && out_.opaque)) fault_ = found;
  }

  std::size_t handshake(half& h, const std::byte* data, std::size_t size) noexcept {
    if (h.message_header_size < 4) {
      h.message_header[h.message_header_size++] = static_cast<std::uint8_t>(*data);
      if (h.message_header_size == 4) {
        h.message_left = static_cast<std::size_t>(h.message_header[1]) << 16 |
                         static_cast<std::size_t>(h.message_header[2]) << 8 | h.message_header[3];
        if (&h == &in_ && h.message_left > largest_message_) largest_message_ = h.message_left;
        begin_message(h);
        if (h.message_left == 0) end_message(h);
      }
      return 1;
    }
    const std::size_t n = size < h.message_left ? size : h.message_left;
    if (wanted(h.message_header[0]) && h.message.size() + h.message_left <= max_collected)
      static_cast<void>(h.message.append(data, n));  // without memory the facts stay unknown
    h.message_left -= n;
    if (h.message_left == 0) end_message(h);
    return n;
  }

  void begin_message(half& h) noexcept {
    const unsigned type = h.message_header[0];
    if (&h == &out_ && own_ == role::server && type == 13) is_asked_ = true;
    if (&h == &out_) return;
    if (!may_begin_message(place(), type)) note(flight_fault::unexpected);
    in_.rank = rank_of(own_ == role::client ? role::server : role::client, type);
  }

  static bool wanted(std::uint8_t type) noexcept { return type == 1 || type == 2 || type == 12 || type == 16; }

  void end_message(half& h) noexcept {
    const bool from_client = (&h == &out_) == (own_ == role::client);
    const std::uint8_t type = h.message_header[0];
    if (type == 1 && from_client) read_client_hello(h.message.view(), own_groups_, facts_);
    if (type == 2 && !from_client) {
      read_server_hello(h.message.view(), facts_);
      if (has_dropped_ && place().is(tls_version::tls1_2)) note(flight_fault::unexpected);
    }
    if (type == 11 && !from_client) facts_.certificate_seen = true;
    if (type == 4 && !from_client) facts_.ticket_seen = true;
    if (type == 14 && !from_client) facts_.hello_done_seen = true;
    if (type == 12 && !from_client) read_server_key_exchange(h.message.view(), facts_);
    if (type == 16 && from_client) read_client_key_exchange(h.message.view(), facts_);
    h.message.release();
    h.message_header_size = 0;
  }

  role own_;
  std::span<const named_group> own_groups_;
  bool not_tls_ = false;
  bool is_asked_ = false;  // a client, for its certificate
  bool has_dropped_ = false;
  fate fate_ = fate::kept;  // of the peer's record that comes
  flight_fault fault_ = flight_fault::none;
  std::size_t largest_message_ = 0;
  hello_facts facts_;
  half in_, out_;
};

}  // namespace plugtls::detail
