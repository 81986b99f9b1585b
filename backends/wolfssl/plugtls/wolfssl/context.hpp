// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstring>
#include <string>
#include <vector>

#include "plugtls/concepts.hpp"
#include "plugtls/detail/identity_fit.hpp"
#include "plugtls/wolfssl/error.hpp"
#include "plugtls/wolfssl/handle.hpp"
#include "plugtls/wolfssl/numbers.hpp"
#include "plugtls/wolfssl/private_key.hpp"
#include "plugtls/wolfssl/session.hpp"
#include "plugtls/wolfssl/verify.hpp"

namespace plugtls::wolfssl {

/// The settings of many connections as wolfSSL holds them. Trust is not among them: see chain_check.
class context {
 public:
  context() = default;
  context(const context&) = delete;
  context& operator=(const context&) = delete;

  [[gnu::cold]] errc open(const context_plan& plan, std::span<loaded_identity<private_key>> identities,
                          error_info& info) {
    plan_ = &plan;
    empty_store_.reset(wolfSSL_X509_STORE_new());
    if (!empty_store_) return info.set(errc::out_of_memory, "wolfSSL cannot make a context");
    errc e = errc::success;
    if (plan.tickets) {
      e = make(identities, false, info);
      without_tickets_ = std::move(ctx_);
    }
    return e == errc::success ? make(identities, true, info) : e;
  }

  [[gnu::cold]] void effective(effective_settings& values) const {
    values.min_version = static_cast<tls_version>(wolfSSL_CTX_get_min_proto_version(ctx_.get()));
    values.max_version = static_cast<tls_version>(wolfSSL_CTX_get_max_proto_version(ctx_.get()));
    values.versions_read_back = true;
    // With each scheme of RSA-PSS wolfSSL lists the one for keys that are marked for PSS.
    values.signature_schemes.clear();
    for (const signature_scheme s : plan_->signature_schemes) {
      values.signature_schemes.push_back(s);
      if (const signature_scheme twin = pss_twin(s); twin != signature_scheme::none)
        values.signature_schemes.push_back(twin);
    }
  }

  void verify_chain(std::span<const byte_view> chain, peer_verifier& verifier) const {
    chain_check check;
    for (std::size_t i = 0; i < chain.size(); ++i) check.add(static_cast<int>(i), chain[i]);
    leaf_reading reading;
    check.judge(verifier, &reading);
  }

  const context_plan& plan() const noexcept { return *plan_; }
  /// The protocols in wolfSSL's form, separated by commas.
  const std::string& alpn() const noexcept { return alpn_; }
  /// The key of a signer, null without one.
  const detail::external_key* external_key() const noexcept { return external_; }
  /// What the own certificate's key is; `other` without one.
  const detail::key_profile& own_key() const noexcept { return own_key_; }
  /// The same settings with tickets neither made nor taken; null where they never are.
  WOLFSSL_CTX* without_tickets() const noexcept { return without_tickets_.get(); }
  /// Gives a connection the store that all share: wolfSSL keeps in theirs what it takes for a CA, and must not in this
  /// one.
  bool lend_store(WOLFSSL* ssl) const noexcept {
    return wolfSSL_set1_verify_cert_store(ssl, empty_store_.get()) == WOLFSSL_SUCCESS;
  }
  /// Gives a connection a store of its own for the rest of its handshake.
  static bool give_store(WOLFSSL* ssl) noexcept {
    store_handle own(wolfSSL_X509_STORE_new());
    if (!own || wolfSSL_set0_verify_cert_store(ssl, own.get()) != WOLFSSL_SUCCESS) return false;
    own.release();  // now the connection's
    return true;
  }
  /// wolfSSL's object; belongs to this. Shared between threads: not to be changed.
  WOLFSSL_CTX* native_handle() const noexcept { return ctx_.get(); }

 private:
  [[gnu::cold]] errc make(std::span<loaded_identity<private_key>> identities, bool resumes, error_info& info) {
    ctx_.reset(wolfSSL_CTX_new(plan_->own == role::client ? wolfSSLv23_client_method() : wolfSSLv23_server_method()));
    if (!ctx_) return info.set(errc::out_of_memory, "wolfSSL cannot make a context");
    alpn_.clear();
    errc e = set_protocol(resumes, info);
    if (e == errc::success && resumes) e = set_sessions(info);
    if (e == errc::success) e = set_alpn(info);
    if (e == errc::success) e = set_identity(identities, info);
    if (e == errc::success && plan_->client_ca_names) e = set_client_ca_names(info);
    if (plan_->own == role::client) watch_requests(!identities.empty());
    return e;
  }

