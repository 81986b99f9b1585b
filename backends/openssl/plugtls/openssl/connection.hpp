// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <climits>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <vector>

#include "plugtls/concepts.hpp"
#include "plugtls/detail/on_demand.hpp"
#include "plugtls/openssl/bio.hpp"
#include "plugtls/openssl/early_data.hpp"
#include "plugtls/openssl/error.hpp"
#include "plugtls/openssl/handle.hpp"
#include "plugtls/openssl/numbers.hpp"
#include "plugtls/openssl/session.hpp"
#include "plugtls/openssl/verify.hpp"

namespace plugtls::openssl {

/// One SSL object over a wire.
class connection {
 public:
  template <class Context>
  errc open(const Context& context, const std::string& server_name, wire& w, peer_verifier& verifier,
            error_info& info) {
    wire_ = &w;
    verifier_ = &verifier;
    plan_ = &context.plan();
    ssl_.reset(SSL_new(context.native_handle()));
    if (!ssl_ || !use<port>()) return refuse(info, errc::out_of_memory, "to make a connection");
    if (!server_name.empty() && SSL_set_tlsext_host_name(ssl_.get(), server_name.c_str()) != 1)
      return refuse(info, errc::invalid_argument, "the server name");
    is_client() ? SSL_set_connect_state(ssl_.get()) : SSL_set_accept_state(ssl_.get());
    if (context.plan().verify.mode != verify_mode::none) SSL_set_msg_callback(ssl_.get(), on_message);
    return errc::success;
  }

  /// Has OpenSSL call back what is made for one type of port; false when memory is out, and nothing has changed.
  template <class P>
  bool use() noexcept {
    return set_bio(make_bio<P>(*wire_));
  }

  errc offer(byte_view session) { return offer(read_session(session)); }
  errc offer(const library_session& session) { return offer(static_cast<const kept_session&>(session).copy()); }
  unsigned session_count() const noexcept { return rare_->session_count; }
  // A new ticket in a resumed handshake of TLS 1.2 is told to nobody, and a server's session is not asked for before.
  bool session(native_session& out) const {
    const bool is_untold = !rare_->session && (resumed() || !is_client()) && SSL_version(ssl_.get()) == TLS1_2_VERSION;
    const session_handle untold(is_untold ? SSL_get1_session(ssl_.get()) : nullptr);
    SSL_SESSION* newest = is_untold ? untold.get() : rare_->session.get();
    if (newest == nullptr) return false;
    out.lifetime = plugtls::detail::capped(SSL_SESSION_get_ticket_lifetime_hint(newest));
    if (!is_client()) {
      out.bytes = write_session(newest);
      return true;
    }
    auto kept = std::make_shared<const kept_session>(newest);
    if (kept->empty()) return false;
    out.held = std::move(kept);
    return true;
  }
  bool resumed() const noexcept { return SSL_session_reused(ssl_.get()) == 1; }

  std::size_t early_data_allowed() const noexcept {
    const SSL_SESSION* offered = SSL_get_session(ssl_.get());
    return offered == nullptr ? 0 : SSL_SESSION_get_max_early_data(offered);
  }
  native_status write_early(const std::byte* data, std::size_t size) {
    std::size_t written = 0;
    const bool done = SSL_write_early_data(ssl_.get(), data, size, &written) == 1 && written == size;
    return done ? native_status::done : stopped();
  }
  void accept_early_data(plugtls::detail::byte_queue& into) { rare_.make().early = &into; }
  bool awaits_early_data() const noexcept { return rare_->early != nullptr; }
  early_data_status early_data() const noexcept { return early_status(ssl_.get()); }

  native_status handshake() {
    if (awaits_early_data()) [[unlikely]]
      if (const native_status read = read_early(); read != native_status::done) return read;
    if (SSL_do_handshake(ssl_.get()) != 1) return stopped();
    SSL_set_msg_callback(ssl_.get(), nullptr);
    if (rare_->session)
      rare_.make().chain = {};
    else
      rare_.reset();
    return native_status::done;
  }

