// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstddef>
#include <cstring>
#include <span>
#include <string>
#include <utility>

#include "plugtls/alert.hpp"
#include "plugtls/bytes.hpp"
#include "plugtls/detail/byte_queue.hpp"
#include "plugtls/detail/handshake_observer.hpp"
#include "plugtls/errc.hpp"
#include "plugtls/psk.hpp"
#include "plugtls/wire_tap.hpp"

namespace plugtls {

/// What a wire needs for the handshake only: it sees what passes, and refuses what no backend is to answer for. Not
/// thread-safe; belongs to one engine.
class wire_start {
 public:
  /// The groups must outlive this.
  wire_start(role own_role, tls_version lowest, tls_version highest, std::span<const named_group> groups,
             std::size_t max_handshake_bytes) noexcept
      : observer(own_role, groups),
        own(own_role),
        min(lowest),
        max(highest),
        limit(max_handshake_bytes),
        left(max_handshake_bytes) {}

 private:
  friend class wire;

  // Why the connection is to end, and what the peer is told, if anything.
  struct refusal {
    errc reason = errc::success;
    alert what = alert::close_notify;
    bool is_said = false;
  };
  static refusal silently(errc reason) noexcept { return {reason, alert::close_notify, false}; }
  static refusal by(alert what, errc reason) noexcept { return {reason, what, true}; }

  // Looks at what the peer has sent, whole records or not, and leaves what the library is to see: `size` bytes, and
  // then what there is to be replayed.
  refusal look_at(std::byte* data, std::size_t& size) noexcept {
    const std::size_t received = size;
    if (tap != nullptr) tap->pass(false, {data, size});
    if (!sift(data, size)) return silently(errc::out_of_memory);
    if (observer.not_tls()) return silently(errc::not_tls);
    if (received > left || observer.largest_message() > limit) return silently(errc::handshake_too_large);
    left -= received;
    switch (observer.fault()) {
      case detail::flight_fault::none: break;
      case detail::flight_fault::unexpected: return by(alert::unexpected_message, errc::bad_record);
      case detail::flight_fault::overflow: return by(alert::record_overflow, errc::bad_record);
      case detail::flight_fault::version: return by(alert::protocol_version, errc::protocol_version);
      case detail::flight_fault::alert: return silently(errc::alert_received);
      case detail::flight_fault::closed: return silently(errc::closed);
    }
    return own == role::client || !observer.facts().client_hello_seen ? refusal() : look_at_offer();
  }

  // Leaves out what means nothing. False: there is no memory for what is to be replayed.
  bool sift(std::byte* data, std::size_t& size) noexcept {
    using fate = detail::handshake_observer::fate;
    const std::size_t all = std::exchange(size, 0);
    bool fits = true;
    for (std::size_t i = 0; i < all;) {
      const auto part = observer.receive(data + i, all - i);
      if (part.becomes == fate::taken_back) fits = put_back(part.before) && fits;
      if (part.becomes == fate::taken_back || (part.becomes == fate::kept && !replay.empty())) {
        fits = put_back({data + i, part.size}) && fits;
      } else if (part.becomes == fate::kept) {
        if (size != i) std::memmove(data + size, data + i, part.size);
        size += part.size;
      }
      i += part.size;
    }
    return fits;
  }
  [[gnu::cold, gnu::noinline]] bool put_back(byte_view bytes) noexcept {
    return replay.append(bytes.data(), bytes.size());
  }

  // A name that is none would be refused by one library, passed over by another, and seen by a third.
  // Where no version fits, a server's library may blame the cipher suites; where no group does, it may ask for one that
  // the client never offered. So both are compared here (RFC 8446 §4.1.3, §4.2.7).
  refusal look_at_offer() const noexcept {
    const detail::hello_facts& offered = observer.facts();
    switch (offered.server_name_fault) {
      case detail::name_fault::none: break;
      case detail::name_fault::syntax: return by(alert::decode_error, errc::bad_record);
      case detail::name_fault::changed: return by(alert::illegal_parameter, errc::bad_record);
      case detail::name_fault::no_name: return by(alert::unrecognized_name, errc::unrecognized_name);
    }
    if (offered.server_hello_seen) return {};
    const bool is_1_3 = offered.offers_1_3 && max == tls_version::tls1_3;
    if (!is_1_3 && !(offered.offers_1_2 && min == tls_version::tls1_2))
      return by(alert::protocol_version, errc::protocol_version);
    if (is_1_3 && !required_psks.empty()) {
      bool is_known = false;
      for (const std::string& identity : offered.psk_offers)
        is_known = is_known || detail::find_psk(required_psks, identity) != nullptr;
      if (!is_known) return by(alert::unknown_psk_identity, errc::psk_refused);
    }
    return offered.shares_group ? refusal() : by(alert::handshake_failure, errc::no_shared_cipher);
  }

  detail::handshake_observer observer;
  wire_tap* tap = nullptr;
  detail::byte_queue replay;
  std::span<const external_psk> required_psks;
  role own;
  tls_version min, max;
  std::size_t limit, left;
  detail::byte_queue::room<2048> flight;  // room for most of them
};

}  // namespace plugtls
