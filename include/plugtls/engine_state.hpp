// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "plugtls/context.hpp"
#include "plugtls/engine_result.hpp"
#include "plugtls/peer_verifier.hpp"
#include "plugtls/wire.hpp"

namespace plugtls::detail {

enum class engine_phase : unsigned char { handshake, open, failed };

/// What an engine is made of, at one address: wire, verifier and native connection refer to each other. The engine
/// drives it; here stands what happens between the calls: names, reasons, and the end.
template <class B>
struct engine_state {
  engine_state(const basic_context<B>& c, peer_options options)
      : context(c),
        peer(std::move(options)),
        name(parse_name()),
        w(c.plan().own, c.plan().min_version, c.plan().max_version, c.plan().groups, c.plan().limit.max_handshake_size),
        verifier(c.plan().verify, name, peer.name) {
    if (c.plan().psk_only) w.require_psk(c.plan().psks);
    const std::string sni = server_name();
    errc e = error.code;
    if (e == errc::success) e = native.open(context.native(), sni, w, verifier, error);
    if (e == errc::success) return;
    error.code = e;
    current = engine_phase::failed;
  }

  std::optional<peer_name> parse_name() {
    const verify_rules& rules = context.plan().verify;
    if (rules.own == role::server) return std::nullopt;
    if (peer.name.empty()) {
      if (rules.mode != verify_mode::none && rules.check_name && !context.plan().psk_only)
        error.set(errc::peer_name_required);
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
    if (psk() != nullptr) return true;
    if (context.plan().psk_only) return false;
    if (rules.mode == verify_mode::none) return true;
    if (verifier.decided()) return verifier.decision().accept;
    return rules.own == role::server && rules.mode == verify_mode::optional;  // presented nothing
  }

  /// The external PSK that the handshake was made with, null without.
  const external_psk* psk() const noexcept { return psk_in_use(context.plan().psks, w.observer().facts()); }

  // Whether a handshake failed for the PSK's sake, going by what both ends said in the clear.
  bool is_psk_refused() const noexcept {
    const context_plan& plan = context.plan();
    const hello_facts& facts = w.observer().facts();
    if (plan.psks.empty() || agreed.version != tls_version::automatic) return false;
    const bool is_client = plan.own == role::client;
    // It took a certificate instead.
    if (is_client && plan.psk_only && (verifier.decided() || (native_done && psk() == nullptr))) return true;
    const bool is_1_2 = facts.server_hello_seen && is_psk(facts.suite);
    bool is_known = is_client;
    for (const std::string& offered : facts.psk_offers) is_known = is_known || find_psk(plan.psks, offered) != nullptr;
    const bool is_1_3 = !facts.server_hello_seen && !facts.psk_offers.empty() && is_known;
    if (!is_1_2 && !is_1_3) return false;
    if (!error.alert_received)
      return !is_client && !w.ended() && w.fault() == errc::success &&
             (error.code == errc::bad_record || error.code == errc::handshake_failed ||
              error.alert_sent == alert::decrypt_error);
    switch (*error.alert_received) {
      case alert::decrypt_error:
      case alert::illegal_parameter:
      case alert::bad_record_mac: return is_client;
      case alert::handshake_failure: return is_client && is_1_2;
      default: return false;
    }
  }

  void establish() {
    native.negotiated(agreed);
    const hello_facts& facts = w.observer().facts();
    if (agreed.version == tls_version::automatic) agreed.version = facts.version;
    if (agreed.suite == plugtls::cipher_suite::none) agreed.suite = facts.suite;
    if (agreed.group == named_group::none) agreed.group = facts.group;
    if (agreed.scheme == plugtls::signature_scheme::none) agreed.scheme = facts.scheme;
    resumed = psk() != nullptr                        ? false
              : agreed.version == tls_version::tls1_3 ? facts.psk_selected
                                                      : !facts.certificate_seen;
    const std::size_t record = context.plan().limit.max_record_size;
    max_write = native.max_write() < record ? native.max_write() : record;
    w.established();
    current = engine_phase::open;
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
    current = engine_phase::failed;
    error = {};
    native.failure(error);
    const auto& seen = w.observer();
    if (seen.alert_received()) error.alert_received = seen.alert_received();
    if (seen.alert_sent()) error.alert_sent = seen.alert_sent();
    error.code = reason();
    if (error.code == errc::io_error || error.code == errc::timed_out) note_transport(error, error.code);
    if (error.code == errc::truncated) error.alert_sent.reset();  // some libraries complain to a peer that is gone
    if (error.code != errc::psk_refused) verifier.report(error);  // certificates did not matter
    // What a library refuses before it asks (no certificate at all) is a problem of the same kind.
    if (error.problems.empty() && is_verification(error.code)) add_problem(error.problems, error.code, 0);
    static_cast<void>(w.flush());
    return {0, engine_status::failed, error.code};
  }

  // Who is to blame, most certain first: our own verdict, our own flags, the peer's word, the library's.
  errc reason() const noexcept {
    if (is_psk_refused()) return errc::psk_refused;
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
      case alert::unknown_psk_identity: return errc::psk_refused;
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
    if (!asked_native && current == engine_phase::open) {
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
  engine_phase current = engine_phase::handshake;
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

}  // namespace plugtls::detail
