// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "plugtls/alert.hpp"
#include "plugtls/certificate.hpp"
#include "plugtls/chain_policy.hpp"
#include "plugtls/detail/chain_memory.hpp"
#include "plugtls/detail/exceptions.hpp"
#include "plugtls/detail/held_certificates.hpp"
#include "plugtls/detail/resumable_peer.hpp"
#include "plugtls/detail/revocation_check.hpp"
#include "plugtls/error_info.hpp"
#include "plugtls/native_verdict.hpp"
#include "plugtls/path_builder.hpp"
#include "plugtls/peer_name.hpp"
#include "plugtls/reason.hpp"
#include "plugtls/settings.hpp"
#include "plugtls/verify.hpp"
#include "plugtls/verify_rules.hpp"

namespace plugtls {

/// Decides about one connection's peer, or about a chain without a connection. The adapter calls `decide` once its
/// library has looked at the chain, in a handshake before our next flight; everything else is for the owner: the
/// engine, or `basic_context::verify_chain`.
class peer_verifier {
 public:
  /// What only deciding takes, and what was wrong.
  class work {
   public:
    work() = default;

   private:
    friend peer_verifier;
    const std::optional<peer_name>* peer = nullptr;
    std::string_view peer_text;
    byte_view staple;
    byte_vector kept_staple;
    detail::resumable_peer resumable;
    bool check_name = false;
    bool asks = true;
    bool is_anchored = false;
    unix_time now = 0;
    std::vector<certificate> chain;  // until they are shared
    std::vector<certificate> path;
    problem_list problems;
  };

  /// For a connection. All references must outlive the verifier; `w` need not outlive `settle`.
  peer_verifier(work& w, const verify_rules& rules, const std::optional<peer_name>& peer, std::string_view peer_text)
      : rules_(rules), work_(&w), usage_(rules.own == role::client ? purpose::server_auth : purpose::client_auth) {
    begin(peer, peer_text, rules.own == role::client && rules.check_name);
  }
  /// For what a server asks for after the handshake.
  explicit peer_verifier(const verify_rules& rules)
      : rules_(rules), work_(new work), usage_(purpose::client_auth), owns_work_(true) {
    begin(no_peer(), "", false);
  }
  /// For a chain: what it is used for, and the name where one is to be checked.
  peer_verifier(const verify_rules& rules, const std::optional<peer_name>& peer, std::string_view peer_text,
                purpose usage)
      : rules_(rules), work_(new work), usage_(usage), owns_work_(true) {
    begin(peer, peer_text, peer.has_value());
  }
  peer_verifier(const peer_verifier&) = delete;
  peer_verifier& operator=(const peer_verifier&) = delete;
  [[gnu::cold]] ~peer_verifier() { work_with(nullptr, false); }

  /// Tells the OCSP response that came with the leaf, in DER, before `decide`. The bytes must last until then.
  void staple(byte_view response) noexcept { now_working().staple = response; }

  /// Has no callback asked: for the chain of a session, about which they were asked in its full handshake. Then nothing
  /// is accepted that has a problem.
  void spare_callbacks() noexcept { now_working().asks = false; }

  /// The peer of a session that may be resumed.
  detail::resumable_peer& resumable() noexcept { return now_working().resumable; }
  const detail::resumable_peer& resumable() const noexcept { return seen().resumable; }
  /// What a server puts into a ticket about the client, for `resumable_peer::decide_ticket`. `resumes`: whether this
  /// handshake really resumes a session. A ticket that opens is no proof of that: a client that shows somebody else's,
  /// without its secret, comes to a full handshake, and has presented what it has presented, or nothing.
  [[gnu::cold]] byte_vector ticket_state(bool resumes) const {
    const bool is_anothers = !decided_ && (!resumes || !resumable().accepted());
    return detail::resumable_peer::to_ticket(decided_      ? chain()
                                             : is_anothers ? detail::no_chain().presented
                                                           : resumable().known().presented);
  }
  /// The moment that a server puts into a ticket, which its lifetime counts from: that of the full handshake, however
  /// often the session has been resumed since, so that none is resumed for ever without a callback being asked.
  unix_time ticket_moment(bool resumes, unix_time now) const noexcept {
    const std::optional<unix_time>& made = resumable().moment;
    return resumes && made && *made < now ? *made : now;
  }
  /// The OCSP response that was told before `decide`; empty without one.
  const byte_vector& kept_staple() const noexcept { return seen().kept_staple; }