  [[gnu::always_inline]] std::ptrdiff_t read(std::byte* out, std::size_t size) noexcept {
    std::size_t n = 0;
    SSL_read_ex(ssl_.get(), out, size, &n);
    return static_cast<std::ptrdiff_t>(n);
  }
  native_status read_ended(std::ptrdiff_t) noexcept { return stopped(); }
  [[gnu::always_inline]] std::ptrdiff_t write(const std::byte* data, std::size_t size) noexcept {
    std::size_t n = 0;
    SSL_write_ex(ssl_.get(), data, size, &n);
    return static_cast<std::ptrdiff_t>(n);
  }
  native_status write_ended(std::ptrdiff_t) noexcept { return stopped(); }

  native_status update_keys() {
    if (SSL_in_init(ssl_.get()) != 0) return native_status::again;
    const bool done = SSL_key_update(ssl_.get(), SSL_KEY_UPDATE_REQUESTED) == 1 && SSL_do_handshake(ssl_.get()) == 1;
    return done ? native_status::done : stopped();
  }

  // OpenSSL awaits one answer at a time. Each request has a mode of its own.
  native_status request_certificate(bool is_required, peer_verifier& verifier) {
    if (SSL_in_init(ssl_.get()) != 0) return native_status::again;
    SSL_set_verify(ssl_.get(), SSL_VERIFY_PEER | (is_required ? SSL_VERIFY_FAIL_IF_NO_PEER_CERT : 0), nullptr);
    SSL_set_msg_callback(ssl_.get(), on_message);
    rare_.make().later = &verifier;
    is_finished_seen_ = false;
    const bool done = SSL_verify_client_post_handshake(ssl_.get()) == 1 && SSL_do_handshake(ssl_.get()) == 1;
    return done ? native_status::done : stopped();
  }
  // A Finished that has come has not been verified before OpenSSL leaves its state machine.
  bool has_answered() const noexcept { return is_finished_seen_ && SSL_in_init(ssl_.get()) == 0; }
  native_status look() {
    std::byte first;
    return SSL_peek(ssl_.get(), &first, 1) > 0 ? native_status::done : stopped();
  }

  native_status shutdown() { return SSL_shutdown(ssl_.get()) >= 0 ? native_status::done : stopped(); }

  std::size_t pending() const { return static_cast<std::size_t>(SSL_pending(ssl_.get())); }
  std::size_t max_write() const { return SSL3_RT_MAX_PLAIN_LENGTH; }

  void negotiated(negotiated_values& out) const {
    out.version = static_cast<tls_version>(SSL_version(ssl_.get()));
    out.suite = static_cast<cipher_suite>(SSL_CIPHER_get_protocol_id(SSL_get_current_cipher(ssl_.get())));
    int hash = NID_undef, type = NID_undef;
    if (is_client()) {
      SSL_get_peer_signature_nid(ssl_.get(), &hash);
      SSL_get_peer_signature_type_nid(ssl_.get(), &type);
    } else {
      SSL_get_signature_nid(ssl_.get(), &hash);
      SSL_get_signature_type_nid(ssl_.get(), &type);
    }
    out.scheme = scheme_of(hash, type);
    const unsigned char* protocol = nullptr;
    unsigned size = 0;
    SSL_get0_alpn_selected(ssl_.get(), &protocol, &size);
    if (size != 0) out.alpn.assign(reinterpret_cast<const char*>(protocol), size);
  }

  void peer_chain(std::vector<byte_vector>& out) const {
    der_list ders;
    // SSL_get_peer_cert_chain leaves the leaf out on servers.
    const x509_handle leaf(!is_client() ? SSL_get1_peer_certificate(ssl_.get()) : nullptr);
    if (leaf) ders.add(leaf.get());
    if (const STACK_OF(X509)* chain = SSL_get_peer_cert_chain(ssl_.get())) ders.add(chain);
    for (const byte_view der : ders.views()) out.emplace_back(der.begin(), der.end());
  }

