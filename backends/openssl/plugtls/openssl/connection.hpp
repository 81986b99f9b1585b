// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <climits>
#include <cstring>
#include <span>
#include <string>
#include <vector>

#include "plugtls/concepts.hpp"
#include "plugtls/openssl/bio.hpp"
#include "plugtls/openssl/error.hpp"
#include "plugtls/openssl/handle.hpp"
#include "plugtls/openssl/numbers.hpp"
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
    own_ = context.plan().own;
    psks_ = context.plan().psks;
    asks_for_staple_ = context.plan().verify.revocation.policy.staple;
    ssl_.reset(SSL_new(context.native_handle()));
    bio_handle bio = make_bio(w);
    if (!ssl_ || !bio || SSL_set_ex_data(ssl_.get(), data_index(), this) != 1)
      return refuse(info, errc::out_of_memory, "to make a connection");
    BIO_up_ref(bio.get());
    SSL_set0_rbio(ssl_.get(), bio.get());
    SSL_set0_wbio(ssl_.get(), bio.release());
    if (!server_name.empty() && SSL_set_tlsext_host_name(ssl_.get(), server_name.c_str()) != 1)
      return refuse(info, errc::invalid_argument, "the server name");
    own_ == role::client ? SSL_set_connect_state(ssl_.get()) : SSL_set_accept_state(ssl_.get());
    if (context.plan().verify.mode != verify_mode::none) SSL_set_msg_callback(ssl_.get(), on_message);
    return errc::success;
  }

  native_status handshake() {
    if (SSL_do_handshake(ssl_.get()) != 1) return stopped();
    SSL_set_msg_callback(ssl_.get(), nullptr);
    return native_status::done;
  }

  native_result read(std::byte* out, std::size_t size) {
    const int n = SSL_read(ssl_.get(), out, size > INT_MAX ? INT_MAX : static_cast<int>(size));
    if (n > 0) [[likely]]
      return {static_cast<std::size_t>(n), native_status::done};
    return {0, stopped()};
  }

  native_result write(const std::byte* data, std::size_t size) {
    const int n = SSL_write(ssl_.get(), data, static_cast<int>(size));
    if (n > 0) [[likely]]
      return {static_cast<std::size_t>(n), native_status::done};
    return {0, stopped()};
  }

  native_status update_keys() {
    const bool done = SSL_key_update(ssl_.get(), SSL_KEY_UPDATE_REQUESTED) == 1 && SSL_do_handshake(ssl_.get()) == 1;
    return done ? native_status::done : stopped();
  }

  native_status shutdown() { return SSL_shutdown(ssl_.get()) >= 0 ? native_status::done : stopped(); }

  std::size_t pending() const { return static_cast<std::size_t>(SSL_pending(ssl_.get())); }
  std::size_t max_write() const { return SSL3_RT_MAX_PLAIN_LENGTH; }

  void negotiated(negotiated_values& out) const {
    out.version = static_cast<tls_version>(SSL_version(ssl_.get()));
    out.suite = static_cast<cipher_suite>(SSL_CIPHER_get_protocol_id(SSL_get_current_cipher(ssl_.get())));
    int hash = NID_undef, type = NID_undef;
    if (own_ == role::client) {
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
    const x509_handle leaf(own_ == role::server ? SSL_get1_peer_certificate(ssl_.get()) : nullptr);
    if (leaf) ders.add(leaf.get());
    if (const STACK_OF(X509)* chain = SSL_get_peer_cert_chain(ssl_.get())) ders.add(chain);
    for (const byte_view der : ders.views()) out.emplace_back(der.begin(), der.end());
  }

  void failure(error_info& info) {
    info.code = translate(error_);
    describe(error_, info);
    info.alert_received = alert_received_;
    info.alert_sent = alert_sent_;
  }

  /// OpenSSL's object; belongs to this.
  SSL* native_handle() const noexcept { return ssl_.get(); }

  // OpenSSL's callbacks, set by the context.
  static void on_info(const SSL* ssl, int where, int value) {
    if ((where & SSL_CB_ALERT) == 0 || value >> 8 != SSL3_AL_FATAL) return;
    auto* self = static_cast<connection*>(SSL_get_ex_data(ssl, data_index()));
    ((where & SSL_CB_READ) != 0 ? self->alert_received_ : self->alert_sent_) = static_cast<alert>(value & 0xff);
  }
  // These serve TLS 1.3 too, where they stand for a PSK with SHA-256.
  static unsigned give_psk(SSL* ssl, const char*, char* identity, unsigned identity_room, unsigned char* key,
                           unsigned room) {
    const external_psk& own = static_cast<connection*>(SSL_get_ex_data(ssl, data_index()))->psks_.front();
    if (own.identity.size() >= identity_room || own.key.size() > room) return 0;
    std::memcpy(identity, own.identity.c_str(), own.identity.size() + 1);
    std::memcpy(key, own.key.c_str(), own.key.size());
    return static_cast<unsigned>(own.key.size());
  }
  static unsigned find_psk(SSL* ssl, const char* identity, unsigned char* key, unsigned room) {
    const auto* self = static_cast<connection*>(SSL_get_ex_data(ssl, data_index()));
    const external_psk* found = plugtls::detail::find_psk(self->psks_, identity);
    if (found == nullptr || found->key.size() > room) return 0;
    std::memcpy(key, found->key.c_str(), found->key.size());
    return static_cast<unsigned>(found->key.size());
  }
  static int on_chain(X509_STORE_CTX* store, void*) {
    connection* self = from(store);
    // In TLS 1.2 the staple comes in a message of its own, after OpenSSL has verified the chain.
    if (self->asks_for_staple_ && SSL_version(self->ssl_.get()) == TLS1_2_VERSION) {
      X509_STORE_CTX_set_error(store, X509_V_OK);
      self->is_decision_due_ = true;
      return 1;
    }
    self->take_staple();
    return detail::guard(self->verifier_->exception(), 0, [&] { return self->chain_.run(store, *self->verifier_); });
  }
  // A client's, at the end of the server's first flight and before the answer to it.
  static int on_status(SSL* ssl, void*) {
    auto* self = static_cast<connection*>(SSL_get_ex_data(ssl, data_index()));
    if (!self->is_decision_due_) return 1;
    self->decide_late();
    if (self->verifier_->decision().accept) return 1;
    self->push_alert(self->verifier_->decision().alert);
    return 0;
  }

 private:
  static void on_message(int is_sent, int, int type, const void* bytes, std::size_t size, SSL* ssl, void*) {
    const auto* first = static_cast<const std::byte*>(bytes);
    if (is_sent != 0 || type != SSL3_RT_HANDSHAKE || size == 0 || first[0] != std::byte{SSL3_MT_CERTIFICATE}) return;
    auto* self = static_cast<connection*>(SSL_get_ex_data(ssl, data_index()));
    detail::guard(self->verifier_->exception(), 0, [&] {
      self->chain_.keep({first, size}, SSL_version(ssl) == TLS1_3_VERSION);
      return 0;
    });
  }
  static connection* from(X509_STORE_CTX* store) noexcept {
    auto* ssl = static_cast<SSL*>(X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx()));
    return static_cast<connection*>(SSL_get_ex_data(ssl, data_index()));
  }
  static int data_index() noexcept {
    static const int index = SSL_get_ex_new_index(0, nullptr, nullptr, nullptr, nullptr);
    return index;
  }

  // Why a call did not succeed. The wire's own flags tell what blocked; the error queue is read only when something
  // failed.
  native_status stopped() noexcept {
    if (wire_->blocked_read() || wire_->blocked_write()) return native_status::again;
    if (!alert_received_ && (SSL_get_shutdown(ssl_.get()) & SSL_RECEIVED_SHUTDOWN) != 0) return native_status::closed;
    error_ = take_error();
    // What OpenSSL refuses between the certificates and the staple is not to hide what is wrong with the certificates.
    if (is_decision_due_ && !alert_received_ && !wire_->ended() && wire_->fault() == errc::success) decide_late();
    return native_status::failed;
  }

  void take_staple() noexcept {
    const unsigned char* response = nullptr;
    const long size = asks_for_staple_ ? SSL_get_tlsext_status_ocsp_resp(ssl_.get(), &response) : -1;
    if (response == nullptr || size <= 0) return;
    verifier_->staple({reinterpret_cast<const std::byte*>(response), static_cast<std::size_t>(size)});
  }

  // Does what the whole-chain hook would have done, had the staple been there.
  void decide_late() noexcept {
    is_decision_due_ = false;
    take_staple();
    detail::guard(verifier_->exception(), 0, [&] {
      chain_.run_late(ssl_.get(), *verifier_);
      return 0;
    });
  }

  // Says what the verdict calls for while that is still in the clear: OpenSSL would say
  // bad_certificate_status_response, which from here on leads nowhere.
  void push_alert(alert what) noexcept {
    wire_->push_alert(what);
    SSL_set0_wbio(ssl_.get(), BIO_new(BIO_s_null()));
  }

  wire* wire_ = nullptr;
  peer_verifier* verifier_ = nullptr;
  role own_ = role::client;
  std::span<const external_psk> psks_;
  bool asks_for_staple_ = false;
  bool is_decision_due_ = false;
  unsigned long error_ = 0;
  std::optional<alert> alert_received_;
  std::optional<alert> alert_sent_;
  chain_check chain_;
  ssl_handle ssl_;
};

}  // namespace plugtls::openssl
