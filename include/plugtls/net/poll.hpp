// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <poll.h>

#include <cerrno>
#include <chrono>
#include <climits>
#include <system_error>

namespace plugtls {

/// Waits for ever where a time to wait is asked for.
inline constexpr std::chrono::milliseconds no_timeout = std::chrono::milliseconds::max();

namespace detail {

using steady_time = std::chrono::steady_clock::time_point;
inline constexpr steady_time never = steady_time::max();

/// The moment that lies `wait` after now; negative counts as zero, and what overflows as never.
inline steady_time after(std::chrono::milliseconds wait, steady_time now) noexcept {
  if (wait.count() <= 0) return now;
  return wait >= std::chrono::duration_cast<std::chrono::milliseconds>(never - now) ? never : now + wait;
}
inline steady_time after(std::chrono::milliseconds wait) noexcept {
  return wait == no_timeout ? never : after(wait, std::chrono::steady_clock::now());
}

/// The milliseconds until a moment, as poll() takes them: 0 when it has passed, -1 for never. Rounded up, so that a
/// wait does not end early and spin through the last millisecond.
[[gnu::noinline]] inline int poll_time(steady_time until) noexcept {
  if (until == never) return -1;
  const auto now = std::chrono::steady_clock::now();
  const auto left = until > now ? std::chrono::ceil<std::chrono::milliseconds>(until - now).count() : 0;
  return left < INT_MAX ? static_cast<int>(left) : INT_MAX;
}

/// poll() that goes on after signals and ends at a moment instead of after a while. Returns how many are ready: 0 when
/// the moment has come, -1 with errno on failure. A moment that is past still looks once.
[[gnu::noinline]] inline int poll_until(pollfd* fds, nfds_t count, steady_time until) noexcept {
  for (;;) {
    const int wait = poll_time(until);
    const int ready = ::poll(fds, count, wait);
    if (ready > 0 || (ready < 0 && errno != EINTR)) return ready;
    if (ready == 0 && wait != INT_MAX) return 0;
  }
}

inline std::error_code system_error_code(int error) noexcept { return {error, std::system_category()}; }

}  // namespace detail
}  // namespace plugtls