  errc export_keying_material(const exporter_label& what, std::span<std::byte> out) {
    const byte_view context = what.context.value_or(byte_view());
    if (SSL_export_keying_material(
            ssl_.get(), reinterpret_cast<unsigned char*>(out.data()), out.size(), what.label.data(), what.label.size(),
            reinterpret_cast<const unsigned char*>(context.data()), context.size(), what.context ? 1 : 0) == 1)
      return errc::success;
    ERR_clear_error();
    return errc::unsupported;
  }

  bool finished(bool own, byte_vector& out) const {
    out.resize(EVP_MAX_MD_SIZE);
    const auto tell = own ? SSL_get_finished : SSL_get_peer_finished;
    const std::size_t size = tell(ssl_.get(), out.data(), out.size());
    if (size < out.size()) out.resize(size);
    return !out.empty();
  }

  void failure(error_info& info) {
    info.code = translate(error_);
    // A message after the handshake that has the wrong size. Only a certificate that was asked for may be too large.
    const bool is_open = SSL_get_peer_finished(ssl_.get(), nullptr, 0) != 0;
    if (info.code == errc::handshake_too_large && is_open && rare_->later == nullptr) info.code = errc::bad_record;
    // From 3.2 on all errors of the record layer have one name; of a wrong version the alert tells.
    if (info.code == errc::bad_record && alert_sent_ == alert::protocol_version) info.code = errc::protocol_version;
    describe(error_, info);
    info.alert_received = alert_received_;
    info.alert_sent = alert_sent_;
  }

  /// OpenSSL's object; belongs to this.
  SSL* native_handle() const noexcept { return ssl_.get(); }

  // OpenSSL's callbacks, set by the context.
  static void on_info(const SSL* ssl, int where, int value) {
    if ((where & SSL_CB_ALERT) == 0) return;
    auto* self = from(ssl);
    const auto what = static_cast<alert>(value & 0xff);
    // In TLS 1.3 the level says nothing (RFC 8446 §6), and OpenSSL goes on after user_canceled.
    const bool is_fatal = value >> 8 == SSL3_AL_FATAL;
    const bool is_heard = (where & SSL_CB_READ) != 0;
    if (is_heard && (!is_fatal || what == alert::user_canceled))
      self->alert_heard_ = what;
    else if (is_fatal)
      (is_heard ? self->alert_received_ : self->alert_sent_) = what;
  }
  static void on_key(const SSL* ssl, const char* line) {
    auto* self = from(ssl);
    detail::log_line(self->plan_->key_log, self->verifier_->exception(), line);
  }
  // These serve TLS 1.3 too, where they stand for a PSK with SHA-256.
  static unsigned give_psk(SSL* ssl, const char*, char* identity, unsigned identity_room, unsigned char* key,
                           unsigned room) {
    const external_psk& own = from(ssl)->plan_->psks.front();
    if (own.identity.size() >= identity_room || own.key.size() > room) return 0;
    std::memcpy(identity, own.identity.c_str(), own.identity.size() + 1);
    std::memcpy(key, own.key.c_str(), own.key.size());
    return static_cast<unsigned>(own.key.size());
  }
  static unsigned find_psk(SSL* ssl, const char* identity, unsigned char* key, unsigned room) {
    const auto* self = from(ssl);
    const external_psk* found = plugtls::detail::find_psk(self->plan_->psks, identity);
    if (found == nullptr || found->key.size() > room) return 0;
    std::memcpy(key, found->key.c_str(), found->key.size());
    return static_cast<unsigned>(found->key.size());
  }
  static int on_chain(X509_STORE_CTX* store, void*) {
    connection* self = from(store);
    // In TLS 1.2 the staple comes in a message of its own, after OpenSSL has verified the chain.
    if (self->asks_for_staple() && SSL_version(self->ssl_.get()) == TLS1_2_VERSION) {
      X509_STORE_CTX_set_error(store, X509_V_OK);
      self->is_decision_due_ = true;
      return 1;
    }
    self->take_staple();
    peer_verifier& verifier = self->judge();
    return detail::guard(verifier.exception(), 0, [&] { return self->rare_.make().chain.run(store, verifier); });
  }
  // A client's, at the end of the server's first flight and before the answer to it.
  static int on_status(SSL* ssl, void*) {
    auto* self = from(ssl);
    if (!self->is_decision_due_) return 1;
    self->decide_late();
    if (self->verifier_->decision().accept) return 1;
    self->push_alert(self->verifier_->decision().alert);
    return 0;
  }

