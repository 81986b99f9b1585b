// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "plugtls/detail/byte_queue.hpp"
#include "plugtls/detail/on_demand.hpp"
#include "plugtls/wolfssl/context.hpp"
#include "plugtls/wolfssl/session.hpp"
#include "plugtls/wolfssl/verify.hpp"

namespace plugtls::wolfssl {

/// What every connection holds, and what it does about sessions: the ones that it offers and is given, and what wolfSSL
/// must not be shown of a handshake before it is known whether a session is resumed.
class resumption {
 public:
  resumption() = default;
  resumption(const resumption&) = delete;
  resumption& operator=(const resumption&) = delete;

  /// All must outlive this. False when memory is out.
  bool bind(const context& c, wire& w, peer_verifier& verifier) noexcept {
    ssl_.reset(wolfSSL_new(c.native_handle()));
    context_ = &c;
    wire_ = &w;
    verifier_ = &verifier;
    is_open_ = bool(c.plan().tickets) && c.plan().own == role::server;
    return ssl_ != nullptr;
  }

  [[gnu::cold]] errc offer(byte_view bytes) {
    const session_handle read = read_session(bytes);
    if (!read || wolfSSL_set_session(ssl_.get(), read.get()) != WOLFSSL_SUCCESS) return errc::bad_session;
    if (!take_ticket()) wolfSSL_set_SessionTicket(ssl_.get(), nullptr, 0);  // not a new one; or none to offer
    is_open_ = !rare_->ticket.empty();
    offered_count_ = static_cast<std::int16_t>(wolfSSL_get_chain_count(wolfSSL_get_peer_chain(ssl_.get())));
    return errc::success;
  }
  /// How many sessions a client has been given.
  unsigned count() const noexcept { return count_; }
  bool session(native_session& out) const {
    if (is_client() && (count_ == 0 || !held_ticket().read(ssl_.get()))) return false;
    const session_handle newest(wolfSSL_get1_session(ssl_.get()));
    return newest && wolfSSL_SESSION_is_resumable(newest.get()) == 1 && write_session(newest.get(), out);
  }
  bool resumed() const noexcept {
    return wolfSSL_session_reused(ssl_.get()) == 1 && wire_->observer().facts().says_resumed();
  }
  /// With how many certificates wolfSSL's list begins that are the offered session's; what is presented comes after.
  int offered_count() const noexcept { return offered_count_; }

  /// The session that a client of TLS 1.2 offers by its id; null where the handshake is to be a full one.
  WOLFSSL_SESSION* find(byte_view id) noexcept {
    if (wolfSSL_version(ssl_.get()) != static_cast<int>(tls_version::tls1_2)) return nullptr;
    return detail::guard(verifier_->exception(), static_cast<WOLFSSL_SESSION*>(nullptr), [&] {
      const secret found = context_->plan().session_ids.find(id, wire_->observer().facts(), verifier_->resumable());
      session_handle read = found.empty() ? session_handle() : read_session(found.bytes());
      if (read)
        offered_count_ = static_cast<std::int16_t>(wolfSSL_get_chain_count(wolfSSL_SESSION_get_peer_chain(read.get())));
      return read.release();
    });
  }

  /// Seals or opens a server's ticket in place. In TLS 1.3 a new one is always sent, and 5.7 resumes nothing that it is
  /// told to replace. Whether a session is resumed is wolfSSL's word alone: in TLS 1.2 the server's hello waits for the
  /// rest of its flight.
  int on_ticket(unsigned char* name, unsigned char* iv, unsigned char* tag, bool seals, unsigned char* bytes, int size,
                int* out_size) noexcept {
    const detail::ticket_rules& rules = context_->plan().tickets;
    const std::string& asked = wire_->observer().facts().server_name;
    const int answer = detail::guard(verifier_->exception(), static_cast<int>(WOLFSSL_TICKET_RET_REJECT), [&] {
      if (!seals) return ticket::open(rules, asked, verifier_->resumable(), name, iv, tag, bytes, size, out_size);
      const unix_time moment = verifier_->ticket_moment(wolfSSL_session_reused(ssl_.get()) == 1, rules.keys->time());
      return ticket::seal(rules, asked, moment, name, iv, tag, bytes, size, out_size);
    });
    const bool is_1_3 = wolfSSL_version(ssl_.get()) == static_cast<int>(tls_version::tls1_3);
    return answer == WOLFSSL_TICKET_RET_CREATE && is_1_3 ? static_cast<int>(WOLFSSL_TICKET_RET_OK) : answer;
  }

  /// Looks whether a client has been given a new session. wolfSSL calls nobody back for the tickets of TLS 1.3: the one
  /// that it holds is compared with the one before.
  void look() {
    if (!context_->plan().sessions || !is_client()) return;
    if (wolfSSL_version(ssl_.get()) != static_cast<int>(tls_version::tls1_3)) {
      const session_handle made(count_ == 0 ? wolfSSL_get1_session(ssl_.get()) : nullptr);
      if (made && wolfSSL_SESSION_is_resumable(made.get()) == 1) count_ = 1;
      return;
    }
    if (take_ticket()) ++count_;
  }

