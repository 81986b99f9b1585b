// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <chrono>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "plugtls/alert.hpp"
#include "plugtls/detail/hello_reader.hpp"
#include "plugtls/wire.hpp"

namespace plugtls {

/// One thing that passed during a handshake. Numbers are IANA's.
struct trace_event {
  enum class kind : std::uint8_t { record, message, alert };
  kind what = kind::record;
  bool is_sent = false;       ///< by this end
  bool is_encrypted = false;  ///< a record of which no more is known
  std::uint8_t type = 0;      ///< of a record: content type; of a message: handshake type; of an alert: its description
  std::uint8_t level = 0;     ///< of an alert: 1 warning, 2 fatal
  bool is_retry = false;      ///< a server_hello that is a HelloRetryRequest (RFC 8446 §4.1.4)
  std::uint16_t version = 0;  ///< of a record: as it is written in its header
  std::uint32_t size = 0;     ///< bytes of a record or message, without its header
  std::chrono::microseconds at{0};  ///< since the first event
};

/// Returns the name of a record's content type (RFC 8446 §B.1), empty for a number without one.
constexpr std::string_view content_type_name(unsigned type) noexcept {
  switch (type) {
    case 20: return "change_cipher_spec";
    case 21: return "alert";
    case 22: return "handshake";
    case 23: return "application_data";
    case 24: return "heartbeat";
    default: return "";
  }
}

/// Returns the name of a handshake message (RFC 8446 §B.3, RFC 5246 §A.4), empty for a number without one.
constexpr std::string_view handshake_type_name(unsigned type) noexcept {
  switch (type) {
    case 0: return "hello_request";
    case 1: return "client_hello";
    case 2: return "server_hello";
    case 4: return "new_session_ticket";
    case 5: return "end_of_early_data";
    case 8: return "encrypted_extensions";
    case 11: return "certificate";
    case 12: return "server_key_exchange";
    case 13: return "certificate_request";
    case 14: return "server_hello_done";
    case 15: return "certificate_verify";
    case 16: return "client_key_exchange";
    case 20: return "finished";
    case 22: return "certificate_status";
    case 24: return "key_update";
    default: return "";
  }
}

/// Writes down what passes during one handshake: records, messages and alerts in the clear, with times. The same on
/// every backend, since it reads the ciphertext and asks no library; no secret is in it.
///
/// Set it before the handshake, and look at it afterwards, also after a failure:
/// `handshake_trace trace; s.engine().tap(&trace); s.handshake();`. One connection; the thread of its handshake.
class handshake_trace final : public wire_tap {
 public:
  handshake_trace() { events_.reserve(max_events); }
  handshake_trace(const handshake_trace&) = delete;
  handshake_trace& operator=(const handshake_trace&) = delete;

  std::span<const trace_event> events() const noexcept { return events_; }
  /// Events that were left out since there were more than 1024.
  std::size_t dropped() const noexcept { return dropped_; }
  /// From the first event to the last one: how long the handshake took, as far as this end saw it.
  std::chrono::microseconds duration() const noexcept { return last_; }

  void pass(bool is_sent, byte_view bytes) noexcept override {
    const auto now = std::chrono::steady_clock::now();
    if (!has_begun_) start_ = now;
    has_begun_ = true;
    last_ = std::chrono::duration_cast<std::chrono::microseconds>(now - start_);
    for (half& h = is_sent ? sent_ : received_; !bytes.empty();) bytes = bytes.subspan(step(h, is_sent, bytes));
  }

 private:
  static constexpr std::size_t max_events = 1024;

  struct half {
    std::uint8_t header[5] = {};
    std::size_t header_size = 0;
    std::size_t record_left = 0;
    bool is_switched = false;  // ChangeCipherSpec has passed
    bool is_encrypted = false;
    std::uint8_t message[4] = {};
    std::size_t message_size = 0;
    std::size_t message_left = 0;
    std::uint8_t alert[2] = {};
    std::size_t alert_size = 0;
    // The head of a ServerHello, as far as it tells version and kind.
    std::uint8_t hello[512] = {};
    std::size_t hello_size = 0;
    std::size_t hello_event = 0;
  };

