// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "plugtls/alert.hpp"
#include "plugtls/certificate.hpp"
#include "plugtls/chain_policy.hpp"
#include "plugtls/detail/chain_memory.hpp"
#include "plugtls/detail/exceptions.hpp"
#include "plugtls/detail/resumable_peer.hpp"
#include "plugtls/detail/revocation_check.hpp"
#include "plugtls/error_info.hpp"
#include "plugtls/path_builder.hpp"
#include "plugtls/peer_name.hpp"
#include "plugtls/reason.hpp"
#include "plugtls/settings.hpp"
#include "plugtls/verify.hpp"
#include "plugtls/verify_rules.hpp"

namespace plugtls {

/// What a TLS library found about the peer's certificates, as an adapter reports it. Dates and names are none of its
/// business.
struct native_verdict {
  std::span<const byte_view> presented;  ///< DER, leaf first, as the peer sent them
  std::span<const byte_view> path;  ///< DER, leaf first, anchor last: the accepted path; empty where it does not tell
  bool trusted = false;             ///< the library accepts chain and signatures
  problem_list problems;            ///< its reasons, used only where the neutral policy finds none
  /// Has the library verify this one path, leaf first and anchor last, with nothing else in view: `success`, or why it
  /// refuses. Null where the library has already given up on what was presented. `library` is handed through.
  errc (*verify_path)(void* library, std::span<const certificate_view> path) = nullptr;
  void* library = nullptr;
};

/// What the adapter must do: go on, or refuse with that alert.
struct verify_decision {
  bool accept = false;
  errc reason = errc::success;
  plugtls::alert alert = alert::bad_certificate;
};

/// Decides about one connection's peer, or about a chain without a connection. The adapter calls `decide` once its
/// library has looked at the chain, in a handshake before our next flight; everything else is for the owner: the
/// engine, or `basic_context::verify_chain`.
class peer_verifier {
 public:
  /// For a connection. Both references must outlive the verifier.
  peer_verifier(const verify_rules& rules, const std::optional<peer_name>& peer, std::string_view peer_text)
      : rules_(rules),
        peer_(peer),
        peer_text_(peer_text),
        usage_(rules.own == role::client ? purpose::server_auth : purpose::client_auth),
        check_name_(rules.own == role::client && rules.check_name) {}
  /// For a chain: what it is used for, and the name where one is to be checked.
  peer_verifier(const verify_rules& rules, const std::optional<peer_name>& peer, std::string_view peer_text,
                purpose usage)
      : rules_(rules), peer_(peer), peer_text_(peer_text), usage_(usage), check_name_(peer.has_value()) {}
  peer_verifier(const peer_verifier&) = delete;
  peer_verifier& operator=(const peer_verifier&) = delete;

  /// Tells the OCSP response that came with the leaf, in DER, before `decide`. The bytes must last until then.
  void staple(byte_view response) noexcept { staple_ = response; }

  /// Has no callback asked: for the chain of a session, about which they were asked in its full handshake. Then nothing
  /// is accepted that has a problem.
  void spare_callbacks() noexcept { asks_ = false; }

  /// The peer of a session that may be resumed.
  detail::resumable_peer& resumable() noexcept { return resumable_; }
  const detail::resumable_peer& resumable() const noexcept { return resumable_; }
  /// What a server puts into a ticket about the client, for `resumable_peer::decide_ticket`. `resumes`: whether this
  /// handshake really resumes a session. A ticket that opens is no proof of that: a client that shows somebody else's,
  /// without its secret, comes to a full handshake, and has presented what it has presented, or nothing.
  byte_vector ticket_state(bool resumes) const {
    static const std::vector<certificate> nothing;
    const bool is_anothers = !decided_ && (!resumes || !resumable_.accepted());
    return detail::resumable_peer::to_ticket(decided_ ? chain_ : is_anothers ? nothing : resumable_.chain);
  }
  /// The moment that a server puts into a ticket, which its lifetime counts from: that of the full handshake, however
  /// often the session has been resumed since, so that none is resumed for ever without a callback being asked.
  unix_time ticket_moment(bool resumes, unix_time now) const noexcept {
    return resumes && resumable_.moment && *resumable_.moment < now ? *resumable_.moment : now;
  }
  /// The OCSP response that was told before `decide`; empty without one.
  const byte_vector& kept_staple() const noexcept { return kept_staple_; }

