// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <atomic>

namespace plugtls::detail {

/// Holds a lock that is taken for a few instructions, or while pointers are copied: std::mutex costs more to include.
class light_lock {
 public:
  explicit light_lock(std::atomic_flag& busy) noexcept : busy_(busy) {
    while (busy_.test_and_set(std::memory_order_acquire)) busy_.wait(true, std::memory_order_relaxed);
  }
  light_lock(const light_lock&) = delete;
  light_lock& operator=(const light_lock&) = delete;
  ~light_lock() {
    busy_.clear(std::memory_order_release);
    busy_.notify_one();
  }

 private:
  std::atomic_flag& busy_;
};

}  // namespace plugtls::detail