  std::size_t step(half& h, bool is_sent, byte_view bytes) noexcept {
    if (h.header_size < 5) {
      h.header[h.header_size++] = std::to_integer<std::uint8_t>(bytes.front());
      if (h.header_size == 5) begin_record(h, is_sent);
      return 1;
    }
    const std::size_t n = bytes.size() < h.record_left ? bytes.size() : h.record_left;
    if (!h.is_encrypted) {
      for (std::size_t i = 0; i < n;) i += body(h, is_sent, bytes.subspan(i, n - i));
    }
    h.record_left -= n;
    if (h.record_left == 0) h.header_size = 0;
    return n;
  }

  void begin_record(half& h, bool is_sent) noexcept {
    const unsigned type = h.header[0];
    h.record_left = static_cast<std::size_t>(h.header[3]) << 8 | h.header[4];
    // After ChangeCipherSpec TLS 1.2 encrypts; in TLS 1.3 it means nothing, and encrypted records are of type 23.
    h.is_encrypted = type == 23 || (h.is_switched && !is_tls1_3_);
    if (type == 20) h.is_switched = true;
    h.alert_size = 0;
    trace_event e;
    e.is_encrypted = h.is_encrypted;
    e.type = h.header[0];
    e.version = static_cast<std::uint16_t>(h.header[1] << 8 | h.header[2]);
    e.size = static_cast<std::uint32_t>(h.record_left);
    add(e, is_sent);
    if (h.record_left == 0) h.header_size = 0;
  }

  std::size_t body(half& h, bool is_sent, byte_view bytes) noexcept {
    if (h.header[0] == 21) {
      if (h.alert_size == 2) return bytes.size();
      h.alert[h.alert_size++] = std::to_integer<std::uint8_t>(bytes.front());
      // Encrypted alerts are longer than two bytes.
      if (h.alert_size == 2 && h.header[3] == 0 && h.header[4] == 2) end_alert(h, is_sent);
      return 1;
    }
    if (h.header[0] != 22) return bytes.size();
    if (h.message_size < 4) {
      h.message[h.message_size++] = std::to_integer<std::uint8_t>(bytes.front());
      if (h.message_size == 4) begin_message(h, is_sent);
      return 1;
    }
    const std::size_t n = bytes.size() < h.message_left ? bytes.size() : h.message_left;
    for (std::size_t i = 0; i < n && h.message[0] == 2 && h.hello_size < sizeof h.hello; ++i)
      h.hello[h.hello_size++] = std::to_integer<std::uint8_t>(bytes[i]);
    h.message_left -= n;
    if (h.message_left == 0) end_message(h);
    return n;
  }

  void end_alert(half& h, bool is_sent) noexcept {
    trace_event e;
    e.what = trace_event::kind::alert;
    e.level = h.alert[0];
    e.type = h.alert[1];
    e.size = 2;
    add(e, is_sent);
  }

  void begin_message(half& h, bool is_sent) noexcept {
    h.message_left =
        static_cast<std::size_t>(h.message[1]) << 16 | static_cast<std::size_t>(h.message[2]) << 8 | h.message[3];
    h.hello_size = 0;
    trace_event e;
    e.what = trace_event::kind::message;
    e.type = h.message[0];
    e.size = static_cast<std::uint32_t>(h.message_left);
    h.hello_event = events_.size();
    add(e, is_sent);
    if (h.message_left == 0) end_message(h);
  }

  void end_message(half& h) noexcept {
    h.message_size = 0;
    if (h.message[0] != 2) return;
    detail::hello_facts facts;
    detail::read_server_hello(std::as_bytes(std::span(h.hello, h.hello_size)), facts);
    is_tls1_3_ = is_tls1_3_ || facts.version == tls_version::tls1_3;
    const bool is_retry = facts.server_hello_seen && facts.suite == cipher_suite::none;
    if (is_retry && h.hello_event < events_.size()) events_[h.hello_event].is_retry = true;
  }

  void add(trace_event e, bool is_sent) noexcept {
    e.is_sent = is_sent;
    e.at = last_;
    if (events_.size() < max_events)
      events_.push_back(e);  // there is room
    else
      ++dropped_;
  }

  std::vector<trace_event> events_;
  std::size_t dropped_ = 0;
  std::chrono::steady_clock::time_point start_;
  std::chrono::microseconds last_{0};
  bool has_begun_ = false;
  bool is_tls1_3_ = false;
  half sent_, received_;
};

}  // namespace plugtls