  // A client of 5.5 to 5.7 answers whoever asks it for a certificate after the handshake, though it has not offered to
  // be asked (RFC 8446 §4.6.2). One call comes before a certificate is presented; where there is none, only the other.
  void watch_requests(bool has_certificate) noexcept {
    if (has_certificate)
      wolfSSL_CTX_set_cert_cb(ctx_.get(), on_request, nullptr);
    else
      wolfSSL_CTX_set_client_cert_cb(ctx_.get(), [](WOLFSSL* ssl, WOLFSSL_X509**, WOLFSSL_EVP_PKEY**) {
        on_request(ssl, nullptr);
        return 0;  // still none
      });
  }

  [[gnu::cold]] errc set_protocol(bool resumes, error_info& info) {
    WOLFSSL_CTX* ctx = ctx_.get();
    if (plan_->session_ids)
      compat::find_sessions_by(ctx, on_session_id);
    else
      wolfSSL_CTX_set_session_cache_mode(ctx, WOLFSSL_SESS_CACHE_OFF);
    const bool is_server = plan_->own == role::server;
    if (!resumes || (!plan_->sessions && !plan_->tickets)) {
      wolfSSL_CTX_NoTicketTLSv12(ctx);
      if (is_server) wolfSSL_CTX_no_ticket_TLSv13(ctx);
      // A callback of its own, which a new context has, would have it look into tickets all the same, and give up at
      // those that are not of its size.
      if (is_server) wolfSSL_CTX_set_TicketEncCb(ctx, nullptr);
    }
    wolfSSL_CTX_set_group_messages(ctx);
    compat::set_fixed_values(ctx);
    wolfSSL_CTX_set_verify(ctx, WOLFSSL_VERIFY_NONE, nullptr);  // each connection sets its own

    // A server of TLS 1.2 keeps to the groups only if all others are switched off, and takes the shortest then.
    int e = WOLFSSL_SUCCESS;
    std::string curves;
    for (const named_group g : plan_->groups)
      if (!curve_name(g).empty()) curves += (curves.empty() ? "" : ":") + std::string(curve_name(g));
    if (plan_->own == role::server && !curves.empty()) e = wolfSSL_CTX_set1_curves_list(ctx, curves.c_str());
    if (e != WOLFSSL_SUCCESS) return refuse(info, e, errc::unsupported, "wolfSSL refuses the groups");
    if (!plan_->psks.empty()) {
      wolfSSL_CTX_set_psk_callback_ctx(ctx, const_cast<context_plan*>(plan_));
      if (plan_->own == role::client)
        compat::set_client_psk(ctx, give_psk, give_psk_for);
      else
        compat::set_server_psk(ctx, find_psk, find_psk_for);
    }
    // Before the versions: where TLS 1.3 is ruled out, wolfSSL refuses to set groups.
    std::vector<int> groups;
    for (const named_group g : plan_->groups) groups.push_back(static_cast<int>(g));
    e = wolfSSL_CTX_set_groups(ctx, groups.data(), static_cast<int>(groups.size()));
    if (e != WOLFSSL_SUCCESS) return refuse(info, e, errc::unsupported, "wolfSSL refuses the groups");
    e = wolfSSL_CTX_set_min_proto_version(ctx, static_cast<int>(plan_->min_version));
    if (e == WOLFSSL_SUCCESS) e = wolfSSL_CTX_set_max_proto_version(ctx, static_cast<int>(plan_->max_version));
    if (e != WOLFSSL_SUCCESS) return refuse(info, e, errc::unsupported, "wolfSSL refuses the protocol versions");
    // Without a list of suites set before, wolfSSL 5.7 and 5.9 would be left with none by the list of schemes.
    e = wolfSSL_CTX_set_cipher_list(ctx, join(plan_->cipher_suites).c_str());
    if (e != WOLFSSL_SUCCESS) return refuse(info, e, errc::unsupported, "wolfSSL refuses the cipher suites");
    e = wolfSSL_CTX_set1_sigalgs_list(ctx, join(plan_->signature_schemes).c_str());
    if (e != WOLFSSL_SUCCESS) return refuse(info, e, errc::unsupported, "wolfSSL refuses the signature schemes");
    if (plan_->max_fragment_length != 0) e = compat::ask_for_fragments(ctx, fragment_code(plan_->max_fragment_length));
    if (e != WOLFSSL_SUCCESS) return refuse(info, e, errc::unsupported, "wolfSSL refuses the length of fragments");
    return errc::success;
  }

