// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstddef>
#include <list>
#include <map>
#include <memory>
#include <utility>

#include "plugtls/detail/callback.hpp"
#include "plugtls/detail/light_lock.hpp"
#include "plugtls/detail/session_id_store.hpp"

namespace plugtls::detail {

/// A server's sessions by their ids; the oldest make room. Thread-safe.
class session_id_memory : public session_id_store {
 public:
  using clock_callback = callback<unix_time()>;

  session_id_memory(std::size_t capacity, unix_time lifetime, clock_callback own_clock)
      : capacity_(capacity), lifetime_(lifetime), clock_(std::move(own_clock)) {}
  session_id_memory(const session_id_memory&) = delete;
  session_id_memory& operator=(const session_id_memory&) = delete;

  void clear() noexcept override {
    order ids;  // these end after the lock, here and below
    table sessions;
    const light_lock lock(busy_);
    ids.swap(order_);
    sessions.swap(sessions_);
  }
  std::size_t size() const noexcept override {
    const light_lock lock(busy_);
    return sessions_.size();
  }
  std::size_t capacity() const noexcept override { return capacity_; }

  void keep(const session_id& id, id_session what) override {
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

  std::shared_ptr<const id_session> find(const session_id& id) override {
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

  void drop(const session_id& id) noexcept override {
    order gone_ids;
    table gone;
    const light_lock lock(busy_);
    remove(id, gone_ids, gone);
  }

  unix_time time() const override { return clock_ ? clock_() : system_now(); }
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
  mutable light_mutex busy_;
  order order_;  // oldest first
  table sessions_;
};

}  // namespace plugtls::detail
