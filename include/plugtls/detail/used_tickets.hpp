// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <array>
#include <cstddef>
#include <vector>

#include "plugtls/detail/search.hpp"
#include "plugtls/detail/ticket_source.hpp"
#include "plugtls/unix_time.hpp"

namespace plugtls::detail {

/// Remembers the tickets whose early data was taken, so that each gives it once (RFC 8446 §8.1), for as long as a
/// recorded flight could still pass for a fresh one (§8.3: libraries allow for 10 seconds). Bounded; where it cannot
/// remember, it says no. Not thread-safe.
class used_tickets {
 public:
  static constexpr unix_time window = 12;  ///< in seconds, with one for each end's rounding

  /// `capacity`: how many are taken within a window.
  explicit used_tickets(std::size_t capacity = 16384) noexcept : capacity_(capacity) {}

  /// Whether a ticket is used for the first time; it is used up then. `now` in seconds. May throw std::bad_alloc.
  bool use(const ticket_id& id, unix_time now) {
    // A clock that was set back makes old flights fresh again, which may have been forgotten.
    if (now + 1 < latest_ || now < not_before_) return false;
    if (now > latest_) latest_ = now;
    if (now - begun_ > window) {
      before_.clear();
      if (now - begun_ <= 2 * window + 1) before_.swap(current_);
      current_.clear();
      begun_ = now;
    }
    const std::size_t place = place_in(current_, id, is_less);
    if (is_at(current_, place, id) || is_at(before_, place_in(before_, id, is_less), id)) return false;
    if (current_.size() >= capacity_) return false;
    current_.insert(current_.begin() + static_cast<std::ptrdiff_t>(place), id);
    return true;
  }

  /// Says no for a window: tickets may have been used where this has no memory of, before a restart or elsewhere.
  void forget(unix_time now) noexcept { not_before_ = now + window; }

 private:
  static bool is_at(const std::vector<ticket_id>& list, std::size_t place, const ticket_id& id) noexcept {
    return place != list.size() && list[place] == id;
  }

  static bool is_less(const ticket_id& a, const ticket_id& b) noexcept { return a < b; }

  std::size_t capacity_;
  unix_time begun_ = 0;
  unix_time latest_ = 0;
  unix_time not_before_ = 0;
  std::vector<ticket_id> current_;  // sorted; what was used since `begun_`
  std::vector<ticket_id> before_;   // sorted; what was used in the window before that
};

}  // namespace plugtls::detail
