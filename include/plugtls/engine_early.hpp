// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstddef>

#include "plugtls/concepts.hpp"
#include "plugtls/early_data.hpp"
#include "plugtls/engine_result.hpp"
#include "plugtls/engine_sessions.hpp"

/// What an engine does about early data. `State` is `engine_state`.
namespace plugtls::detail {

template <class State>
inline constexpr bool may_have_early_data = has<typename State::backend_type, capability::early_data>;

inline engine_result wrong_call() noexcept { return {0, engine_status::failed, errc::invalid_argument}; }

/// How many bytes more a client can send before the handshake.
template <class State>
std::size_t early_data_room(const State& self) noexcept {
  if constexpr (may_have_early_data<State>) {
    const context_plan& plan = self.context.plan();
    const bool is_time = self.current == engine_phase::handshake && !self.has_begun;
    if (plan.own != role::client || plan.early_data == 0 || !is_time || self.offered->empty()) return 0;
    // By a clock that was set back since the ticket has no age, and libraries may leave it out of the hello.
    if (self.offered->envelope().created > system_now()) return 0;
    const std::size_t allowed = self.native.early_data_allowed();
    const auto sent = static_cast<std::size_t>(self.extras->early_bytes_written);
    return allowed > sent ? allowed - sent : 0;
  } else {
    return 0;
  }
}

template <class State>
early_data_status early_data_of(const State& self) noexcept {
  if constexpr (may_have_early_data<State>) {
    if (self.context.plan().own == role::server)
      return self.is_choosing ? early_data_status{} : self.native.early_data();
    if (!self.sends_early) return early_data_status::not_offered;
    // Set by a handshake that has come to its end.
    if (self.agreed.version == tls_version::automatic) return early_data_status::offered;
    // What is not resumed has accepted nothing, whatever a library says.
    if (!self.resumed || self.native.early_data() != early_data_status::accepted) return early_data_status::rejected;
    return early_data_status::accepted;
  } else {
    return early_data_status::not_offered;
  }
}

/// Hands bytes to the library that leave before the handshake is done; all of them.
template <class State>
engine_result send_early(State& self, const std::byte* data, std::size_t size) {
  if constexpr (may_have_early_data<State>) {
    for (std::size_t at = 0; at < size;) {
      const std::size_t most = self.context.plan().limit.max_record_size;
      const std::size_t n = size - at < most ? size - at : most;
      if (self.native.write_early(data + at, n) != native_status::done) {
        if (self.w.write_broken()) return self.drain();
        return self.fail();
      }
      at += n;
      self.extras.make().early_bytes_written += n;
    }
    return {size, engine_status::done, errc::success};
  } else {
    return wrong_call();
  }
}

/// Whether a server has taken early data, and the handshake goes on: then it may answer within that.
template <class State>
bool may_answer_early(const State& self) noexcept {
  return self.context.plan().own == role::server && self.current == engine_phase::handshake &&
         early_data_of(self) == early_data_status::accepted;
}

template <class State>
engine_result write_early(State& self, port& p, const std::byte* data, std::size_t size) {
  const context_plan& plan = self.context.plan();
  const bool answers = may_answer_early(self);
  if (!answers && (plan.own == role::server || plan.early_data == 0 || self.has_begun)) return wrong_call();
  if (!answers) {
    const std::size_t room = early_data_room(self);
    if (room == 0 && !self.sends_early) return {};
    if (size > room) return {0, engine_status::failed, errc::too_long};
  }
  self.w.bind(p);
  if (self.w.has_output() || self.w.write_broken()) {
    const engine_result drained = self.drain();
    if (drained.status != engine_status::done) return drained;
  }
  if (size == 0) return {};
  if (answers) return send_early(self, data, size < plan.limit.max_record_size ? size : plan.limit.max_record_size);
  self.sends_early = true;
  return send_early(self, data, size);
}

/// `go_on` takes the handshake as far as it goes.
template <class State, class Handshake>
engine_result read_early(State& self, std::byte* out, std::size_t size, const Handshake& go_on) {
  if (self.context.plan().own != role::server) return wrong_call();
  if (self.context.plan().early_data != 0 && !self.has_begun) self.takes_early = true;
  while (self.takes_early && self.extras->early.empty() && self.current == engine_phase::handshake &&
         !self.early_ended()) {
    const engine_result r = go_on();
    if (!self.extras->early.empty() || self.early_ended()) break;
    if (r.status != engine_status::done) return r;
  }
  if (self.extras->early.empty() && self.current == engine_phase::failed)
    return {0, engine_status::failed, self.error().code};
  const std::size_t n = self.extras->early.empty() ? 0 : self.extras.make().early.take(out, size);
  if (n != 0) self.extras.make().early_bytes_read += n;
  return {n, engine_status::done, errc::success};
}

}  // namespace plugtls::detail