  /// Whether what the peer sent must pass `pull`.
  bool holds() const noexcept { return is_open_ || has_bytes(); }
  bool has_bytes() const noexcept { return !rare_->held.empty(); }
  /// Gives the library what the peer sent, once it is known.
  io_result pull(std::byte* out, std::size_t size) noexcept {
    while (is_open_ && !is_ticket_known()) {
      std::byte block[2048];
      const io_result r = wire_->pull(block, sizeof block);
      if (r.status == io_status::would_block) return r;
      if (r.status != io_status::ok) break;
      if (!hold(block, r.bytes)) {
        wire_->refuse(alert::internal_error, errc::out_of_memory);
        return {0, io_status::error};
      }
    }
    is_open_ = false;
    if (!has_bytes()) return wire_->pull(out, size);
    return {rare_.make().held.take(out, size), io_status::ok};
  }

 protected:
  bool is_client() const noexcept { return context_->plan().own == role::client; }

  ssl_handle ssl_;
  const context* context_ = nullptr;
  wire* wire_ = nullptr;
  peer_verifier* verifier_ = nullptr;
  // What an idle connection seldom has.
  struct rarely_held {
    chain_check peer;    // while there may be one to check, or nobody else has it
    std::string ticket;  // a client's newest, where it keeps sessions
    detail::byte_queue held;
  };
  detail::on_demand<rarely_held> rare_;

 private:
  bool hold(const std::byte* data, std::size_t size) noexcept {
    detail::exception_slot no_memory;
    return detail::guard(no_memory, false, [&] { return rare_.make().held.append(data, size); });
  }

  // A client of TLS 1.2 that offers a ticket takes the server's hello for its acceptance, and cannot go back when
  // certificates follow (5.5 to 5.7 src/internal.c, DSH_CheckSessionId). So it is shown the hello only when it is known
  // what comes after it, and without the ticket where that was declined. A server gives up at a ticket of TLS 1.2 whose
  // size is not its own's, another library's say: it is shown none but of keys that it has. Nor has it tickets for a
  // client of TLS 1.2 without the extended master secret (RFC 7627 §5.3): wolfSSL would resume its sessions, and ends
  // the handshake where the session had it.
  bool is_ticket_known() noexcept {
    const detail::handshake_observer& seen = wire_->observer();
    const detail::hello_facts& facts = seen.facts();
    if (!is_client()) {
      if (!facts.client_hello_seen) return false;
      const bool is_1_3 = facts.offers_1_3 && context_->plan().max_version == tls_version::tls1_3;
      const bool is_resumable = is_1_3 || facts.offers_extended_secret;
      if (!is_resumable || (facts.ticket_size != 0 && !has_key_of(facts)))
        wolfSSL_set_SSL_CTX(ssl_.get(), context_->without_tickets());
      return true;
    }
    const bool is_full = facts.certificate_seen || facts.hello_done_seen;
    if (is_full) wolfSSL_set_SessionTicket(ssl_.get(), nullptr, 0);
    return is_full || facts.version == tls_version::tls1_3 || facts.ticket_seen || seen.peer_is_encrypted();
  }
  bool has_key_of(const detail::hello_facts& facts) const noexcept {
    return detail::guard(verifier_->exception(), false, [&] {
      detail::ticket_key key;
      return facts.ticket_size > facts.ticket_name.size() &&
             context_->plan().tickets.open(facts.server_name, facts.ticket_name, key) != detail::ticket_find::unknown;
    });
  }

  // The ticket that wolfSSL has for a client. One of TLS 1.3 fails before its hello where it holds more than
  // MAX_PSK_ID_LEN (src/tls.c, TLSX_PopulateExtensions), and one of TLS 1.2 writes its hello as one record, however
  // long that comes to be. So longer ones are neither kept nor offered; where there is no room for it wolfSSL tells of
  // none.
  struct held_ticket {
    unsigned char bytes[12288];
    word32 size;
    bool read(WOLFSSL* ssl) noexcept {
      size = wolfSSL_version(ssl) == static_cast<int>(tls_version::tls1_3) ? 1536 : sizeof bytes;
      return wolfSSL_get_SessionTicket(ssl, bytes, &size) == WOLFSSL_SUCCESS &&
             (size != 0 || wolfSSL_SESSION_has_ticket(wolfSSL_get_session(ssl)) != 1);
    }
  };

  // Whether the ticket is another than the last time. Without memory it is not kept.
  [[gnu::noinline]] bool take_ticket() {
    detail::exception_slot no_memory;
    return detail::guard(no_memory, false, [&] {
      held_ticket newest;
      if (!newest.read(ssl_.get()) || newest.size == 0) return false;
      const std::string_view now(reinterpret_cast<const char*>(newest.bytes), newest.size);
      if (now == rare_->ticket) return false;
      rare_.make().ticket = now;
      return true;
    });
  }

  unsigned count_ = 0;
  std::int16_t offered_count_ = 0;
  bool is_open_ = false;  // it is not known yet whether a session is resumed
};

}  // namespace plugtls::wolfssl
