// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <memory>
#include <vector>

#include "plugtls/concepts.hpp"
#include "plugtls/mbedtls/anchors.hpp"
#include "plugtls/mbedtls/error.hpp"
#include "plugtls/mbedtls/handle.hpp"
#include "plugtls/mbedtls/numbers.hpp"
#include "plugtls/mbedtls/private_key.hpp"
#include "plugtls/mbedtls/psk.hpp"
#include "plugtls/mbedtls/session.hpp"
#include "plugtls/mbedtls/verify.hpp"

namespace plugtls::mbedtls {

/// The settings of many connections as mbedTLS holds them. It keeps pointers into all of its lists, so they live here.
class context {
 public:
  // No stricter than the neutral policy, which looks at the same path and tells reasons.
  static constexpr mbedtls_x509_crt_profile profile = {
      MBEDTLS_X509_ID_FLAG(MBEDTLS_MD_SHA224) | MBEDTLS_X509_ID_FLAG(MBEDTLS_MD_SHA256) |
          MBEDTLS_X509_ID_FLAG(MBEDTLS_MD_SHA384) | MBEDTLS_X509_ID_FLAG(MBEDTLS_MD_SHA512),
      0xfffffff, 0xfffffff, 2048};

  context() = default;
  context(const context&) = delete;
  context& operator=(const context&) = delete;

  errc open(const context_plan& plan, std::span<loaded_identity<private_key>> identities, error_info& info) {
    plan_ = &plan;
    mbedtls_ssl_config* conf = config_.get();
    const bool is_client = plan.own == role::client;
    int e = mbedtls_ssl_config_defaults(conf, is_client ? MBEDTLS_SSL_IS_CLIENT : MBEDTLS_SSL_IS_SERVER,
                                        MBEDTLS_SSL_TRANSPORT_STREAM, MBEDTLS_SSL_PRESET_DEFAULT);
    if (e != 0) return refuse(info, e, errc::unsupported, "mbedTLS cannot make its configuration");
    compat::set_fixed_values(conf, plan.own, fragment_code(plan.max_fragment_length));
    if (plan.sessions || plan.tickets) compat::allow_sessions(conf, plan.own);
    if (plan.tickets)  // as the suites, they are not changed
      mbedtls_ssl_conf_session_tickets_cb(conf, write_ticket, parse_ticket,
                                          const_cast<detail::ticket_rules*>(&plan.tickets));
    if (plan.session_ids)
      compat::remember_sessions<find_session, keep_session>(conf,
                                                            const_cast<detail::session_id_rules*>(&plan.session_ids));
    compat::set_versions(conf, plan.min_version, plan.max_version);

    suites_ = native_list<int>(plan.cipher_suites);
    groups_ = native_list<compat::group_value>(plan.groups);
    schemes_ = native_list<compat::scheme_value>(plan.signature_schemes);
    mbedtls_ssl_conf_ciphersuites(conf, suites_.data());
    compat::set_groups(conf, groups_.data());
    compat::set_schemes(conf, schemes_.data());
    if (!plan.alpn.empty()) {
      for (const std::string& protocol : plan.alpn) alpn_.push_back(protocol.c_str());
      alpn_.push_back(nullptr);
      e = mbedtls_ssl_conf_alpn_protocols(conf, alpn_.data());
      if (e != 0) return refuse(info, e, errc::unsupported, "mbedTLS cannot offer this list of ALPN protocols");
    }
    if constexpr (compat::has_psk || compat::has_psk_tls1_3)
      if (!plan.psks.empty())
        if (const errc what = set_psks(conf, plan, info); what != errc::success) return what;
    if (const errc what = load_anchors(info); what != errc::success) return what;
    return load_identity(identities, info);
  }

  void effective(effective_settings& values) const {
    values.min_version = compat::min_version(*config_.get());
    values.max_version = compat::max_version(*config_.get());
    values.versions_read_back = true;
    values.cipher_suites.clear();
    for (const int* id = compat::suites(*config_.get()); id != nullptr && *id != 0; ++id)
      values.cipher_suites.push_back(static_cast<cipher_suite>(*id));
    values.cipher_suites_read_back = true;
    values.trust_anchors = anchors_ ? anchors_->count : 0;
  }

