// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <thread>
#include <utility>

#include "plugtls/detail/exceptions.hpp"
#include "plugtls/signer.hpp"

namespace plugtls {

namespace detail {

/// Runs the steps in a thread of their own, which is only ever awake while the caller waits for it: one of the two runs
/// at a time, and what either did is seen by the other. The libraries' stacks, thread-local data and the tools that
/// watch threads are all served as usual.
class thread_runner final : public step_runner {
 public:
  static std::unique_ptr<step_runner> make() { return std::make_unique<thread_runner>(); }

  thread_runner() : worker_([this] { work(); }) {}
  ~thread_runner() override {
    {
      const std::lock_guard lock(mutex_);
      is_over_ = true;
      turn_ = side::worker;
    }
    changed_.notify_all();
    worker_.join();
  }

  bool run(step what, void* with) noexcept override {
    std::unique_lock lock(mutex_);
    if (!is_paused_) {
      what_ = what;
      with_ = with;
    }
    hand_over(side::worker, lock);
    return !is_paused_;
  }

  bool pause() noexcept override {
    std::unique_lock lock(mutex_);
    if (is_over_) return false;
    is_paused_ = true;
    hand_over(side::caller, lock);
    is_paused_ = false;
    return !is_over_;
  }

  void abandon() noexcept override {
    std::unique_lock lock(mutex_);
    is_over_ = true;
    if (is_paused_) hand_over(side::worker, lock);
  }

 private:
  enum class side : unsigned char { caller, worker };

  void hand_over(side to, std::unique_lock<std::mutex>& lock) noexcept {
    const side own = turn_;
    turn_ = to;
    changed_.notify_all();
    changed_.wait(lock, [&] { return turn_ == own; });
  }

  void work() noexcept {
    std::unique_lock lock(mutex_);
    for (;;) {
      changed_.wait(lock, [&] { return turn_ == side::worker; });
      if (const step what = std::exchange(what_, nullptr)) {
        lock.unlock();
        what(with_);
        lock.lock();
      }
      turn_ = side::caller;
      changed_.notify_all();
      if (is_over_) return;
    }
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  side turn_ = side::caller;
  bool is_paused_ = false;
  bool is_over_ = false;
  step what_ = nullptr;
  void* with_ = nullptr;
  std::thread worker_;  // after what it uses
};

}  // namespace detail

/// Makes what `signer::wait` is: `wait(milliseconds)` blocks until asking the signer again makes sense, for at most so
/// long (negative: for as long as it takes). Blocking streams call it, in their own thread; nobody else does.
///
/// The connections of such a signer take the steps of their handshakes in threads of their own, so that they can stop
/// where the signature is needed: one per connection, while it works or waits for the signer, none while it waits for
/// the peer. The signer, the verify callbacks, the key log, the clocks, the transport and a tap are called there, never
/// at the same time as the caller's thread does anything to the connection.
inline signature_wait wait_for_signature(detail::callback<void(int milliseconds)> wait) {
  return signature_wait(std::move(wait), &detail::thread_runner::make);
}

}  // namespace plugtls