  [[gnu::cold]] errc set_sessions(error_info& info) {
    WOLFSSL_CTX* ctx = ctx_.get();
    int e = WOLFSSL_SUCCESS;
    if (plan_->sessions) e = wolfSSL_CTX_UseSessionTicket(ctx);
    if (plan_->tickets) {
      const auto lifetime = static_cast<unsigned>(plan_->tickets.keys->lifetime_seconds());
      e = wolfSSL_CTX_set_TicketEncCb(ctx, on_ticket);
      if (e == WOLFSSL_SUCCESS) e = wolfSSL_CTX_set_TicketHint(ctx, static_cast<int>(lifetime));
      if (e == WOLFSSL_SUCCESS) e = wolfSSL_CTX_set_timeout(ctx, lifetime) != 0 ? WOLFSSL_SUCCESS : WOLFSSL_FAILURE;
      if (e == WOLFSSL_SUCCESS) e = wolfSSL_CTX_set_TicketEncCtx(ctx, this);
    }
    return e == WOLFSSL_SUCCESS ? errc::success : refuse(info, e, errc::unsupported, "wolfSSL refuses session tickets");
  }

  // Stands beside the connection, whose verifier keeps what the ticket's clock throws.
  static int on_ticket(WOLFSSL* ssl, unsigned char* name, unsigned char* iv, unsigned char* tag, int seals,
                       unsigned char* bytes, int size, int* out_size, void* self) noexcept;

  // Nonzero: a certificate may be asked for.
  static int on_request(WOLFSSL* ssl, void*) noexcept;

  static WOLFSSL_SESSION* on_session_id(WOLFSSL* ssl, const unsigned char* id, int size, int* is_shared) noexcept;

  // PSKs. The room for a name holds its NUL.
  static unsigned give_psk(WOLFSSL* ssl, const char*, char* identity, unsigned identity_room, unsigned char* key,
                           unsigned room) noexcept {
    const external_psk& own = plan_of(ssl).psks.front();
    if (own.identity.size() > identity_room || own.key.size() > room) return 0;
    std::memcpy(identity, own.identity.c_str(), own.identity.size() + (own.identity.size() < identity_room ? 1 : 0));
    std::memcpy(key, own.key.c_str(), own.key.size());
    return static_cast<unsigned>(own.key.size());
  }
  // In TLS 1.3 a PSK goes with every suite of its hash, SHA-256 (RFC 8446 §4.2.11). By the callbacks for TLS 1.2 alone
  // wolfSSL would know of TLS_AES_128_GCM_SHA256 only, whatever the peer offers or chooses. A client is asked for each
  // suite that it offers: one stands for all. A server names the one that it goes on with.
  static bool goes_with_psk(cipher_suite s) noexcept { return is_tls1_3(s) && s != cipher_suite::aes_256_gcm_sha384; }
  static unsigned give_psk_for(WOLFSSL* ssl, const char* hint, char* identity, unsigned identity_room,
                               unsigned char* key, unsigned room, const char* suite) noexcept {
    if (compat::counts_psks && identity[0] != 0) return 0;
    for (const cipher_suite s : plan_of(ssl).cipher_suites) {
      if (!goes_with_psk(s)) continue;
      return native_name(s) == suite ? give_psk(ssl, hint, identity, identity_room, key, room) : 0;
    }
    return 0;
  }
  static unsigned find_psk_for(WOLFSSL* ssl, const char* identity, unsigned char* key, unsigned room,
                               const char** suite) noexcept {
    for (const cipher_suite s : plan_of(ssl).cipher_suites) {
      if (!goes_with_psk(s) || !is_offered(ssl, s)) continue;
      *suite = native_name(s).data();
      return find_psk(ssl, identity, key, room);
    }
    return 0;
  }
  static bool is_offered(WOLFSSL* ssl, cipher_suite s) noexcept;

