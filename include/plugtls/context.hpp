// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "plugtls/chain_verdict.hpp"
#include "plugtls/concepts.hpp"
#include "plugtls/context_plan.hpp"
#include "plugtls/detail/identity_check.hpp"
#include "plugtls/detail/scheme_check.hpp"
#include "plugtls/policy_digest.hpp"
#include "plugtls/private_key.hpp"
#include "plugtls/server_choice.hpp"
#include "plugtls/settings.hpp"
#include "plugtls/signer_plan.hpp"

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
    s->plan.sessions = settings.sessions;
    if (settings.identities.size() > 1)
      return refuse(info, errc::unsupported, "a client presents at most one identity");
    s->identities = settings.identities;
    if (settings.psk) s->plan.psks.push_back(*settings.psk);
    s->plan.psk_only = settings.psk && !settings.psk_or_certificate;
    if (settings.psk_or_certificate && !settings.psk)
      return refuse(info, errc::invalid_argument, "psk_or_certificate is set, and there is no psk");
    if (s->plan.psk_only && (settings.insecure_no_verification || settings.insecure_override))
      return refuse(info, errc::invalid_argument,
                    "a client with nothing but a PSK takes no certificate: an insecure_ "
                    "setting about certificates has no meaning there");
    return make(std::move(s), settings, role::client, info);
  }

  /// Makes a server's context. Errors as for a client's; `invalid_argument` also for names that are none, are listed
  /// twice, have no identity or one of another name, and for identities of the same kind; and `invalid_purpose` for a
  /// certificate that no client may take for a server's: without digitalSignature or serverAuth where keyUsage or
  /// extendedKeyUsage are there. A client's own certificate is for the server to judge. `invalid_argument` also where
  /// the clock of `tickets` or `session_ids` throws.
  static basic_context server(const server_settings& settings, error_info& info) {
    auto s = std::make_shared<state>();
    s->plan.verify.mode = settings.verify;
    s->plan.verify.check_name = false;
    info = {};
    server_settings opened = settings;
    errc e = B::start(info);
    if (e == errc::success) e = open_containers(opened.identities, info);
    for (served_name& n : opened.names)
      if (e == errc::success) e = open_containers(n.identities, info);
    s->plan.psks = settings.psks;
    s->plan.psk_only = !settings.psks.empty() && settings.identities.empty() && settings.names.empty();
    if (e == errc::success && s->plan.psk_only && settings.on_client_hello)
      e = info.set(errc::invalid_argument, "on_client_hello chooses between certificates, and there are only psks");
    if (e == errc::success && s->plan.psk_only && settings.unknown_name == unknown_name_policy::refuse)
      e = info.set(errc::invalid_argument, "unknown names are to be refused, and there are only psks");
    if (e == errc::success && !s->plan.psk_only) e = s->choice.build(opened, s->identities, info);
    if (e != errc::success) return refuse(info, e);
    s->plan.tickets.keys = settings.tickets;
    s->plan.session_ids.memory = settings.session_ids;
    s->plan.session_ids.beside_tickets = settings.tickets != nullptr;
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
    e.verify = plan.asks_later ? verify_mode::none : plan.verify.mode;
    e.post_handshake_auth = plan.post_handshake_auth;
    e.max_fragment_length = plan.max_fragment_length;
    e.release_buffers = plan.release_buffers;
    e.replayable_early_data = plan.early_data;
    e.psks = plan.psks.size();
    e.psk_only = plan.psk_only;
    e.trust_anchors = plan.verify.anchors.all().size();
    e.revocation = plan.verify.revocation.policy;
    e.crls = plan.verify.revocation.lists.size();
    // Where nothing is verified, nothing is looked up.
    if (e.revocation.mode == revocation_mode::automatic) e.revocation.mode = revocation_mode::none;
    state_->native.effective(e);
    return e;
  }

  /// Verifies a chain that comes without a connection, exactly as a handshake of this context would if a peer presented
  /// it: the same checks by the library, the same policy, the same limits. `chain` holds the leaf first; the others
  /// stand in any order, and those that do not belong do no harm. Everything is presented data: trust is the context's
  /// alone.
  ///
  /// The verdict's code is `success`, or a condition of verification (`malformed_certificate` to `bad_certificate`, as
  /// `is_verification` tells; `certificate_required` for an empty chain), `handshake_too_large` (more certificates than
  /// `limit.max_chain_length`), or `invalid_argument`: the context is empty, it verifies nothing, or the name is none.
  /// What only a handshake can refuse (a key for which there is no cipher suite, say) is not in it.
  ///
  /// `on_verify` and `insecure_override` are called as in a handshake, in this thread; what they throw, and what the
  /// clock throws, comes out of this call. May be called by several threads at once.
  chain_verdict verify_chain(std::span<const byte_view> chain, const chain_options& options = {}) const {
    chain_verdict out;
    if (!state_) return refuse(std::move(out), "the context is empty: it could not be made, or it was moved from");
    const verify_rules& rules = state_->plan.verify;
    if (rules.mode == verify_mode::none)
      return refuse(std::move(out), "this context verifies nothing, so that it has no verdict");
    std::optional<peer_name> peer;
    errc e = errc::success;
    if (options.name) peer = peer_name::parse(*options.name, e);
    if (e != errc::success)
      return refuse(std::move(out), "'" + *options.name +
                                        "' is no host name and no address (give neither scheme, port nor wildcard, and "
                                        "international names as A-labels)");

    const purpose own = rules.own == role::client ? purpose::server_auth : purpose::client_auth;
    peer_verifier verifier(rules, peer, options.name ? std::string_view(*options.name) : "",
                           options.usage.value_or(own));
    verifier.staple(options.ocsp_response);
    examine(chain, verifier);
    verifier.exception().rethrow();
    out.path = verifier.path();
    // The last line: nothing is good that the verifier did not accept.
    if (!verifier.decided()) out.error.set(errc::bad_certificate);
    if (verifier.decided() && !verifier.decision().accept) out.error.set(verifier.decision().reason);
    verifier.report(out.error);
    return out;
  }
  /// The same, for certificates.
  chain_verdict verify_chain(std::span<const certificate> chain, const chain_options& options = {}) const {
    return verify_chain(detail::ders_of(chain), options);
  }

  // For the engine: verifies the chain of a session as a handshake would, but for the callbacks. Where this context
  // verifies nothing the chain is only read. The context must not be empty. Never throws.
  bool verify_again(std::span<const byte_view> chain, byte_view staple, const std::optional<peer_name>& peer,
                    detail::resumable_peer& out) const noexcept {
    detail::exception_slot dropped;  // a full handshake will say so
    return detail::guard(dropped, false, [&] {
      const verify_rules& rules = state_->plan.verify;
      const bool is_client = rules.own == role::client;
      if (rules.mode == verify_mode::none || (chain.empty() && !is_client && rules.mode == verify_mode::optional)) {
        std::vector<certificate> read;
        if (!detail::read_all(chain, read)) return false;
        out.chain = std::make_shared<const detail::accepted_chain>(
            detail::accepted_chain{purpose::server_auth, std::move(read), {}, {}});
        return true;
      }
      const std::optional<peer_name> checked = is_client && rules.check_name ? peer : std::nullopt;
      if (is_client && rules.check_name && !checked) return false;
      peer_verifier verifier(rules, checked, "", is_client ? purpose::server_auth : purpose::client_auth);
      verifier.staple(staple);
      verifier.spare_callbacks();
      examine(chain, verifier);
      if (verifier.exception() || !verifier.decided() || !verifier.decision().accept) return false;
      out.chain = verifier.share();
      return true;
    });
  }

  // For the engine and for native access. The context must not be empty.
  const context_plan& plan() const noexcept { return state_->plan; }
  const typename B::context& native() const noexcept { return state_->native; }
  /// The plan of one of a server's identities.
  const context_plan& plan(std::size_t identity) const noexcept {
    if (state_->more.empty()) return state_->plan;
    return identity == 0 ? state_->first_plan : state_->more[identity - 1]->plan;
  }
  /// What this end presents by one of its identities; empty where it has none.
  const std::vector<certificate>& own_chain(std::size_t identity) const noexcept {
    static const std::vector<certificate> none;
    return identity < state_->identities.size() ? state_->identities[identity].chain() : none;
  }
  /// The library's form for one of a server's identities.
  const typename B::context& native(std::size_t identity) const noexcept {
    return identity == 0 ? state_->native : state_->more[identity - 1]->native;
  }
  const detail::server_choice& choice() const noexcept { return state_->choice; }

 private:
  // What each of several identities has for itself: a plan, since signers and sessions are its own.
  struct alternative {
    context_plan plan;
    typename B::context native;
  };
  struct state {
    context_plan plan;
    std::vector<identity> identities;  // owns the bytes that `loaded` views
    std::vector<loaded_identity<typename B::private_key>> loaded;
    detail::server_choice choice;
    context_plan first_plan;                         // where there are several identities
    typename B::context native;                      // the first one's, or without any
    std::vector<std::unique_ptr<alternative>> more;  // one for each that follows
  };

  // Has a chain decided about as a handshake would.
  void examine(std::span<const byte_view> chain, peer_verifier& verifier) const {
    const auto most = static_cast<std::size_t>(state_->plan.verify.max_chain_length);
    const bool is_possible = !chain.empty() && chain.size() <= most;
    if (is_possible && verifier.decide_known(chain)) return;
    if (!is_possible || !detail::all_parse(chain))
      verifier.decide({chain, {}, false, {}});  // the library is not asked: this is refused before
    else
      state_->native.verify_chain(chain, verifier);
  }

  // What sessions are bound to. What a callback would say is known to nobody: where there is one, they are bound to
  // this very context.
  [[gnu::cold]] static errc bind_sessions(context_plan& plan, std::span<const identity> own, error_info& info) {
    if (!plan.sessions && !plan.tickets && !plan.session_ids) return errc::success;
    sha256_digest tag{};
    const bool asks = plan.verify.mode != verify_mode::none && (plan.verify.on_verify || plan.verify.insecure_override);
    plan.tickets.fill = &B::random;
    detail::exception_slot thrown;
    if (plan.session_ids) detail::guard(thrown, unix_time{}, [&] { return plan.session_ids.memory->time(); });
    if (thrown)
      return info.set(errc::invalid_argument, "the clock of session_ids (session_id_cache) threw an exception");
    if ((asks && !B::random(tag)) ||
        (plan.tickets && !detail::guard(thrown, false, [&] { return plan.tickets.keys->prepare(&B::random); })))
      return thrown ? info.set(errc::invalid_argument,
                               "the clock of the tickets (ticket_options::clock) threw an exception")
                    : info.set(errc::out_of_memory, std::string(B::name) + " gives no random bytes");
    plan.policy = detail::policy_digest(B::name, B::session_format(), plan, own, asks ? byte_view(tag) : byte_view());
    plan.tickets.policy = plan.session_ids.policy = plan.policy;
    return errc::success;
  }

  static errc open_containers(std::vector<identity>& all, error_info& info) {
    detail::container_tools tools{B::name};
    if constexpr (has<B, capability::pkcs12>) tools.decrypt = &B::decrypt_pbe;
    tools.find_leaf = [](const key_source& from, const std::vector<certificate>& found, std::size_t& leaf,
                         error_info& why) {
      const auto key = basic_private_key<B>::load(from, why);
      if (!key) return why.code;
      for (leaf = 0; leaf < found.size() && !key.matches(found[leaf]);) ++leaf;
      return errc::success;
    };
    for (identity& id : all)
      if (!id.container().empty())
        if (const errc e = id.open_container(tools, info); e != errc::success) return e;
    return errc::success;
  }

  static basic_context refuse(error_info& info, errc what) {
    info.code = what;
    return {};
  }
  static basic_context refuse(error_info& info, errc what, std::string text) {
    info.set(what, std::move(text));
    return {};
  }

  static chain_verdict refuse(chain_verdict&& out, std::string text) {
    out.error.set(errc::invalid_argument, std::move(text));
    return std::move(out);
  }

  template <class Settings>
  [[gnu::cold]] static basic_context make(std::shared_ptr<state> s, const Settings& settings, role own,
                                          error_info& info) {
    info = {};
    errc e = B::start(info);
    // A handshake tells in the clear that a key was selected, and not whether it was shared beforehand.
    if (e == errc::success && !s->plan.psks.empty() && (s->plan.sessions || s->plan.tickets || s->plan.session_ids))
      e = info.set(errc::invalid_argument, "a context has PSKs, or resumes sessions: give each a context of its own");
    if (e == errc::success) e = detail::make_plan<B>(settings, own, s->plan, info);
    if (e == errc::success) e = open_containers(s->identities, info);
    if constexpr (requires { settings.client_ca_names; })
      if (e == errc::success) e = detail::take_client_ca_names<B>(settings.client_ca_names, s->plan, info);
    if (e == errc::success) e = detail::take_signers<B>(s->identities, settings.max_version, s->plan, info);
    if (e == errc::success && s->plan.max_version == tls_version::tls1_2 &&
        (s->plan.post_handshake_auth || s->plan.early_data != 0))
      e = info.set(
          errc::invalid_argument,
          "post_handshake_auth and replayable_early_data take TLS 1.3, and the signer makes none of its schemes");
    if (e == errc::success && own == role::client && s->plan.post_handshake_auth && s->plan.step_runner != nullptr)
      e = info.set(errc::invalid_argument,
                   "post_handshake_auth and a signer that answers later: after the handshake nothing waits for it");
    for (const identity& id : s->identities)
      if (e == errc::success) e = load(id, own, s->loaded, info);
    if (!settings.signature_schemes.empty())
      for (const identity& id : s->identities)
        if (e == errc::success) e = detail::check_schemes<B>(id, s->plan.signature_schemes, s->plan, info);
    if (e == errc::success) {
      if constexpr (std::is_same_v<Settings, client_settings>)
        e = open_one(s->plan, s->identities, s->loaded, s->native, info);
      else
        e = open(*s, settings.max_version, info);
    }
    if (e != errc::success) {
      info.code = e;
      return {};
    }
    basic_context made;
    made.state_ = std::move(s);
    return made;
  }

  // Each of a server's identities has a native context of its own, so that no library has to choose.
  static errc open(state& s, tls_version asked_max, error_info& info) {
    const std::span own(s.identities);
    const std::span loaded(s.loaded);
    if (loaded.size() < 2) return open_one(s.plan, own, loaded, s.native, info);
    s.first_plan = s.plan;
    for (std::size_t i = 1; i < loaded.size(); ++i) s.more.emplace_back(std::make_unique<alternative>())->plan = s.plan;
    errc e = errc::success;
    for (std::size_t i = 0; i < loaded.size() && e == errc::success; ++i) {
      context_plan& plan = i == 0 ? s.first_plan : s.more[i - 1]->plan;
      plan.own_schemes.clear();
      e = detail::take_signers<B>(own.subspan(i, 1), asked_max, plan, info);
      if (e != errc::success) break;
      e = open_one(plan, own.subspan(i, 1), loaded.subspan(i, 1), i == 0 ? s.native : s.more[i - 1]->native, info);
    }
    return e;
  }
  static errc open_one(context_plan& plan, std::span<const identity> own,
                       std::span<loaded_identity<typename B::private_key>> loaded, typename B::context& native,
                       error_info& info) {
    const errc e = bind_sessions(plan, own, info);
    return e == errc::success ? native.open(plan, loaded, info) : e;
  }

  [[gnu::cold]] static errc load(const identity& id, role own,
                                 std::vector<loaded_identity<typename B::private_key>>& out, error_info& info) {
    if (const errc e = detail::check_identity<B>(id, own, info); e != errc::success) return e;
    auto key = basic_private_key<B>::load(id.key(), info);
    if (!key) return info.code;
    if (!key.matches(id.chain().front())) return info.set(errc::key_mismatch);
    if (own == role::server)
      if (const errc e = detail::check_serves(id.chain().front().view(), info); e != errc::success) return e;
    loaded_identity<typename B::private_key> loaded;
    loaded.key = std::move(key.native());
    for (const certificate& c : id.chain()) loaded.chain.push_back(c.der());
    loaded.ocsp_response = id.ocsp_response();
    out.push_back(std::move(loaded));
    return errc::success;
  }

  std::shared_ptr<const state> state_;
};

}  // namespace plugtls
