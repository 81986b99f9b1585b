// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "plugtls/chain_policy.hpp"
#include "plugtls/detail/algorithm.hpp"
#include "plugtls/path_builder.hpp"

namespace plugtls::detail {

/// A depth-first search; its depth and its number of steps are bounded by `path_limits`.
template <class VerifySignature, class Accept>
class path_search {
 public:
  path_search(std::span<const certificate_view> presented, std::span<const certificate_view> anchors,
              const path_limits& limits, VerifySignature& verify_signature, Accept& accept)
      : presented_(presented), anchors_(anchors), limits_(limits), verify_(verify_signature), accept_(accept) {}

  path_result run() {
    if (presented_.empty() || limits_.certificates == 0) return {};
    path_.push_back(presented_[0]);
    if (!is_anchor(path_[0]) || !finish()) extend();
    if (!result_.anchored && result_.reason == errc::success) result_.reason = errc::unknown_issuer;
    return std::move(result_);
  }

 private:
  struct candidate {
    const certificate_view* issuer;
    bool is_anchor;
    int rank;  // lower is tried first
  };

  bool is_anchor(const certificate_view& c) const noexcept {
    for (const certificate_view& anchor : anchors_)
      if (anchor == c) return true;
    return false;
  }

  // The same key under the same name again leads nowhere that the first time did not.
  [[gnu::cold]] bool in_path(const certificate_view& c) const noexcept {
    for (const certificate_view& p : path_)
      if (p == c || (der::equal(p.spki_der(), c.spki_der()) && p.subject() == c.subject())) return true;
    return false;
  }

  static int rank(const certificate_view& issuer, const certificate_view& child, bool anchor) noexcept {
    const byte_view wanted = child.authority_key_id();
    const byte_view have = issuer.subject_key_id();
    const int by_key = wanted.empty() || have.empty() ? 1 : der::equal(wanted, have) ? 0 : 2;
    return by_key * 2 + (anchor ? 0 : 1);
  }

  [[gnu::cold]] void add(std::vector<candidate>& to, const certificate_view& issuer, bool anchor) const {
    if (!(issuer.subject() == path_.back().issuer())) return;
    for (const candidate& c : to)
      if (*c.issuer == issuer) return;
    const candidate one{&issuer, anchor, rank(issuer, path_.back(), anchor)};
    auto at = to.end();
    while (at != to.begin() && (at - 1)->rank > one.rank) --at;
    to.insert(at, one);
  }

  /// Tries every issuer of the last certificate; true when the search is over.
  [[gnu::cold]] bool extend() {
    const certificate_view child = path_.back();
    std::vector<candidate> candidates;
    for (const certificate_view& anchor : anchors_) add(candidates, anchor, true);
    for (const certificate_view& other : presented_)
      if (!in_path(other)) add(candidates, other, false);

    errc failure = errc::unknown_issuer;
    bool any_link = false;
    for (const candidate& c : candidates) {
      if (c.is_anchor && in_path(*c.issuer)) continue;
      if (path_.size() >= limits_.certificates || steps_ >= limits_.candidates) break;
      ++steps_;
      const errc e = verify_link(*c.issuer, child);
      if (e != errc::success) {
        failure = failure == errc::unknown_issuer || e < failure ? e : failure;
        continue;
      }
      any_link = true;
      path_.push_back(*c.issuer);
      const bool over = c.is_anchor ? finish() : extend();
      path_.pop_back();
      if (over) return true;
    }
    if (any_link) return false;
    if (child.is_self_issued()) failure = judge_self_issued(child, failure);
    give_up(failure);
    return false;
  }

  [[gnu::cold]] errc verify_link(const certificate_view& issuer, const certificate_view& child) {
    // Not for a library to say: what one cannot verify, another can.
    if (describe_signature(child.signature_algorithm()).hash_bits == 0 || key_is_useless(issuer.public_key()))
      return errc::weak_algorithm;
    if (!issuer.public_key().can_sign_with(child.signature_algorithm())) return errc::bad_signature;
    const errc e = verify_(issuer.spki_der(), child.signature_algorithm_der(), child.tbs(), child.signature());
    return e == errc::success || e == errc::bad_signature ? e : errc::bad_certificate;
  }

  /// A self-issued certificate is also a candidate for its own issuer: one that signed itself is not the victim of a
  /// bad signature, it is a root that nobody trusts.
  errc judge_self_issued(const certificate_view& child, errc failure) {
    if (rank(child, child, false) > 3) return failure;  // names another key as its issuer's
    const errc e = verify_link(child, child);
    if (e != errc::success) return failure == errc::unknown_issuer || e < failure ? e : failure;
    return path_.size() == 1 ? errc::self_signed : errc::unknown_issuer;
  }

  /// Keeps an anchored path, the first one or one that is accepted.
  [[gnu::cold]] bool finish() {
    const bool accepted = accept_(std::span<const certificate_view>(path_));
    if (accepted || !result_.anchored) result_ = {path_, true, errc::success, 0};
    return accepted;
  }

  /// Keeps why a dead end is one: the reason that leads, with the longest path for it.
  [[gnu::cold]] void give_up(errc reason) {
    if (result_.anchored) return;
    const bool first = result_.path.empty();
    if (first || reason < result_.reason || (reason == result_.reason && path_.size() > result_.path.size()))
      result_ = {path_, false, reason, static_cast<int>(path_.size()) - 1};
  }

  std::span<const certificate_view> presented_;
  std::span<const certificate_view> anchors_;
  path_limits limits_;
  VerifySignature& verify_;
  Accept& accept_;
  std::vector<certificate_view> path_;
  path_result result_;
  std::size_t steps_ = 0;
};

}  // namespace plugtls::detail

namespace plugtls {

template <class VerifySignature, class Accept>
path_result build_path(std::span<const certificate_view> presented, std::span<const certificate_view> anchors,
                       const path_limits& limits, VerifySignature&& verify_signature, Accept&& accept) {
  return detail::path_search(presented, anchors, limits, verify_signature, accept).run();
}

}  // namespace plugtls
