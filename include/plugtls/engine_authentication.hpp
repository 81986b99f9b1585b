// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "plugtls/capability.hpp"
#include "plugtls/concepts.hpp"
#include "plugtls/detail/external_key.hpp"
#include "plugtls/engine_result.hpp"
#include "plugtls/peer_verifier.hpp"

/// What an engine does about certificates that are asked for after the handshake (RFC 8446 §4.6.2). `State` is
/// `engine_state`.
namespace plugtls::detail {

/// What a server knows of the answers to its requests. Each has a verdict of its own, which counts once the client has
/// proved that it holds the key, and not before.
struct later_authentication {
  std::unique_ptr<peer_verifier> asked;     ///< of the request that has no answer yet, or that was answered badly
  std::unique_ptr<peer_verifier> answered;  ///< who the peer is now; null while that is what the handshake said
  verify_mode mode = verify_mode::required;
  errc refused = errc::success;  ///< why an answer was not taken that the library would have taken
};

/// Says why the peer cannot be asked for a certificate now; `success` where it can.
template <class State>
error_info why_not_asked(const State& self, verify_mode mode) {
  const context_plan& plan = self.context.plan();
  const auto say = [](errc e, std::string text) {
    error_info info;
    info.set(e, std::move(text));
    return info;
  };
  if (plan.own == role::client) return say(errc::invalid_argument, "a client asks its server for no certificate");
  if (!plan.post_handshake_auth)
    return say(errc::invalid_argument, "the context was made without server_settings::post_handshake_auth");
  if (mode == verify_mode::none)
    return say(errc::invalid_argument, "verify_mode::none asks for nothing: give optional or required");
  if (mode == verify_mode::optional && plan.verify.mode == verify_mode::required)
    return say(errc::invalid_argument, "this server requires certificates: it cannot ask for an optional one");
  if (self.own_closed || self.peer_closed)
    return say(errc::closed, "the connection has been closed, so that no answer could come");
  if (self.agreed.version != tls_version::tls1_3)
    return say(errc::unsupported, "the connection speaks TLS 1.2, which has no authentication after the handshake");
  if (!self.offers_later_authentication)
    return say(errc::unsupported,
               "the client has not said that it may be asked for a certificate after the handshake (RFC 8446 §4.2.6)");
  if (self.extras->later.asked) return say(errc::invalid_argument, "the client has not answered the last request yet");
  return {};
}

/// Asks. The core has seen that it can.
template <class State>
engine_result ask_for_certificate(State& self, verify_mode mode) {
  if constexpr (has<typename State::backend_type, capability::post_handshake_auth>) {
    const engine_result drained = self.drain();
    if (drained.status != engine_status::done) return drained;
    self.extras.make().later.asked = std::make_unique<peer_verifier>(self.context.plan().verify);
    self.extras.make().later.mode = mode;
    const native_status sent =
        self.native.request_certificate(mode == verify_mode::required, *self.extras->later.asked);
    if (sent == native_status::done) return self.w.write_broken() ? self.drain() : engine_result{};
    if (sent == native_status::failed && !self.w.write_broken()) return self.fail();
    if (sent == native_status::failed) return self.drain();  // the library may go on with what could not be sent
    self.extras.make().later.asked.reset();
    return {0, engine_status::want_read, errc::success};
  } else {
    return {0, engine_status::failed, errc::unsupported};
  }
}

/// Takes the answer, where it has come. False: it must not be taken, whatever the library thinks of it.
template <class State>
bool take_answer(State& self) {
  if constexpr (has<typename State::backend_type, capability::post_handshake_auth>) {
    if (!self.extras->later.asked || !self.native.has_answered()) return true;
    const peer_verifier& judge = *self.extras->later.asked;
    std::vector<byte_vector> unseen;  // what the library holds though the verifier was not asked
    if (!judge.decided()) self.native.peer_chain(unseen);
    if (judge.decided() && !judge.decision().accept)
      self.extras.make().later.refused = judge.decision().reason;
    else if (!judge.decided() && self.extras->later.mode == verify_mode::required)
      self.extras.make().later.refused = errc::certificate_required;
    else if (!unseen.empty())
      self.extras.make().later.refused = errc::bad_certificate;
    else
      self.extras.make().later.answered = std::move(self.extras.make().later.asked);
    return self.extras->later.refused == errc::success;
  } else {
    return true;
  }
}

/// Takes a step after the handshake in the course of which a request for a certificate may be answered: by us, where a
/// signature may be needed, or by the client.
template <class State, class Step>
native_result step_later(State& self, Step&& step) {
  const signing_desk::scope at_desk(*self.opening->desk);
  const native_result r = step();
  if (r.status == native_status::failed || take_answer(self)) return r;
  return {0, native_status::failed};
}

/// Waits for the answer, or for the data that stand before it.
template <class State>
engine_result await_answer(State& self) {
  if constexpr (has<typename State::backend_type, capability::post_handshake_auth>) {
    for (int spins = 0; self.extras->later.asked;) {
      const native_status looked = step_later(self, [&] { return native_result{0, self.native.look()}; }).status;
      if (looked == native_status::closed) {
        const engine_result end = self.end_by_peer();
        return self.extras->later.asked ? end : engine_result{};
      }
      if (looked == native_status::failed || self.w.fault() != errc::success) return self.fail(errc::bad_record);
      if (!self.extras->later.asked || looked == native_status::done) break;
      if (const auto wait = self.waiting()) return *wait;
      if (++spins == 1000) return self.fail(errc::bad_record);
    }
  }
  return {};
}

}  // namespace plugtls::detail
