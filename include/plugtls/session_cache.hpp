// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "plugtls/detail/light_lock.hpp"
#include "plugtls/session.hpp"

namespace plugtls {

/// A client's sessions, kept and offered by themselves where `client_settings::sessions` holds it. Bounded: the oldest
/// make room. Thread-safe, and may be shared by contexts: each takes what was made under its own policy.
///
/// A session of TLS 1.3 is given out once (RFC 8446 §C.4), as many as four for one peer are held; one of TLS 1.2 stays
/// until a newer one comes.
class session_cache {
 public:
  /// `capacity`: how many sessions are held. 0 holds none: for programs that keep them by themselves
  /// (`basic_engine::session`).
  explicit session_cache(std::size_t capacity = 256) : capacity_(capacity) {}
  session_cache(const session_cache&) = delete;
  session_cache& operator=(const session_cache&) = delete;

  /// Keeps a session; an empty one is ignored. May throw std::bad_alloc.
  void keep(session s) {
    if (s.empty() || capacity_ == 0) return;
    std::vector<session> gone;  // ends after the lock
    gone.reserve(3);
    const detail::light_lock lock(busy_);
    const detail::session_envelope& mine = s.envelope();
    const std::size_t most = mine.version == tls_version::tls1_3 ? 4 : 1;
    std::size_t same = 0, oldest = sessions_.size();
    for (std::size_t i = sessions_.size(); i-- > 0;)
      if (is_alike(sessions_[i].envelope(), mine)) ++same, oldest = i;
    if (same >= most) remove(oldest, gone);
    if (sessions_.size() >= capacity_) remove(0, gone);
    sessions_.push_back(std::move(s));
  }

  /// Gives the newest session that fits and has not expired; empty where there is none. One of TLS 1.3 is taken out.
  template <class Fits>
  session take(const Fits& fits, unix_time now) {
    session found;
    const detail::light_lock lock(busy_);
    std::erase_if(sessions_, [&](const session& s) { return s.expires() <= now; });
    for (std::size_t i = sessions_.size(); i-- > 0;) {
      if (!fits(sessions_[i].envelope())) continue;
      found = sessions_[i];
      if (found.version() == tls_version::tls1_3) sessions_.erase(sessions_.begin() + static_cast<std::ptrdiff_t>(i));
      break;
    }
    return found;
  }

  /// Forgets a session that turned out to be of no use.
  void drop(const session& s) noexcept {
    if (s.empty()) return;
    const detail::light_lock lock(busy_);
    std::erase_if(sessions_, [&](const session& held) { return &held.envelope() == &s.envelope(); });
  }
  /// Forgets it and all that are for the same use: they will fare no better.
  void drop_alike(const session& s) noexcept {
    if (s.empty()) return;
    const detail::light_lock lock(busy_);
    std::erase_if(sessions_, [&](const session& held) { return is_alike(held.envelope(), s.envelope()); });
  }
  void clear() noexcept {
    std::vector<session> gone;
    const detail::light_lock lock(busy_);
    gone.swap(sessions_);
  }
  std::size_t size() const noexcept {
    const detail::light_lock lock(busy_);
    return sessions_.size();
  }
  std::size_t capacity() const noexcept { return capacity_; }

 private:
  static bool is_alike(const detail::session_envelope& a, const detail::session_envelope& b) noexcept {
    return a.version == b.version && a.peer_name == b.peer_name && a.server_name == b.server_name && a.alpn == b.alpn &&
           a.policy == b.policy && a.backend == b.backend;
  }
  void remove(std::size_t i, std::vector<session>& gone) {
    gone.push_back(std::move(sessions_[i]));
    sessions_.erase(sessions_.begin() + static_cast<std::ptrdiff_t>(i));
  }

  const std::size_t capacity_;
  mutable detail::light_mutex busy_;
  std::vector<session> sessions_;  // oldest first
};

}  // namespace plugtls