  /// Verifies, asks the callback, and answers. Called again in one handshake it gives the same answer. Never throws:
  /// what a callback throws is kept for the engine, and the peer is refused.
  verify_decision decide(const native_verdict& native) noexcept {
    if (!decided_) {
      decided_ = true;
      decision_ = {false, errc::out_of_memory, alert::internal_error};
      decision_ = detail::guard(exception_, decision_, [&] { return judge(native); });
      if (exception_) decision_ = {false, errc::rejected_by_callback, alert::certificate_unknown};
    }
    return decision_;
  }

  /// Decides about a chain that this context has accepted before, by its memory of the signatures, and by what is asked
  /// of it now; the library need not look at it. False where only `decide` can tell.
  bool decide_known(std::span<const byte_view> presented) noexcept {
    if (decided_ || rules_.mode == verify_mode::none) return decided_;
    return detail::guard(exception_, false, [&] {
      if (!recall(presented)) return false;
      kept_staple_.assign(staple_.begin(), staple_.end());
      decided_ = true;
      decision_ = {false, errc::rejected_by_callback, alert::certificate_unknown};  // where a callback throws
      decision_ = conclude(true);
      return true;
    });
  }

  /// The time that certificates are checked against. The user's clock may throw: ask from where `decide` could not.
  unix_time now() const { return rules_.clock ? rules_.clock() : system_now(); }

  /// What the leaf must be good for.
  purpose usage() const noexcept { return usage_; }
  bool decided() const noexcept { return decided_; }
  const verify_decision& decision() const noexcept { return decision_; }
  const problem_list& problems() const noexcept { return problems_; }
  /// The certificates as presented, leaf first; empty before `decide`.
  const std::vector<certificate>& chain() const noexcept { return chain_; }
  /// The path from the leaf to the trust anchor; incomplete where none is trusted.
  const std::vector<certificate>& path() const noexcept { return path_; }
  detail::exception_slot& exception() noexcept { return exception_; }

  /// Says of a refusal what it is about: problems, a sentence for each, and the one that leads.
  void report(error_info& out) const {
    out.problems = problems_;
    out.reasons.clear();
    for (const problem& p : problems_) out.reasons.push_back(explain(p));
    if (decided_ && !decision_.accept && !problems_.empty()) out.detail = out.reasons[detail::leading_index(problems_)];
  }

 private:
  verify_decision judge(const native_verdict& native) {
    kept_staple_.assign(staple_.begin(), staple_.end());
    if (rules_.mode == verify_mode::none) return {true, errc::success, alert::close_notify};
    if (static_cast<int>(native.presented.size()) > rules_.max_chain_length)
      return refuse(errc::handshake_too_large, 0);
    if ((native.trusted || native.verify_path != nullptr) && recall(native.presented)) return conclude(true);
    if (!parse(native.presented)) return {false, leading(problems_), alert::bad_certificate};
    if (chain_.empty()) return refuse(errc::certificate_required, 0);

    const policy_settings policy = make_policy();
    detail::revocation_check revocation(rules_.revocation, rules_.verify_signature, policy, chain_,
                                        rules_.anchors.all(), staple_);
    const auto check = [&](std::span<const certificate_view> path, bool anchored, problem_list& out) {
      check_rules(path, anchored, policy, revocation, out);
    };
    const bool is_told = take_told_path(native, check);
    if (!is_told) search_path(check);
    const bool trusted = is_told || library_accepts(native);
    if (trusted && problems_.empty())
      rules_.memory->keep(std::make_shared<const detail::accepted_chain>(
          detail::accepted_chain{usage_, chain_, path_, views_of(path_)}));
    return conclude(trusted);
  }