  static unsigned find_psk(WOLFSSL* ssl, const char* identity, unsigned char* key, unsigned room) noexcept {
    const external_psk* found = detail::find_psk(plan_of(ssl).psks, identity);
    if (found == nullptr || found->key.size() > room) return 0;
    std::memcpy(key, found->key.c_str(), found->key.size());
    return static_cast<unsigned>(found->key.size());
  }
  static const context_plan& plan_of(WOLFSSL* ssl) noexcept {
    return *static_cast<const context_plan*>(wolfSSL_get_psk_callback_ctx(ssl));
  }

  [[gnu::cold]] errc set_alpn(error_info& info) {
    for (const std::string& protocol : plan_->alpn) {
      if (protocol.find(',') != std::string::npos)
        return info.set(errc::unsupported, "wolfSSL cannot offer an ALPN protocol with a comma in it");
      if (!alpn_.empty()) alpn_ += ',';
      alpn_ += protocol;
    }
    if (plan_->own == role::server && !alpn_.empty()) wolfSSL_CTX_set_alpn_select_cb(ctx_.get(), select_alpn, this);
    return errc::success;
  }

  // Our order decides; wolfSSL would follow the client's. Where nothing fits, its own search comes to the same end and
  // sends the alert (RFC 7301 §3.2).
  static int select_alpn(WOLFSSL*, const unsigned char** out, unsigned char* out_size, const unsigned char* in,
                         unsigned in_size, void* self) {
    const std::string_view offered(reinterpret_cast<const char*>(in), in_size);
    for (const std::string& mine : static_cast<const context*>(self)->plan_->alpn) {
      for (std::size_t i = 0; i < offered.size(); i += 1 + static_cast<unsigned char>(offered[i])) {
        const std::string_view theirs = offered.substr(i + 1, static_cast<unsigned char>(offered[i]));
        if (theirs != mine) continue;
        *out = reinterpret_cast<const unsigned char*>(theirs.data());
        *out_size = static_cast<unsigned char>(theirs.size());
        return 0;
      }
    }
    return 1;
  }

  [[gnu::cold]] errc set_client_ca_names(error_info& info) {
    for (const certificate& anchor : plan_->verify.anchors.all()) {
      const byte_view der = anchor.der();
      const x509_handle parsed(
          wolfSSL_X509_load_certificate_buffer(data(der), static_cast<int>(der.size()), WOLFSSL_FILETYPE_ASN1));
      const int e = parsed ? wolfSSL_CTX_add_client_CA(ctx_.get(), parsed.get()) : 0;
      if (e != WOLFSSL_SUCCESS) return refuse(info, e, errc::unsupported, "wolfSSL cannot name an authority");
    }
    return errc::success;
  }

  [[gnu::cold]] errc set_identity(std::span<loaded_identity<private_key>> identities, error_info& info) {
    if (identities.size() > 1) return info.set(errc::unsupported, "wolfSSL is given one identity at most");
    for (const loaded_identity<private_key>& id : identities) {
      byte_vector chain;
      for (const byte_view der : id.chain) chain.insert(chain.end(), der.begin(), der.end());
      int e = wolfSSL_CTX_use_certificate_chain_buffer_format(ctx_.get(), data(byte_view(chain)),
                                                              static_cast<long>(chain.size()), WOLFSSL_FILETYPE_ASN1);
      if (e != WOLFSSL_SUCCESS)
        return refuse(info, e, errc::unsupported, "wolfSSL cannot read the certificates of the identity");
      const byte_view key = id.key.der();
      e = wolfSSL_CTX_use_PrivateKey_buffer(ctx_.get(), data(key), static_cast<long>(key.size()),
                                            WOLFSSL_FILETYPE_ASN1);
      if (e != WOLFSSL_SUCCESS) return refuse(info, e, errc::unsupported, "wolfSSL cannot use the private key");
      errc unread = errc::success;
      if (const auto leaf = certificate_view::parse(id.chain.front(), unread))
        own_key_ = detail::profile_of(leaf->public_key());
      external_ = id.key.external();
      if (external_ != nullptr) external::install(ctx_.get());
    }
    return errc::success;
  }

  const context_plan* plan_ = nullptr;
  std::string alpn_;
  const detail::external_key* external_ = nullptr;
  detail::key_profile own_key_;
  ctx_handle ctx_;
  ctx_handle without_tickets_;
  store_handle empty_store_;  // stays so
};

}  // namespace plugtls::wolfssl
