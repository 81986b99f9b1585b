// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <concepts>
#include <exception>
#include <memory>
#include <type_traits>
#include <utility>

namespace plugtls::detail {

template <class Signature>
class callback;

/// A copyable function of the user's: what std::function is, at a sixth of its cost to include. Copies share one
/// object, so the function must bear to be called from several threads if contexts are shared between threads.
template <class R, class... Args>
class callback<R(Args...)> {
  struct base {
    virtual ~base() = default;
    virtual R call(Args... args) = 0;
  };
  template <class F>
  struct holder final : base {
    explicit holder(F function) : f(std::move(function)) {}
    R call(Args... args) override { return f(std::forward<Args>(args)...); }
    F f;
  };

 public:
  callback() noexcept = default;
  callback(std::nullptr_t) noexcept {}
  template <class F>
  requires(!std::same_as<std::remove_cvref_t<F>, callback> && std::is_invocable_r_v<R, std::decay_t<F>&, Args...>)
      callback(F&& f)
      : target_(std::make_shared<holder<std::decay_t<F>>>(std::forward<F>(f))) {}

  explicit operator bool() const noexcept { return target_ != nullptr; }
  R operator()(Args... args) const { return target_->call(std::forward<Args>(args)...); }

 private:
  std::shared_ptr<base> target_;
};

/// Holds the exception that a user's callback threw until the library's frames are left.
class exception_slot {
 public:
  void capture() noexcept { pending_ = std::current_exception(); }
  explicit operator bool() const noexcept { return pending_ != nullptr; }
  void rethrow() {
    if (pending_) std::rethrow_exception(std::exchange(pending_, nullptr));
  }

 private:
  std::exception_ptr pending_;
};

}  // namespace plugtls::detail