  // Everything that is asked of a path whose signatures are good, but for the name.
  void check_rules(std::span<const certificate_view> path, bool anchored, const policy_settings& policy,
                   detail::revocation_check& revocation, problem_list& out) const {
    check_path(path, anchored, policy, out);
    if (anchored) revocation.run(path, out);
    // A path that leads nowhere counts too: what is wrong with it may be overridden, and the pins hold nevertheless.
    if (!rules_.pins.empty() && !detail::holds_pinned_key(path, rules_.pins)) add_problem(out, errc::pin_mismatch, 0);
  }

  // Takes chain and path from memory, where nothing is wrong with them now.
  bool recall(std::span<const byte_view> presented) {
    const auto known = rules_.memory->find(presented, usage_);
    if (known == nullptr) return false;
    const policy_settings policy = make_policy();
    detail::revocation_check revocation(rules_.revocation, rules_.verify_signature, policy, known->presented,
                                        rules_.anchors.all(), staple_);
    problem_list wrong;
    check_rules(known->path_views, true, policy, revocation, wrong);
    if (!wrong.empty()) return false;
    std::vector<certificate> path = known->path;
    chain_ = known->presented;
    path_ = std::move(path);
    return true;
  }

  verify_decision conclude(bool trusted) {
    if (check_name_ && !(peer_ && peer_->matches(chain_.front().view())))
      add_problem(problems_, errc::hostname_mismatch, 0);
    return ask(trusted);
  }

  verify_decision refuse(errc why, int depth) {
    add_problem(problems_, why, depth);
    return {false, leading(problems_), alert_for(leading(problems_))};
  }

  bool parse(std::span<const byte_view> ders) {
    chain_.reserve(ders.size());
    for (std::size_t i = 0; i < ders.size(); ++i) {
      errc e = errc::success;
      if (auto parsed = certificate::from_der(ders[i], e))
        chain_.push_back(*std::move(parsed));
      else
        add_problem(problems_, errc::malformed_certificate, static_cast<int>(i));
    }
    return problems_.empty();
  }

  // The library's own path counts where the policy finds nothing wrong with it, and there was no other.
  template <class Check>
  bool take_told_path(const native_verdict& native, const Check& check) {
    if (!native.trusted || native.path.empty()) return false;
    std::vector<certificate> told;
    if (!collect(native.path, told)) return false;
    problem_list wrong;
    if (!end_at_anchor(told)) return false;
    check(views_of(told), true, wrong);
    if (!wrong.empty() || has_other_issuers(told)) return false;
    path_ = std::move(told);
    return true;
  }

  // Everything else is decided by the search, the same on every backend: it finds a path that passes the policy where
  // there is one (a library may not tell its path, may look no further than its first, or only in the order in which
  // certificates came), and gives the reason where there is none.
  template <class Check>
  void search_path(const Check& check) {
    const std::vector<certificate_view> presented = views_of(chain_);
    const path_result found = build_path(presented, rules_.anchors.views(), path_limits{}, rules_.verify_signature,
                                         [&](std::span<const certificate_view> path) {
                                           problem_list unfit;
                                           check(path, true, unfit);
                                           return unfit.empty();
                                         });
    is_anchored_ = found.anchored;
    check(found.path, found.anchored, problems_);
    if (!found.anchored) add_problem(problems_, found.reason, found.depth);
    for (const certificate_view& c : found.path)
      if (const certificate* held = find_held(c.der())) path_.push_back(*held);
  }

  // The library has the last word on a path that nothing is wrong with, or nothing but dates, which it knows not of.
  // A leaf that is the anchor has no signature to verify, and not every library takes one for an anchor.
  bool library_accepts(const native_verdict& native) {
    if (explained()) return false;
    if (is_anchored_ && path_.size() == 1) return true;
    if (is_anchored_ && native.verify_path != nullptr) {
      const errc e = native.verify_path(native.library, views_of(path_));
      if (e != errc::success) add_problem(problems_, e, 0);
      return e == errc::success;
    }
    if (native.trusted) return true;
    for (const problem& p : native.problems) add_problem(problems_, p.what, p.depth);
    if (!explained()) add_problem(problems_, errc::bad_certificate, 0);
    return false;
  }

  bool is_anchor(const certificate& c) const noexcept {
    for (const certificate_view& anchor : rules_.anchors.views())
      if (anchor == c.view()) return true;
    return false;
  }

