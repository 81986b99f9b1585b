// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <memory>
#include <span>
#include <string>

#include "plugtls/context_plan.hpp"
#include "plugtls/openssl/anchors.hpp"
#include "plugtls/openssl/connection.hpp"
#include "plugtls/openssl/error.hpp"
#include "plugtls/openssl/handle.hpp"
#include "plugtls/openssl/numbers.hpp"
#include "plugtls/openssl/private_key.hpp"

namespace plugtls::openssl {

/// An SSL_CTX in which every value is ours: what openssl.cnf may have put there is overwritten.
class context {
 public:
  errc open(const context_plan& plan, std::span<loaded_identity<private_key>> identities, error_info& info) {
    plan_ = &plan;
    ERR_clear_error();
    ctx_.reset(SSL_CTX_new(plan.own == role::client ? TLS_client_method() : TLS_server_method()));
    if (!ctx_) return refuse(info, errc::out_of_memory, "to make a context");
    errc e = set_protocol(info);
    if (e == errc::success) e = set_sessions(info);
    if (e == errc::success) e = set_trust(info);
    if (e == errc::success) e = set_stapling(identities, info);
    for (const auto& identity : identities)
      if (e == errc::success) e = add_identity(identity, info);
    ERR_clear_error();  // comparing a certificate's key with one that is elsewhere leaves entries
    return e;
  }

  void effective(effective_settings& out) const {
    const auto version = [](long v) { return static_cast<tls_version>(v); };
    out.min_version = version(SSL_CTX_get_min_proto_version(ctx_.get()));
    out.max_version = version(SSL_CTX_get_max_proto_version(ctx_.get()));
    out.versions_read_back = true;
    out.cipher_suites.clear();
    const STACK_OF(SSL_CIPHER)* ciphers = SSL_CTX_get_ciphers(ctx_.get());
    for (int i = 0; i < sk_SSL_CIPHER_num(ciphers); ++i) {
      const auto suite = static_cast<cipher_suite>(SSL_CIPHER_get_protocol_id(sk_SSL_CIPHER_value(ciphers, i)));
      if (is_tls1_3(suite) || plan_->min_version == tls_version::tls1_2) out.cipher_suites.push_back(suite);
    }
    out.cipher_suites_read_back = true;
    out.trust_anchors = anchor_count();
    out.release_buffers = (SSL_CTX_get_mode(ctx_.get()) & SSL_MODE_RELEASE_BUFFERS) != 0;
  }

  void verify_chain(std::span<const byte_view> chain, peer_verifier& verifier) const {
    chain_check().run(ctx_.get(), chain, verifier);
  }

  const context_plan& plan() const noexcept { return *plan_; }
  /// OpenSSL's object; belongs to this. Shared between threads: not to be changed, and its store least of all, which
  /// other contexts may have too.
  SSL_CTX* native_handle() const noexcept { return ctx_.get(); }

 private:
  std::size_t anchor_count() const noexcept {
    return trust_ ? static_cast<std::size_t>(sk_X509_num(trust_->certificates.get())) : 0;
  }

  errc set_protocol(error_info& info) {
    SSL_CTX* ctx = ctx_.get();
    SSL_CTX_clear_options(ctx, SSL_CTX_get_options(ctx));
    SSL_CTX_set_options(ctx, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_TICKET |
                                 SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_ENABLE_MIDDLEBOX_COMPAT);
    SSL_CTX_clear_mode(ctx, ~0L);
    SSL_CTX_set_mode(ctx, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_NO_AUTO_CHAIN |
                              SSL_MODE_AUTO_RETRY);
    if (plan_->release_buffers) SSL_CTX_set_mode(ctx, SSL_MODE_RELEASE_BUFFERS);
    SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_num_tickets(ctx, 0);
    SSL_CTX_set_security_level(ctx, 2);  // as our own floors: RSA 2048, no SHA-1
    SSL_CTX_set_max_cert_list(ctx, static_cast<long>(plan_->limit.max_handshake_size));
    SSL_CTX_set_info_callback(ctx, connection::on_info);
    SSL_CTX_set_keylog_callback(ctx, plan_->key_log ? connection::on_key : nullptr);

    if (SSL_CTX_set_min_proto_version(ctx, static_cast<int>(plan_->min_version)) != 1 ||
        SSL_CTX_set_max_proto_version(ctx, static_cast<int>(plan_->max_version)) != 1)
      return refuse(info, errc::unsupported, "the protocol versions");
    const auto& suites = plan_->cipher_suites;
    const std::string old = join(suites, [](cipher_suite s) { return !is_tls1_3(s); });
    const std::string tls1_3 = join(suites, [](cipher_suite s) { return is_tls1_3(s); });
    if (!old.empty() && SSL_CTX_set_cipher_list(ctx, old.c_str()) != 1)
      return refuse(info, errc::unsupported, "the cipher suites");
    if (has_tls1_3 && SSL_CTX_set_ciphersuites(ctx, tls1_3.c_str()) != 1)
      return refuse(info, errc::unsupported, "the cipher suites of TLS 1.3");
    const auto all = [](auto) { return true; };
    if (SSL_CTX_set1_groups_list(ctx, join(plan_->groups, all).c_str()) != 1)
      return refuse(info, errc::unsupported, "the groups");
    // On a server the first list is what it signs with, and the second what its clients may; on a client the first is
    // what its server may, and the second what it signs with.
    const std::string schemes = join(plan_->signature_schemes, all);
    const std::string own = plan_->own_schemes.empty() ? schemes : join(plan_->own_schemes, all);
    const bool is_server = plan_->own == role::server;
    if (SSL_CTX_set1_sigalgs_list(ctx, (is_server ? own : schemes).c_str()) != 1 ||
        SSL_CTX_set1_client_sigalgs_list(ctx, (is_server ? schemes : own).c_str()) != 1)
      return refuse(info, errc::unsupported, "the signature schemes");
    if (!plan_->psks.empty()) {
      set_psk_callbacks(ctx, plan_->own == role::client, connection::give_psk, connection::find_psk);
      // In TLS 1.3 a PSK becomes a session, which a server that verifies clients takes in a context of some name only.
      static constexpr unsigned char name[] = "plugtls";
      if (plan_->own == role::server) SSL_CTX_set_session_id_context(ctx, name, sizeof name);
    }
    if (plan_->max_fragment_length != 0 &&
        SSL_CTX_set_tlsext_max_fragment_length(ctx, fragment_code(plan_->max_fragment_length)) != 1)
      return refuse(info, errc::unsupported, "the length of fragments");
    return set_alpn(info);
  }

