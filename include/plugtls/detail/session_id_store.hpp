// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <string>

#include "plugtls/detail/hello_reader.hpp"
#include "plugtls/detail/resumable_peer.hpp"
#include "plugtls/detail/sha2.hpp"
#include "plugtls/secret.hpp"
#include "plugtls/unix_time.hpp"

namespace plugtls::detail {

/// The id of a session of TLS 1.2 (RFC 5246 §7.4.1.3): random, and public, as both hellos show it.
using session_id = std::array<std::byte, 32>;

/// What a server keeps of a session: what a ticket would hold.
struct id_session {
  sha256_digest policy{};   ///< of the context that made it
  std::string server_name;  ///< that the client asked for (RFC 6066 §3)
  unix_time made = 0;       ///< the moment of the full handshake
  secret native;            ///< the library's bytes
  secret client;            ///< `resumable_peer::to_ticket`
};

/// Where a server's sessions are by their ids, `session_id_memory` in fact. Thread-safe.
class session_id_store {
 public:
  virtual ~session_id_store() = default;

  /// Forgets all sessions: their clients make full handshakes.
  virtual void clear() noexcept = 0;
  /// How many sessions are held, those among them that have expired and were not met since.
  virtual std::size_t size() const noexcept = 0;
  virtual std::size_t capacity() const noexcept = 0;

  // For contexts and adapters.

  /// Keeps a session; what has expired goes, and the oldest where there is no room. May throw std::bad_alloc.
  virtual void keep(const session_id& id, id_session what) = 0;
  /// Finds a session that has not expired; null where there is none.
  virtual std::shared_ptr<const id_session> find(const session_id& id) = 0;
  /// Forgets a session that must not be resumed any more (RFC 5246 §7.2.2).
  virtual void drop(const session_id& id) noexcept = 0;
  virtual unix_time time() const = 0;
};

/// What a server's context keeps and finds sessions with; without memory there are none.
struct session_id_rules {
  std::shared_ptr<session_id_store> memory;
  sha256_digest policy{};
  bool beside_tickets = false;  ///< clients that know of tickets are given those

  explicit operator bool() const noexcept { return memory != nullptr; }

  /// Finds the session that a client of TLS 1.2 offers by its id. Returns the library's bytes, empty where the
  /// handshake is to be a full one: it is unknown, another context's, for another name, has expired, the hello asks for
  /// no extended master secret (RFC 7627 §5.3), or the client is not accepted any more. Called by adapters, once the
  /// hello is there, and not for anything but its session id.
  secret find(byte_view id, const hello_facts& hello, resumable_peer& client) const {
    session_id wanted;
    const bool is_id = id.size() == wanted.size() && hello.session_id_size == wanted.size() &&
                       as_text(id) == as_text(hello.session_id);
    if (!memory || !is_id || !hello.offers_extended_secret || (beside_tickets && hello.offers_tickets)) return {};
    wanted = hello.session_id;
    const std::shared_ptr<const id_session> found = memory->find(wanted);
    if (!found || found->policy != policy || found->server_name != hello.server_name) return {};
    client.moment = found->made;
    return client.decide_ticket(found->client.bytes()) ? found->native : secret();
  }
};

}  // namespace plugtls::detail
