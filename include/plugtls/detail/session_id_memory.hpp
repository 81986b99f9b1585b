// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <cstddef>
#include <list>
#include <map>
#include <memory>
#include <string>
#include <utility>

#include "plugtls/detail/callback.hpp"
#include "plugtls/detail/hello_reader.hpp"
#include "plugtls/detail/light_lock.hpp"
#include "plugtls/detail/resumable_peer.hpp"
#include "plugtls/detail/sha256.hpp"
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

/// A server's sessions by their ids; the oldest make room. Thread-safe.
class session_id_memory {
 public:
  using clock_callback = callback<unix_time()>;

  session_id_memory(std::size_t capacity, unix_time lifetime, clock_callback own_clock)
      : capacity_(capacity), lifetime_(lifetime), clock_(std::move(own_clock)) {}
  session_id_memory(const session_id_memory&) = delete;
  session_id_memory& operator=(const session_id_memory&) = delete;

  /// Forgets all sessions: their clients make full handshakes.
  void clear() noexcept {
    order ids;  // these end after the lock, here and below
    table sessions;
    const light_lock lock(busy_);
    ids.swap(order_);
    sessions.swap(sessions_);
  }
  /// How many sessions are held, those among them that have expired and were not met since.
  std::size_t size() const noexcept {
    const light_lock lock(busy_);
    return sessions_.size();
  }
  std::size_t capacity() const noexcept { return capacity_; }

  // For contexts and adapters.

  /// Keeps a session; what has expired goes, and the oldest where there is no room. May throw std::bad_alloc.
  void keep(const session_id& id, id_session what) {
    if (capacity_ == 0) return;
    const unix_time now = what.made;
    order ids(1, id), gone_ids;
    table made, gone;
    made.emplace(id, slot{std::make_shared<const id_session>(std::move(what)), ids.begin()});
    const light_lock lock(busy_);
    remove(id, gone_ids, gone);
    while (!order_.empty() && (sessions_.size() >= capacity_ || !is_timely(oldest_made(), now)))
      remove(order_.front(), gone_ids, gone);
    order_.splice(order_.end(), ids);
    sessions_.insert(made.extract(made.begin()));
  }

  /// Finds a session that has not expired; null where there is none.
  std::shared_ptr<const id_session> find(const session_id& id) {
    const unix_time now = time();
    order gone_ids;
    table gone;
    const light_lock lock(busy_);
    const auto place = sessions_.find(id);
    if (place == sessions_.end()) return nullptr;
    if (is_timely(place->second.what->made, now)) return place->second.what;
    remove(id, gone_ids, gone);
    return nullptr;
  }

  /// Forgets a session that must not be resumed any more (RFC 5246 §7.2.2).
  void drop(const session_id& id) noexcept {
    order gone_ids;
    table gone;
    const light_lock lock(busy_);
    remove(id, gone_ids, gone);
  }

  unix_time time() const { return clock_ ? clock_() : system_now(); }
  /// How long a session is good for, in seconds.
  unix_time lifetime_seconds() const noexcept { return lifetime_; }

 private:
  using order = std::list<session_id>;
  struct slot {
    std::shared_ptr<const id_session> what;
    order::iterator place;
  };
  using table = std::map<session_id, slot>;

  bool is_timely(unix_time made, unix_time now) const noexcept { return made <= now && now - made <= lifetime_; }
  unix_time oldest_made() const { return sessions_.find(order_.front())->second.what->made; }

  // Moves a session out; nothing is allocated or freed.
  void remove(const session_id& id, order& gone_ids, table& gone) {
    auto node = sessions_.extract(id);
    if (node.empty()) return;
    gone_ids.splice(gone_ids.end(), order_, node.mapped().place);
    gone.insert(std::move(node));
  }

  const std::size_t capacity_;
  const unix_time lifetime_;
  const clock_callback clock_;
  mutable std::atomic_flag busy_;
  order order_;  // oldest first
  table sessions_;
};

/// What a server's context keeps and finds sessions with; without memory there are none.
struct session_id_rules {
  std::shared_ptr<session_id_memory> memory;
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
                       std::equal(id.begin(), id.end(), hello.session_id.begin());
    if (!memory || !is_id || !hello.offers_extended_secret || (beside_tickets && hello.offers_tickets)) return {};
    std::copy(id.begin(), id.end(), wanted.begin());
    const std::shared_ptr<const id_session> found = memory->find(wanted);
    if (!found || found->policy != policy || found->server_name != hello.server_name) return {};
    client.moment = found->made;
    return client.decide_ticket(found->client.bytes()) ? found->native : secret();
  }
};

}  // namespace plugtls::detail