  // A client's: a ticket has come, or in TLS 1.2 the id of a session. The newest one is kept.
  static int on_session(SSL* ssl, SSL_SESSION* session) {
    auto* self = from(ssl);
    if (SSL_SESSION_is_resumable(session) != 1) return 0;
    detail::exception_slot dropped;  // without memory it is not kept
    return detail::guard(dropped, 0, [&] {
      rarely_held& held = self->rare_.make();
      held.session.reset(session);
      ++held.session_count;
      return 1;  // now ours
    });
  }
  // A server's, also for tickets of TLS 1.3 that are no tickets of ours: those are no ids.
  static SSL_SESSION* on_session_id(SSL* ssl, const unsigned char* id, int size, int* is_shared) {
    auto* self = from(ssl);
    *is_shared = 0;
    if (SSL_version(ssl) != TLS1_2_VERSION || size <= 0) return nullptr;
    const auto wanted = std::as_bytes(std::span(id, static_cast<std::size_t>(size)));
    return detail::guard(self->verifier_->exception(), static_cast<SSL_SESSION*>(nullptr), [&] {
      const detail::hello_facts& hello = self->wire_->observer().facts();
      return resumable_session(self->plan_->session_ids.find(wanted, hello, self->verifier_->resumable()).bytes());
    });
  }
  // A server's: 0 makes no ticket, or declines one.
  static int on_ticket_key(SSL* ssl, unsigned char* name, unsigned char* iv, EVP_CIPHER_CTX* cipher, EVP_MAC_CTX* mac,
                           int seals) {
    auto* self = from(ssl);
    return detail::guard(self->verifier_->exception(), -1, [&] {
      detail::ticket_key key;
      const detail::ticket_rules& rules = self->plan_->tickets;
      // In TLS 1.3 each ticket is for one use, so that a new one is always due.
      bool is_due = SSL_version(ssl) == TLS1_3_VERSION;
      if (seals == 1) {
        if (!rules.seal(self->asked_name(), key) || RAND_bytes(iv, EVP_CIPHER_get_iv_length(EVP_aes_256_cbc())) != 1)
          return 0;
        std::memcpy(name, key.name.data(), key.name.size());
      } else {
        const detail::ticket_find found =
            rules.open(self->asked_name(), std::as_bytes(std::span(name, key.name.size())), key);
        if (found == detail::ticket_find::unknown) return 0;
        is_due = is_due || found == detail::ticket_find::old;
      }
      if (!use_ticket_key(key, iv, cipher, mac, seals == 1)) return -1;
      return seals == 0 && is_due ? 2 : 1;
    });
  }
  static int on_ticket_made(SSL* ssl, void*) {
    auto* self = from(ssl);
    return detail::guard(self->verifier_->exception(), 0, [&] {
      const bool resumes = SSL_session_reused(ssl) == 1;
      const unix_time moment = self->verifier_->ticket_moment(resumes, self->plan_->tickets.keys->time());
      detail::field_writer state;
      state.raw({});
      state.number(static_cast<std::uint64_t>(moment), 8);
      // Whoever answers a request later is another peer, of the same session.
      state.field(self->rare_->later != nullptr ? self->rare_->later->ticket_state(false)
                                                : self->verifier_->ticket_state(resumes));
      if (self->plan_->early_data != 0 && !early_ticket::make(state)) return 0;
      return SSL_SESSION_set1_ticket_appdata(SSL_get_session(ssl), state.view().data(), state.view().size());
    });
  }
  static SSL_TICKET_RETURN on_ticket_opened(SSL* ssl, SSL_SESSION* session, const unsigned char*, std::size_t,
                                            SSL_TICKET_STATUS status, void*) {
    auto* self = from(ssl);
    if (status != SSL_TICKET_SUCCESS && status != SSL_TICKET_SUCCESS_RENEW)
      return status == SSL_TICKET_NONE ? SSL_TICKET_RETURN_IGNORE : SSL_TICKET_RETURN_IGNORE_RENEW;
    void* state = nullptr;
    std::size_t size = 0;
    const bool good = detail::guard(self->verifier_->exception(), false, [&] {
      if (SSL_SESSION_get0_ticket_appdata(session, &state, &size) != 1 || state == nullptr) return false;
      detail::field_reader in({static_cast<const std::byte*>(state), size});
      const auto made = static_cast<unix_time>(in.number(8));
      const byte_view client = in.field();
      if (const early_ticket found(in); found || self->rare_->ticket) self->rare_.make().ticket = found;
      self->verifier_->resumable().moment = made;
      return in.ended() && self->plan_->tickets.keys->is_timely(made) &&
             self->verifier_->resumable().decide_ticket(client);
    });
    if (!good) return SSL_TICKET_RETURN_IGNORE_RENEW;
    return status == SSL_TICKET_SUCCESS ? SSL_TICKET_RETURN_USE : SSL_TICKET_RETURN_USE_RENEW;
  }
  // A server's, where early data fits in every other way, and the program has asked for it: whether it is accepted.
  static int on_early_data(SSL* ssl, void*) {
    auto* self = from(ssl);
    // A limit that has been lowered since holds for old tickets too.
    return detail::guard(self->verifier_->exception(), 0, [&] {
      return self->early_data_allowed() <= self->plan_->early_data && self->rare_->ticket &&
             self->plan_->tickets.keys->use_early(self->rare_->ticket.id());
    });
  }

