// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "plugtls/certificate.hpp"
#include "plugtls/detail/callback.hpp"
#include "plugtls/detail/chain_memory.hpp"
#include "plugtls/detail/exceptions.hpp"
#include "plugtls/detail/session_envelope.hpp"
#include "plugtls/unix_time.hpp"

namespace plugtls::detail {

/// The peer of a session, while it is open whether it is resumed: its chain, verified again here and now. A client's
/// comes from the session that it offers, a server's from the ticket that it is given.
class resumable_peer {
 public:
  /// Verifies a chain as the context does, without asking callbacks, and fills chain and path in. Never throws.
  using check = bool (*)(const void* owner, std::span<const byte_view> chain, byte_view staple, resumable_peer& out);

  /// Set by the engine. `owner` must outlive this.
  void bind(const void* owner, check verify) noexcept {
    owner_ = owner;
    verify_ = verify;
  }

  /// Decides about a peer by its chain, and by the OCSP response that came with it.
  bool decide(std::span<const byte_view> presented, byte_view staple) noexcept {
    forget();
    accepted_ = verify_ != nullptr && verify_(owner_, presented, staple, *this);
    return accepted_;
  }

  /// The same, for what `to_ticket` gave. Called by servers' adapters while their library opens a ticket; where it is
  /// false, the ticket is declined and the handshake is full.
  bool decide_ticket(byte_view state) noexcept {
    exception_slot dropped;
    forget();  // what an earlier ticket of the same hello said
    return guard(dropped, false, [&] {
      std::vector<byte_view> presented;
      field_reader in(state);
      const bool is_whole = in.number(1) == 1;
      for (auto n = in.number(1); n != 0 && in.ok(); --n) presented.push_back(in.field());
      return is_whole && in.ended() && decide(presented, {});
    });
  }

  /// Returns what a server puts into its tickets about the client. A chain that is too long for that is left out, so
  /// that such a ticket is declined: with the session besides, NewSessionTicket is to stay well below the 16 KiB that
  /// some clients can read (mbedTLS).
  static byte_vector to_ticket(const std::vector<certificate>& presented) {
    std::size_t size = 0;
    for (const certificate& c : presented) size += c.der().size() + 4;
    field_writer out;
    const bool fits = size <= 8192 && presented.size() < 256;
    out.raw({});
    out.number(fits ? 1 : 0, 1);
    out.number(fits ? presented.size() : 0, 1);
    if (fits)
      for (const certificate& c : presented) out.field(c.der());
    return byte_vector(out.view().begin(), out.view().end());
  }

  /// Whether nothing was left out of it.
  static bool is_whole(byte_view state) noexcept { return !state.empty() && state.front() == std::byte{1}; }

  bool accepted() const noexcept { return accepted_; }

  /// Chain and path, to be shared; null before `decide`.
  std::shared_ptr<const accepted_chain> chain;
  const accepted_chain& known() const noexcept { return chain ? *chain : no_chain(); }
  /// The moment in the ticket that was opened last. Set by servers' adapters.
  std::optional<unix_time> moment;

 private:
  void forget() noexcept {
    accepted_ = false;
    chain.reset();
  }

  const void* owner_ = nullptr;
  check verify_ = nullptr;
  bool accepted_ = false;
};

}  // namespace plugtls::detail
