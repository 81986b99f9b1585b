// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <atomic>

namespace plugtls::detail {

/// Guards what is held for a few instructions, or while pointers are copied: std::mutex costs more to include.
class light_mutex {
 public:
  void lock() noexcept {
    while (busy_.test_and_set(std::memory_order_acquire)) busy_.wait(true, std::memory_order_relaxed);
  }
  void unlock() noexcept {
    busy_.clear(std::memory_order_release);
    busy_.notify_one();
  }

 private:
  std::atomic_flag busy_;
};

/// Holds a light_mutex for a scope.
class light_lock {
 public:
  explicit light_lock(light_mutex& mutex) noexcept : mutex_(mutex) { mutex_.lock(); }
  light_lock(const light_lock&) = delete;
  light_lock& operator=(const light_lock&) = delete;
  ~light_lock() { mutex_.unlock(); }

 private:
  light_mutex& mutex_;
};

}  // namespace plugtls::detail
