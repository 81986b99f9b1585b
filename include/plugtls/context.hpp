// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "plugtls/concepts.hpp"
#include "plugtls/context_plan.hpp"
#include "plugtls/private_key.hpp"
#include "plugtls/settings.hpp"

namespace plugtls {

/// Settings made ready by a backend. Immutable, cheap to copy, shared between threads; connections keep what they need
/// of it alive. Making one refuses whatever the backend cannot honour.
///
/// A context that could not be made is empty: `false` as a bool, and the first use of its connections gives
/// `errc::invalid_argument`.
template <class B>
class basic_context {
 public:
  using backend_type = B;

  basic_context() = default;

  /// Makes a client's context. Gives `unsupported` (a value that this backend cannot honour), `invalid_argument` (a
  /// value that none could), what loading identities and trust gives (`file_error`, `bad_pem`, `bad_der`,
  /// `bad_password`, `password_required`, `key_mismatch`, `no_certificates_found`, `weak_algorithm`), `out_of_memory`.
  static basic_context client(const client_settings& settings, error_info& info) {
    auto s = std::make_shared<state>();
    s->plan.verify.mode = settings.insecure_no_verification ? verify_mode::none : verify_mode::required;
    s->plan.verify.check_name = !settings.insecure_skip_name;
    if (settings.identities.size() > 1)
      return refuse(info, errc::unsupported, "a client presents at most one identity");
    return make(std::move(s), settings, role::client, info);
  }

  /// Makes a server's context. Errors as for a client's.
  static basic_context server(const server_settings& settings, error_info& info) {
    auto s = std::make_shared<state>();
    s->plan.verify.mode = settings.verify;
    s->plan.verify.check_name = false;
    if (settings.identities.empty())
      return refuse(info, errc::invalid_argument, "a server needs an identity: a certificate and its key");
    if (settings.identities.size() > 1)
      return refuse(info, errc::unsupported, "a server presents one identity; choosing by name is not there yet");
    return make(std::move(s), settings, role::server, info);
  }

  /// The same; throw `tls_error`.
  template <bool Throws = detail::has_exceptions>
  requires Throws static basic_context client(const client_settings& settings = {}) {
    error_info info;
    basic_context made = client(settings, info);
    detail::raise_if(info);
    return made;
  }
  template <bool Throws = detail::has_exceptions>
  requires Throws static basic_context server(const server_settings& settings) {
    error_info info;
    basic_context made = server(settings, info);
    detail::raise_if(info);
    return made;
  }

  explicit operator bool() const noexcept { return state_ != nullptr; }
  /// The context's role; `client` when it is empty.
  role own_role() const noexcept { return state_ ? state_->plan.own : role::client; }

  /// Tells each value that is in force, and whether it was read back from the library.
  effective_settings effective() const {
    effective_settings e;
    if (!state_) return e;
    const context_plan& plan = state_->plan;
    e.min_version = plan.min_version;
    e.max_version = plan.max_version;
    e.cipher_suites = plan.cipher_suites;
    e.groups = plan.groups;
    e.signature_schemes = plan.signature_schemes;
    e.alpn = plan.alpn;
    e.verify = plan.verify.mode;
    e.trust_anchors = plan.verify.anchors.size();
    state_->native.effective(e);
    return e;
  }

  // For the engine and for native access. The context must not be empty.
  const context_plan& plan() const noexcept { return state_->plan; }
  const typename B::context& native() const noexcept { return state_->native; }

 private:
  struct state {
    context_plan plan;
    std::vector<identity> identities;  // owns the bytes that `loaded` views
    std::vector<loaded_identity<typename B::private_key>> loaded;
    typename B::context native;
  };

  static basic_context refuse(error_info& info, errc what, std::string text) {
    info.set(what, std::move(text));
    return {};
  }

  template <class Settings>
  static basic_context make(std::shared_ptr<state> s, const Settings& settings, role own, error_info& info) {
    info = {};
    errc e = B::start(info);
    if (e == errc::success) e = detail::make_plan<B>(settings, own, s->plan, info);
    s->identities = settings.identities;
    for (const identity& id : s->identities)
      if (e == errc::success) e = load(id, s->loaded, info);
    if (e == errc::success) e = s->native.open(s->plan, s->loaded, info);
    if (e != errc::success) {
      info.code = e;
      return {};
    }
    basic_context made;
    made.state_ = std::move(s);
    return made;
  }

  static errc load(const identity& id, std::vector<loaded_identity<typename B::private_key>>& out, error_info& info) {
    if (id.chain().empty()) return info.set(errc::no_certificates_found, "the identity holds no certificate");
    if (id.key().empty()) return info.set(errc::invalid_argument, "the identity holds no private key");
    const certificate_view& leaf = id.chain().front().view();
    policy_settings floors;
    if (id.chain().size() > 9 && !B::capabilities.has(capability::long_chain))
      return info.set(errc::unsupported, std::string(B::name) + " sends chains of at most 9 certificates");
    if (!fits_message(id.chain()))
      return info.set(errc::unsupported, std::string(B::name) + " cannot send a chain of more than 16 KiB");
    if (detail::key_is_weak(leaf.public_key(), floors))
      return info.set(errc::weak_algorithm, "the identity's key is too short: " + leaf.public_key().description());

    auto key = basic_private_key<B>::load(id.key(), info);
    if (!key) return info.code;
    if (!key.matches(id.chain().front())) return info.set(errc::key_mismatch);
    loaded_identity<typename B::private_key> loaded;
    loaded.key = std::move(key.native());
    for (const certificate& c : id.chain()) loaded.chain.push_back(c.der());
    out.push_back(std::move(loaded));
    return errc::success;
  }

  // The Certificate message of TLS 1.3, the longer one, with its header (RFC 8446 §4.4.2).
  static bool fits_message(const std::vector<certificate>& chain) noexcept {
    std::size_t size = 8;
    for (const certificate& c : chain) size += c.der().size() + 5;
    return size <= 16384 || B::capabilities.has(capability::large_handshake_message);
  }

  std::shared_ptr<const state> state_;
};

}  // namespace plugtls
