// SPDX-License-Identifier: BSL-1.0
#pragma once

#if __has_include(<pthread.h>)
#include <pthread.h>
#else
#include <atomic>
#endif

namespace plugtls::detail {

/// Guards what is held for a few instructions, or while pointers are copied. std::mutex and std::atomic cost thousands
/// of lines to include; <pthread.h> is there already, wherever std::shared_ptr is made of it.
class light_mutex {
 public:
  light_mutex() noexcept = default;
  light_mutex(const light_mutex&) = delete;
  light_mutex& operator=(const light_mutex&) = delete;

#if __has_include(<pthread.h>)
  ~light_mutex() { ::pthread_mutex_destroy(&native_); }
  void lock() noexcept { ::pthread_mutex_lock(&native_); }
  void unlock() noexcept { ::pthread_mutex_unlock(&native_); }

 private:
  pthread_mutex_t native_ = PTHREAD_MUTEX_INITIALIZER;
#else
  void lock() noexcept {
    while (busy_.test_and_set(std::memory_order_acquire)) busy_.wait(true, std::memory_order_relaxed);
  }
  void unlock() noexcept {
    busy_.clear(std::memory_order_release);
    busy_.notify_one();
  }

 private:
  std::atomic_flag busy_;
#endif
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