 private:
  static void on_message(int is_sent, int, int type, const void* bytes, std::size_t size, SSL* ssl, void*) {
    const auto* first = static_cast<const std::byte*>(bytes);
    if (is_sent != 0 || type != SSL3_RT_HANDSHAKE || size == 0) return;
    auto* self = from(ssl);
    const bool is_certificate = first[0] == std::byte{SSL3_MT_CERTIFICATE};
    const bool is_finished = first[0] == std::byte{SSL3_MT_FINISHED};
    if (is_finished) self->is_finished_seen_ = true;
    // A record layer that OpenSSL (3.2 and later) makes while this is set calls it for each record ever after
    // (ssl/record/rec_layer_s3.c, ssl_set_new_record_layer).
    if (is_finished || (is_certificate && self->rare_->later == nullptr)) SSL_set_msg_callback(ssl, nullptr);
    if (!is_certificate) return;
    detail::guard(self->verifier_->exception(), 0, [&] {
      self->rare_.make().chain.keep({first, size}, SSL_version(ssl) == TLS1_3_VERSION);
      return 0;
    });
  }
  // The BIO has room for this, where application data of the SSL object would be allocated.
  static connection* from(const SSL* ssl) noexcept {
    return reinterpret_cast<connection*>(BIO_get_callback_arg(SSL_get_rbio(ssl)));
  }
  static connection* from(X509_STORE_CTX* store) noexcept {
    return from(static_cast<SSL*>(X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx())));
  }
  errc offer(const session_handle& session) noexcept {
    return session && SSL_set_session(ssl_.get(), session.get()) == 1 ? errc::success : errc::bad_session;
  }
  bool set_bio(bio_handle bio) noexcept {
    if (!bio) return false;
    BIO_set_callback_arg(bio.get(), reinterpret_cast<char*>(this));
    BIO_up_ref(bio.get());
    wire_->belong_to(bio.get());
    SSL_set0_rbio(ssl_.get(), bio.get());
    SSL_set0_wbio(ssl_.get(), bio.release());
    return true;
  }
  bool is_client() const noexcept { return plan_->own == role::client; }
  bool asks_for_staple() const noexcept { return plan_->verify.revocation.policy.staple; }