  // Neither sessions nor tickets, but where they are asked for; OpenSSL itself caches none.
  errc set_sessions(error_info& info) {
    SSL_CTX* ctx = ctx_.get();
    if (plan_->sessions) {
      SSL_CTX_clear_options(ctx, SSL_OP_NO_TICKET);
      SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
      SSL_CTX_sess_set_new_cb(ctx, connection::on_session);
    }
    if ((plan_->tickets || plan_->session_ids) &&
        SSL_CTX_set_session_id_context(ctx, data(byte_view(plan_->policy)), 32) != 1)
      return refuse(info, errc::unsupported, "to make sessions");
    if (plan_->session_ids) {
      SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_SERVER | SSL_SESS_CACHE_NO_INTERNAL);
      SSL_CTX_sess_set_get_cb(ctx, connection::on_session_id);
    }
    if (!plan_->tickets) return errc::success;
    SSL_CTX_clear_options(ctx, SSL_OP_NO_TICKET);
    SSL_CTX_set_timeout(ctx, static_cast<long>(plan_->tickets.keys->lifetime_seconds()));
    if (SSL_CTX_set_num_tickets(ctx, 1) == 1 &&
        SSL_CTX_set_tlsext_ticket_key_evp_cb(ctx, connection::on_ticket_key) == 1 &&
        SSL_CTX_set_session_ticket_cb(ctx, connection::on_ticket_made, connection::on_ticket_opened, nullptr) == 1 &&
        set_early_data(ctx))
      return errc::success;
    return refuse(info, errc::unsupported, "to make tickets");
  }

  // OpenSSL's own protection against replay keeps every session in memory, and makes other tickets: ours are once for
  // all, and what they were used for is remembered by their keys.
  bool set_early_data(SSL_CTX* ctx) noexcept {
    // Of tickets that allowed more than is allowed now, or are not taken, so much is skipped.
    const auto skipped = detail::capped(plan_->limit.max_handshake_size);
    SSL_CTX_set_options(ctx, SSL_OP_NO_ANTI_REPLAY);
    SSL_CTX_set_allow_early_data_cb(ctx, connection::on_early_data, nullptr);
    return SSL_CTX_set_max_early_data(ctx, static_cast<std::uint32_t>(plan_->early_data)) == 1 &&
           SSL_CTX_set_recv_max_early_data(ctx, skipped) == 1;
  }

  errc set_alpn(error_info& info) {
    for (const std::string& protocol : plan_->alpn) {
      alpn_ += static_cast<char>(protocol.size());
      alpn_ += protocol;
    }
    if (alpn_.empty()) return errc::success;
    if (plan_->own == role::server) {
      SSL_CTX_set_alpn_select_cb(ctx_.get(), select_alpn, this);
      return errc::success;
    }
    return SSL_CTX_set_alpn_protos(ctx_.get(), data(as_bytes(alpn_)), static_cast<unsigned>(alpn_.size())) == 0
               ? errc::success
               : refuse(info, errc::invalid_argument, "the ALPN protocols");
  }