  void verify_chain(std::span<const byte_view> chain, peer_verifier& verifier) const {
    chain_check().run(chain, anchors(), profile, verifier);
  }

  const context_plan& plan() const noexcept { return *plan_; }
  /// The trust anchors, null without one. mbedTLS asks for mutable ones and does not change them.
  mbedtls_x509_crt* anchors() const noexcept {
    return anchors_ ? const_cast<mbedtls_x509_crt*>(anchors_->list.get()) : nullptr;
  }
  /// mbedTLS's object; belongs to this.
  const mbedtls_ssl_config* native_handle() const noexcept { return config_.get(); }

 private:
  // Verification is OPTIONAL in mbedTLS's words wherever there is one: only then is the callback's answer final. With
  // REQUIRED it goes on to refuse what the callback accepted. The callback refuses by a fatal error, which OPTIONAL
  // does not forgive, and connection::handshake() makes sure that it was asked.
  errc load_anchors(error_info& info) {
    const verify_rules& rules = plan_->verify;
    mbedtls_ssl_conf_cert_profile(config_.get(), &profile);
    mbedtls_ssl_conf_authmode(config_.get(),
                              rules.mode == verify_mode::none ? MBEDTLS_SSL_VERIFY_NONE : MBEDTLS_SSL_VERIFY_OPTIONAL);
    if (!rules.anchors.empty()) {
      int e = 0;
      anchors_ = anchors_of(rules.anchors, e);
      if (!anchors_ && translate(e, errc::unsupported) == errc::out_of_memory)
        return refuse(info, e, errc::out_of_memory, "");
      if (!anchors_) return refuse(info, e, errc::unsupported, "mbedTLS can read none of the trust anchors");
      if (plan_->client_ca_names && anchors_->count != rules.anchors.all().size())
        return info.set(errc::unsupported, "mbedTLS cannot read a trust anchor, and so not name it (client_ca_names)");
      mbedtls_ssl_conf_ca_chain(config_.get(), anchors(), nullptr);
    }
    if (plan_->client_ca_names) mbedtls_ssl_conf_cert_req_ca_list(config_.get(), MBEDTLS_SSL_CERT_REQ_CA_LIST_ENABLED);
    return errc::success;
  }

  errc load_identity(std::span<loaded_identity<private_key>> identities, error_info& info) {
    if (identities.size() > 1) return info.set(errc::unsupported, "mbedTLS is given one identity at most");
    for (const loaded_identity<private_key>& id : identities) {
      const byte_view leaf = id.chain.front();
      int e = mbedtls_x509_crt_parse_der_nocopy(own_chain_.get(), data(leaf), leaf.size());
      if (e != 0) return refuse(info, e, errc::unsupported, "mbedTLS cannot read the certificate of the identity");
      // The others are sent and not looked at, so that those too can be sent which mbedTLS cannot parse.
      mbedtls_x509_crt* last = own_chain_.get();
      for (const byte_view der : std::span(id.chain).subspan(1)) {
        last->next = static_cast<mbedtls_x509_crt*>(mbedtls_calloc(1, sizeof *last));
        if (last->next == nullptr) return info.set(errc::out_of_memory);
        last = last->next;
        mbedtls_x509_crt_init(last);
        last->raw.p = const_cast<unsigned char*>(data(der));
        last->raw.len = der.size();
      }
      e = mbedtls_ssl_conf_own_cert(config_.get(), own_chain_.get(), id.key.native_handle());
      if (e != 0) return refuse(info, e, errc::unsupported, "mbedTLS cannot use the identity");
    }
    return errc::success;
  }

  const context_plan* plan_ = nullptr;
  std::vector<int> suites_;
  std::vector<compat::group_value> groups_;
  std::vector<compat::scheme_value> schemes_;
  std::vector<const char*> alpn_;
  std::shared_ptr<const anchor_list> anchors_;
  certificates_handle own_chain_;
  config_handle config_;  // refers to all of the above
};

}  // namespace plugtls::mbedtls