  /// Ends the handshake: keeps what is asked for later, and lets go of the rest. `resumed`: the peer is the session's.
  /// `keeps_all`: another handshake message may call for more. Returns whether nothing is left but chain and path. May
  /// throw std::bad_alloc, which changes nothing.
  [[gnu::cold]] bool settle(bool resumed, bool keeps_staple, bool keeps_all) {
    if (!work_) return true;
    // What an override forgave is reported beside whatever ends the connection.
    const bool has_more = !work_->problems.empty() || (keeps_staple && !work_->kept_staple.empty());
    std::unique_ptr<work> kept(has_more && !keeps_all && !owns_work_ ? std::make_unique<work>() : nullptr);
    if (resumed)
      judged_ = work_->resumable.chain;
    else if (!judged_ && !work_->chain.empty())
      judged_ = share_work({});
    if (keeps_all) return false;
    if (kept) {
      *kept = std::move(*work_);
      kept->peer = &no_peer();  // the name goes with the handshake
      work_with(kept.release(), true);
    }
    if (!has_more) work_with(nullptr, false);
    return work_ == nullptr;
  }

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
    if (decided_ || !work_ || rules_.mode == verify_mode::none) return decided_;
    return detail::guard(exception_, false, [&] {
      if (!recall(presented)) return false;
      keep_staple();
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
  const problem_list& problems() const noexcept { return seen().problems; }
  /// The certificates as presented, leaf first; empty before `decide`.
  const std::vector<certificate>& chain() const noexcept { return judged_ ? judged_->presented : seen().chain; }
  /// The path from the leaf to the trust anchor; incomplete where none is trusted.
  const std::vector<certificate>& path() const noexcept { return judged_ ? judged_->path : seen().path; }
  /// Both, to be shared.
  [[gnu::cold]] std::shared_ptr<const detail::accepted_chain> share() const {
    return judged_
               ? judged_
               : std::make_shared<const detail::accepted_chain>(detail::accepted_chain{usage_, chain(), path(), {}});
  }
  detail::exception_slot& exception() noexcept { return exception_; }

  /// Says of a refusal what it is about: problems, a sentence for each, and the one that leads.
  [[gnu::cold]] void report(error_info& out) const {
    out.problems = problems();
    out.reasons.resize(problems().size());
    for (std::size_t i = 0; i < problems().size(); ++i) out.reasons[i] = explain(problems()[i]);
    if (decided_ && !decision_.accept && !problems().empty())
      out.detail = out.reasons[detail::leading_index(problems())];
  }

 private:
  [[gnu::cold]] verify_decision judge(const native_verdict& native) {
    if (!work_) return {rules_.mode == verify_mode::none, errc::bad_certificate, alert::internal_error};
    keep_staple();
    if (rules_.mode == verify_mode::none) return {true, errc::success, alert::close_notify};
    if (static_cast<int>(native.presented.size()) > rules_.max_chain_length)
      return refuse(errc::handshake_too_large, 0);
    if ((native.trusted || native.verify_path != nullptr) && recall(native.presented)) return conclude(true);
    if (!parse(native.presented)) return {false, leading(work_->problems), alert::bad_certificate};
    if (work_->chain.empty()) return refuse(errc::certificate_required, 0);

    const policy_settings policy = make_policy();
    detail::revocation_check revocation(rules_.revocation, rules_.verify_signature, policy, work_->chain,
                                        rules_.anchors.all(), work_->staple);
    const auto check = [&](std::span<const certificate_view> path, bool anchored, problem_list& out) {
      check_rules(path, anchored, policy, revocation, out);
    };
    const bool is_told = take_told_path(native, check);
    if (!is_told) search_path(check);
    const bool trusted = is_told || library_accepts(native);
    if (trusted && work_->problems.empty()) {
      judged_ = share_work(detail::views_of(work_->path));
      rules_.memory->keep(judged_);
    }
    return conclude(trusted);
  }

  // Everything that is asked of a path whose signatures are good, but for the name.
  [[gnu::cold]] void check_rules(std::span<const certificate_view> path, bool anchored, const policy_settings& policy,
                                 detail::revocation_check& revocation, problem_list& out) const {
    check_path(path, anchored, policy, out);
    if (anchored) revocation.run(path, out);
    // A path that leads nowhere counts too: what is wrong with it may be overridden, and the pins hold nevertheless.
    if (!rules_.pins.empty() && !detail::holds_pinned_key(path, rules_.pins)) add_problem(out, errc::pin_mismatch, 0);
  }

  // Takes chain and path from memory, where nothing is wrong with them now: of what a path is asked for, all but dates
  // and revocation is the same whenever it is asked.
  [[gnu::cold]] bool recall(std::span<const byte_view> presented) {
    const auto known = rules_.memory->find(presented, usage_);
    if (known == nullptr) return false;
    const policy_settings policy = make_policy();
    detail::revocation_check revocation(rules_.revocation, rules_.verify_signature, policy, known->presented,
                                        rules_.anchors.all(), work_->staple);
    problem_list wrong;
    for (std::size_t i = 0; i < known->path_views.size(); ++i)
      detail::check_dates(known->path_views[i], static_cast<int>(i), policy.now, wrong);
    revocation.run(known->path_views, wrong);
    if (!wrong.empty()) return false;
    judged_ = known;
    return true;
  }

  [[gnu::cold]] verify_decision conclude(bool trusted) {
    if (work_->check_name && !(*work_->peer && (*work_->peer)->matches(chain().front().view())))
      add_problem(work_->problems, errc::hostname_mismatch, 0);
    return ask(trusted);
  }

  [[gnu::cold]] verify_decision refuse(errc why, int depth) {
    add_problem(work_->problems, why, depth);
    return {false, leading(work_->problems), alert_for(leading(work_->problems))};
  }

  [[gnu::cold]] bool parse(std::span<const byte_view> ders) {
    work_->chain.reserve(ders.size());
    for (std::size_t i = 0; i < ders.size(); ++i) {
      errc e = errc::success;
      if (auto parsed = certificate::from_der(ders[i], e))
        work_->chain.push_back(*std::move(parsed));
      else
        add_problem(work_->problems, errc::malformed_certificate, static_cast<int>(i));
    }
    return work_->problems.empty();
  }

  // The library's own path counts where the policy finds nothing wrong with it, and there was no other.
  template <class Check>
  [[gnu::cold]] bool take_told_path(const native_verdict& native, const Check& check) {
    if (!native.trusted || native.path.empty()) return false;
    std::vector<certificate> told;
    const detail::held_certificates held(work_->chain, rules_.anchors.all());
    if (!held.collect(native.path, told) || !held.end_at_anchor(told)) return false;
    problem_list wrong;
    check(detail::views_of(told), true, wrong);
    if (!wrong.empty() || held.has_other_issuers(told)) return false;
    work_->path = std::move(told);
    return true;
  }

  // Everything else is decided by the search, the same on every backend: it finds a path that passes the policy where
  // there is one (a library may not tell its path, may look no further than its first, or only in the order in which
  // certificates came), and gives the reason where there is none.
  template <class Check>
  [[gnu::cold]] void search_path(const Check& check) {
    const std::vector<certificate_view> presented = detail::views_of(work_->chain);
    const path_result found = build_path(presented, rules_.anchors.views(), path_limits{}, rules_.verify_signature,
                                         [&](std::span<const certificate_view> path) {
                                           problem_list unfit;
                                           check(path, true, unfit);
                                           return unfit.empty();
                                         });
    work_->is_anchored = found.anchored;
    check(found.path, found.anchored, work_->problems);
    if (!found.anchored) add_problem(work_->problems, found.reason, found.depth);
    const detail::held_certificates held(work_->chain, rules_.anchors.all());
    for (const certificate_view& c : found.path)
      if (const certificate* one = held.find(c.der())) work_->path.push_back(*one);
  }

  // The library has the last word on a path that nothing is wrong with, or nothing but dates, which it knows not of.
  // A leaf that is the anchor has no signature to verify, and not every library takes one for an anchor.
  [[gnu::cold]] bool library_accepts(const native_verdict& native) {
    if (explained()) return false;
    if (work_->is_anchored && work_->path.size() == 1) return true;
    if (work_->is_anchored && native.verify_path != nullptr) {
      const errc e = native.verify_path(native.library, detail::views_of(work_->path));
      if (e != errc::success) add_problem(work_->problems, e, 0);
      return e == errc::success;
    }
    if (native.trusted) return true;
    for (const problem& p : native.problems) add_problem(work_->problems, p.what, p.depth);
    if (!explained()) add_problem(work_->problems, errc::bad_certificate, 0);
    return false;
  }

  [[gnu::cold]] policy_settings make_policy() {
    policy_settings policy;
    policy.usage = usage_;
    policy.now = work_->now = now();
    policy.max_depth = rules_.max_intermediates;
    policy.floors = rules_.floors;
    return policy;
  }

  // Whether the neutral policy found something that a library refuses too; dates and pins are not among it.
  bool explained() const noexcept {
    for (const problem& p : work_->problems)
      if (p.what != errc::certificate_expired && p.what != errc::certificate_not_yet_valid &&
          p.what != errc::pin_mismatch)
        return true;
    return false;
  }

  verify_context context() const noexcept {
    const role own = usage_ == purpose::server_auth ? role::client : role::server;
    const work& w = seen();
    return {own, w.peer_text, chain(), path(), w.problems, w.now, rules_.floors};
  }

  std::string explain(const problem& p) const {
    if (p.what != errc::handshake_too_large) return plugtls::explain(p, context());
    return "more certificates were presented than limit.max_chain_length allows, which is " +
           std::to_string(rules_.max_chain_length);
  }

  [[gnu::cold]] verify_decision ask(bool trusted) {
    const verify_context seen = context();
    if (!work_->asks) {
      // What an override forgave is not forgiven again behind its back.
    } else if (rules_.insecure_override) {
      if (rules_.insecure_override(seen)) return {true, errc::success, alert::close_notify};
      add_problem(work_->problems, errc::rejected_by_callback, 0);
    } else if (rules_.on_verify && !rules_.on_verify(seen)) {
      add_problem(work_->problems, errc::rejected_by_callback, 0);
    }
    if (work_->problems.empty() && trusted) return {true, errc::success, alert::close_notify};
    const errc why = leading(work_->problems);
    return {false, why, alert_for(why)};
  }

  void begin(const std::optional<peer_name>& peer, std::string_view peer_text, bool check_name) noexcept {
    work_->peer = &peer;
    work_->peer_text = peer_text;
    work_->check_name = check_name;
  }
  static const std::optional<peer_name>& no_peer() noexcept {
    static const std::optional<peer_name> none;
    return none;
  }
  [[gnu::cold]] static const work& no_work() noexcept {
    static const work none;
    return none;
  }
  [[gnu::cold]] void work_with(work* w, bool is_own) noexcept {
    if (std::exchange(owns_work_, is_own)) delete work_;
    work_ = w;
  }
  const work& seen() const noexcept { return work_ ? *work_ : no_work(); }
  // No library comes back to this once the handshake is settled.
  [[gnu::cold]] work& now_working() noexcept {
    if (!work_) work_with(new work, true);
    return *work_;
  }
  [[gnu::cold]] std::shared_ptr<const detail::accepted_chain> share_work(std::vector<certificate_view> path_views) {
    auto made = std::make_shared<detail::accepted_chain>();  // without memory for it nothing has moved
    *made = {usage_, std::move(work_->chain), std::move(work_->path), std::move(path_views)};
    return made;
  }
  [[gnu::cold]] void keep_staple() { work_->kept_staple.assign(work_->staple.begin(), work_->staple.end()); }

  const verify_rules& rules_;
  std::shared_ptr<const detail::accepted_chain> judged_;  // chain and path, once they are shared
  work* work_;                                            // null once it is let go
  detail::exception_slot exception_;
  purpose usage_;
  bool owns_work_ = false;  // nobody else does
  bool decided_ = false;
  verify_decision decision_;
};

}  // namespace plugtls