  // Our order decides. No overlap ends the handshake (RFC 7301 §3.2).
  static int select_alpn(SSL*, const unsigned char** out, unsigned char* out_size, const unsigned char* in,
                         unsigned in_size, void* self) {
    const std::string& own = static_cast<const context*>(self)->alpn_;
    unsigned char* found = nullptr;
    if (SSL_select_next_proto(&found, out_size, data(as_bytes(own)), static_cast<unsigned>(own.size()), in, in_size) !=
        OPENSSL_NPN_NEGOTIATED)
      return SSL_TLSEXT_ERR_ALERT_FATAL;
    *out = found;
    return SSL_TLSEXT_ERR_OK;
  }

  errc set_trust(error_info& info) {
    SSL_CTX* ctx = ctx_.get();
    int mode = SSL_VERIFY_NONE;
    if (plan_->verify.mode != verify_mode::none && !plan_->asks_later) mode = SSL_VERIFY_PEER;
    if (plan_->verify.mode == verify_mode::required) mode |= SSL_VERIFY_FAIL_IF_NO_PEER_CERT;
    SSL_CTX_set_verify(ctx, mode, nullptr);
    SSL_CTX_set_post_handshake_auth(ctx, plan_->post_handshake_auth && plan_->own == role::client ? 1 : 0);
    SSL_CTX_set_verify_depth(ctx, plan_->limit.max_chain_length + 1);  // the verifier counts, with its own errc
    SSL_CTX_set_cert_verify_callback(ctx, connection::on_chain, nullptr);
    if (plan_->verify.anchors.empty()) return errc::success;
    const auto trust = store_of(plan_->verify.anchors);
    if (!trust) return refuse(info, errc::unsupported, "all trust anchors");
    SSL_CTX_set1_cert_store(ctx, trust->store.get());
    trust_ = trust;
    if (plan_->client_ca_names && anchor_count() != plan_->verify.anchors.all().size())
      return info.set(errc::unsupported, "OpenSSL cannot read a trust anchor, and so not name it (client_ca_names)");
    for (int i = 0; plan_->client_ca_names && i < sk_X509_num(trust->certificates.get()); ++i)
      if (SSL_CTX_add_client_CA(ctx, sk_X509_value(trust->certificates.get(), i)) != 1)
        return refuse(info, errc::unsupported, "the name of a trust anchor");
    return errc::success;
  }

  errc set_stapling(std::span<loaded_identity<private_key>> identities, error_info& info) {
    SSL_CTX* ctx = ctx_.get();
    const bool asks = plan_->verify.revocation.policy.staple;
    if (SSL_CTX_set_tlsext_status_type(ctx, asks ? TLSEXT_STATUSTYPE_ocsp : -1) != 1)
      return refuse(info, errc::unsupported, "to ask for an OCSP response");
    if (asks) SSL_CTX_set_tlsext_status_cb(ctx, connection::on_status);
    if (identities.empty() || identities.front().ocsp_response.empty()) return errc::success;
    SSL_CTX_set_tlsext_status_cb(ctx, send_status);
    SSL_CTX_set_tlsext_status_arg(ctx, &identities.front());
    return errc::success;
  }

  // A copy for each connection that asks: OpenSSL frees it.
  static int send_status(SSL* ssl, void* own) {
    const byte_view response = static_cast<const loaded_identity<private_key>*>(own)->ocsp_response;
    bytes_handle copy(static_cast<unsigned char*>(OPENSSL_memdup(response.data(), response.size())));
    if (!copy) return SSL_TLSEXT_ERR_ALERT_FATAL;
    if (SSL_set_tlsext_status_ocsp_resp(ssl, copy.get(), static_cast<long>(response.size())) != 1)
      return SSL_TLSEXT_ERR_ALERT_FATAL;
    static_cast<void>(copy.release());
    return SSL_TLSEXT_ERR_OK;
  }

  errc add_identity(const loaded_identity<private_key>& identity, error_info& info) {
    SSL_CTX* ctx = ctx_.get();
    const x509_handle leaf = parse(identity.chain.front());
    if (!leaf || SSL_CTX_use_certificate(ctx, leaf.get()) != 1) return refuse(info, errc::bad_der, "the certificate");
    if (SSL_CTX_use_PrivateKey(ctx, identity.key.native_handle()) != 1)
      return refuse(info, errc::key_mismatch, "the private key");
    for (const byte_view der : std::span(identity.chain).subspan(1)) {
      x509_handle intermediate = parse(der);
      if (!intermediate || SSL_CTX_add1_chain_cert(ctx, intermediate.get()) != 1)
        return refuse(info, errc::bad_der, "a certificate of the chain");
    }
    return errc::success;
  }

  const context_plan* plan_ = nullptr;
  std::shared_ptr<const anchor_store> trust_;
  ssl_ctx_handle ctx_;
  std::string alpn_;  // in wire format, in our order
};

}  // namespace plugtls::openssl