  // Cuts a path where it first reaches an anchor; libraries differ in whether they go on. False where it reaches none.
  bool end_at_anchor(std::vector<certificate>& path) const {
    for (std::size_t i = 0; i < path.size(); ++i) {
      if (!is_anchor(path[i])) continue;
      path.erase(path.begin() + static_cast<std::ptrdiff_t>(i) + 1, path.end());
      return true;
    }
    path.clear();
    return false;
  }

  // Whether there are other certificates of an issuer's name, so that the library had a choice.
  bool has_other_issuers(const std::vector<certificate>& path) const noexcept {
    for (std::size_t i = 1; i < path.size(); ++i) {
      const byte_view name = path[i - 1].issuer().raw();
      for (const std::vector<certificate>* list : {&rules_.anchors.all(), &chain_})
        for (const certificate& c : *list)
          if (detail::der::equal(c.subject().raw(), name) && !(c == path[i])) return true;
    }
    return false;
  }

  // Every certificate of a path was presented or is an anchor.
  bool collect(std::span<const byte_view> ders, std::vector<certificate>& out) const {
    out.reserve(ders.size());
    for (const byte_view der : ders)
      if (const certificate* c = find_held(der)) out.push_back(*c);
    return out.size() == ders.size();
  }

  const certificate* find_held(byte_view der) const noexcept {
    for (const std::vector<certificate>* list : {&chain_, &rules_.anchors.all()})
      for (const certificate& c : *list)
        if (detail::der::equal(c.der(), der)) return &c;
    return nullptr;
  }

  static std::vector<certificate_view> views_of(const std::vector<certificate>& certificates) {
    std::vector<certificate_view> views;
    views.reserve(certificates.size());
    for (const certificate& c : certificates) views.push_back(c.view());
    return views;
  }

  policy_settings make_policy() {
    policy_settings policy;
    policy.usage = usage_;
    policy.now = now_ = now();
    policy.max_depth = rules_.max_intermediates;
    policy.floors = rules_.floors;
    return policy;
  }

  // Whether the neutral policy found something that a library refuses too; dates and pins are not among it.
  bool explained() const noexcept {
    for (const problem& p : problems_)
      if (p.what != errc::certificate_expired && p.what != errc::certificate_not_yet_valid &&
          p.what != errc::pin_mismatch)
        return true;
    return false;
  }

  verify_context context() const noexcept {
    const role own = usage_ == purpose::server_auth ? role::client : role::server;
    return {own, peer_text_, chain_, path_, problems_, now_, rules_.floors};
  }

  std::string explain(const problem& p) const {
    if (p.what != errc::handshake_too_large) return plugtls::explain(p, context());
    return "more certificates were presented than limit.max_chain_length allows, which is " +
           std::to_string(rules_.max_chain_length);
  }

  verify_decision ask(bool trusted) {
    const verify_context seen = context();
    if (!asks_) {
      // What an override forgave is not forgiven again behind its back.
    } else if (rules_.insecure_override) {
      if (rules_.insecure_override(seen)) return {true, errc::success, alert::close_notify};
      add_problem(problems_, errc::rejected_by_callback, 0);
    } else if (rules_.on_verify && !rules_.on_verify(seen)) {
      add_problem(problems_, errc::rejected_by_callback, 0);
    }
    if (problems_.empty() && trusted) return {true, errc::success, alert::close_notify};
    const errc why = leading(problems_);
    return {false, why, alert_for(why)};
  }

  const verify_rules& rules_;
  const std::optional<peer_name>& peer_;
  std::string_view peer_text_;
  purpose usage_;
  byte_view staple_;
  byte_vector kept_staple_;
  detail::resumable_peer resumable_;
  bool check_name_;
  bool asks_ = true;
  bool is_anchored_ = false;
  unix_time now_ = 0;
  std::vector<certificate> chain_;
  std::vector<certificate> path_;
  problem_list problems_;
  bool decided_ = false;
  verify_decision decision_;
  detail::exception_slot exception_;
};

}  // namespace plugtls
