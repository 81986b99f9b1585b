// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <utility>

#include "plugtls/context.hpp"
#include "plugtls/detail/light_lock.hpp"
#include "plugtls/error_info.hpp"

namespace plugtls {

/// Holds the context that new connections are made with, and lets it be replaced while they are: new certificates
/// without an end of service. Connections that are there go on with the context that they were made with.
///
/// All members may be called by several threads at once. None waits for a handshake, or for a context to be made.
template <class B>
class basic_context_slot {
 public:
  basic_context_slot() noexcept = default;
  explicit basic_context_slot(basic_context<B> first) noexcept : context_(std::move(first)) {}
  basic_context_slot(const basic_context_slot&) = delete;
  basic_context_slot& operator=(const basic_context_slot&) = delete;

  /// Returns the context for a new connection; empty before the first one is stored.
  basic_context<B> load() const {
    const detail::light_lock lock(busy_);
    return context_;
  }

  /// Replaces the context. An empty one changes nothing: false.
  bool store(basic_context<B> next) noexcept {
    if (!next) return false;
    {
      const detail::light_lock lock(busy_);
      std::swap(context_, next);
    }
    return true;  // the old one goes when its last connection does, and not under the lock
  }

  /// Makes a context and replaces the one before. Where that fails the old one stays in use, and `info` tells why:
  /// errors as of `basic_context::server` and `client`.
  template <class Settings>
  bool reload(const Settings& settings, error_info& info) {
    info = {};
    if constexpr (std::is_same_v<Settings, server_settings>)
      return store(basic_context<B>::server(settings, info));
    else
      return store(basic_context<B>::client(settings, info));
  }

 private:
  // Held for as long as a pointer is copied.
  mutable detail::light_mutex busy_;
  basic_context<B> context_;
};

}  // namespace plugtls