  // Why a call did not succeed. The wire's own flags tell what blocked; the error queue is read only when something
  // failed.
  native_status stopped() noexcept {
    return wire_->blocked_read() || wire_->blocked_write() ? native_status::again : failed();
  }
  [[gnu::noinline]] native_status failed() noexcept {
    BIO_set_retry_read(SSL_get_rbio(ssl_.get()));  // until the next one fails
    if (!alert_received_ && (SSL_get_shutdown(ssl_.get()) & SSL_RECEIVED_SHUTDOWN) != 0) {
      if (alert_heard_ == alert::close_notify) return native_status::closed;
      alert_received_ = alert_heard_;  // OpenSSL has ended the connection for it
    }
    error_ = static_cast<std::uint32_t>(take_error());
    // What OpenSSL refuses between the certificates and the staple is not to hide what is wrong with the certificates.
    // Of those that it cannot parse the policy judges what was sent.
    const bool is_unread = translate(error_) == errc::malformed_certificate && rare_->chain.holds_message();
    if ((is_decision_due_ || is_unread) && !alert_received_ && !wire_->ended() && wire_->fault() == errc::success)
      decide_late();
    return native_status::failed;
  }

  // Takes early data for as long as there is any. OpenSSL sees to the most that there may be.
  native_status read_early() {
    for (std::byte block[2048];;) {
      std::size_t size = 0;
      switch (SSL_read_early_data(ssl_.get(), block, sizeof block, &size)) {
        case SSL_READ_EARLY_DATA_SUCCESS: break;
        case SSL_READ_EARLY_DATA_FINISH: rare_.make().early = nullptr; return native_status::done;
        default: return stopped();
      }
      if (rare_->early->append(block, size)) continue;
      wire_->refuse(alert::internal_error, errc::out_of_memory);
      return native_status::failed;
    }
  }

  // The name that the client asks for.
  const std::string& asked_name() const noexcept { return wire_->observer().facts().server_name; }

  // Who decides about the certificates that come now.
  peer_verifier& judge() const noexcept { return rare_->later != nullptr ? *rare_->later : *verifier_; }

  void take_staple() noexcept {
    const unsigned char* response = nullptr;
    const long size = asks_for_staple() ? SSL_get_tlsext_status_ocsp_resp(ssl_.get(), &response) : -1;
    if (response == nullptr || size <= 0) return;
    verifier_->staple({reinterpret_cast<const std::byte*>(response), static_cast<std::size_t>(size)});
  }

  // Does what the whole-chain hook would have done, had the staple been there.
  void decide_late() noexcept {
    is_decision_due_ = false;
    take_staple();
    peer_verifier& verifier = judge();
    detail::guard(verifier.exception(), 0, [&] {
      rare_.make().chain.run_late(ssl_.get(), verifier);
      return 0;
    });
  }

  // Says what the verdict calls for while that is still in the clear: OpenSSL would say
  // bad_certificate_status_response, which from here on leads nowhere.
  void push_alert(alert what) noexcept {
    wire_->push_alert(what);
    SSL_set0_wbio(ssl_.get(), BIO_new(BIO_s_null()));
  }

  // What an idle connection seldom has.
  struct rarely_held {
    chain_check chain;                             // while there may be one to check
    peer_verifier* later = nullptr;                // of what was asked for after the handshake
    plugtls::detail::byte_queue* early = nullptr;  // set while a server awaits early data
    early_ticket ticket;                           // that the client resumes with
    session_handle session;
    unsigned session_count = 0;
  };

  wire* wire_ = nullptr;
  peer_verifier* verifier_ = nullptr;
  const context_plan* plan_ = nullptr;
  std::uint32_t error_ = 0;  // OpenSSL's, whose unsigned long has no more bits
  bool is_decision_due_ = false;
  bool is_finished_seen_ = false;
  alert alert_heard_ = alert::close_notify;  // the last one that need not be fatal
  std::optional<alert> alert_received_;
  std::optional<alert> alert_sent_;
  detail::on_demand<rarely_held> rare_;
  ssl_handle ssl_;
};

}  // namespace plugtls::openssl
