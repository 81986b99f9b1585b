// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <optional>
#include <utility>

#include "plugtls/client_hello_view.hpp"
#include "plugtls/detail/hello_collector.hpp"
#include "plugtls/engine_result.hpp"
#include "plugtls/server_choice.hpp"
#include "plugtls/wire.hpp"

/// How a server's engine comes to the identity that a client is presented. `State` is `engine_state`.
namespace plugtls::detail {

template <class State>
server_choice::outcome choose_identity(State& self) {
  client_hello_view hello;
  if (!read_client_hello(self.opening->collector.body(), hello))
    return {0, errc::bad_record, alert::decode_error, "the ClientHello does not parse"};
  // A signer may be able to do less than the others.
  const auto own = [&](std::size_t identity) {
    const context_plan& one = self.context.plan(identity);
    return own_offer{one.max_version, one.cipher_suites, one.groups,
                     one.own_schemes.empty() ? one.signature_schemes : one.own_schemes};
  };
  return guard(
      self.verifier.exception(),
      server_choice::outcome{0, errc::unrecognized_name, alert::internal_error, "the callback on_client_hello threw"},
      [&] { return self.context.choice().choose(hello, own); });
}

// Collects a server's ClientHello, chooses by it, and opens the native connection, which reads it again. Nothing:
// that is done; otherwise what the handshake waits for, or its end.
template <class State>
std::optional<engine_result> choose_by_hello(State& self) {
  std::byte block[2048];
  for (;;) {
    const std::size_t wanted = self.opening->collector.wanted();
    const io_result r = self.w.pull(block, wanted < sizeof block ? wanted : sizeof block);
    if (const auto wait = self.waiting()) return *wait;
    if (r.status != io_status::ok) return self.fail();
    const hello_collector::status now = self.opening->collector.take(block, r.bytes);
    if (now == hello_collector::status::more) continue;
    if (now == hello_collector::status::done) break;
    if (now == hello_collector::status::no_memory)
      self.w.refuse(alert::internal_error, errc::out_of_memory);
    else
      self.w.refuse(alert::unexpected_message, errc::bad_record);
    return self.fail();
  }
  server_choice::outcome chosen = choose_identity(self);
  if (chosen.refused != errc::success) {
    self.w.refuse(chosen.why, chosen.refused);
    const engine_result failed = self.fail();
    self.make_error().detail = std::move(chosen.text);
    return failed;
  }
  self.is_choosing = false;
  self.presented = static_cast<unsigned>(chosen.identity);
  self.w.replay(self.opening->collector.release());
  if (self.open_native(chosen.identity, {}) == errc::success) return std::nullopt;
  self.current = engine_phase::failed;
  return engine_result{0, engine_status::failed, self.error().code};
}

}  // namespace plugtls::detail
