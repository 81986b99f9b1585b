// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "plugtls/certificate.hpp"
#include "plugtls/detail/light_lock.hpp"

namespace plugtls {

/// The certificates that a path may end at, and their views, which the search goes through for every peer. An immutable
/// value: copies share everything, and may be used in different threads.
class trust_anchors {
 public:
  trust_anchors() = default;
  trust_anchors(std::vector<certificate> all) {
    if (all.empty()) return;
    auto made = std::make_shared<held>();
    made->all = std::move(all);
    made->views.reserve(made->all.size());
    for (const certificate& c : made->all) made->views.push_back(c.view());
    held_ = std::move(made);
  }

  const std::vector<certificate>& all() const noexcept {
    static const std::vector<certificate> none;
    return held_ ? held_->all : none;
  }
  std::span<const certificate_view> views() const noexcept {
    return held_ ? std::span<const certificate_view>(held_->views) : std::span<const certificate_view>();
  }
  bool empty() const noexcept { return held_ == nullptr; }

  /// Returns a digest of all of them in their order. It takes some time, once for all copies.
  sha256_digest digest() const noexcept {
    if (!held_) return {};
    const detail::light_lock lock(held_->busy);
    if (!held_->digest) {
      detail::sha256_hash hash;
      for (const certificate& c : held_->all) hash.update(c.sha256());
      held_->digest = hash.finish();
    }
    return *held_->digest;
  }

  /// Compares the certificates and their order. Quick where they are, or were copied from, the same ones.
  friend bool operator==(const trust_anchors& a, const trust_anchors& b) noexcept {
    return a.held_ == b.held_ || a.all() == b.all();
  }

 private:
  struct held {
    std::vector<certificate> all;
    std::vector<certificate_view> views;
    mutable detail::light_mutex busy;
    mutable std::optional<sha256_digest> digest;
  };
  std::shared_ptr<const held> held_;
};

}  // namespace plugtls
