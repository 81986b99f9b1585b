// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "plugtls/certificate.hpp"
#include "plugtls/chain_policy.hpp"
#include "plugtls/detail/light_lock.hpp"

namespace plugtls::detail {

/// A chain that was accepted: what was presented, and its path, whose signatures are good, which the library takes and
/// with which nothing is wrong. All that is a pure function of the bytes, the purpose and the context's anchors, floors
/// and pins, but for dates and revocation.
struct accepted_chain {
  purpose usage = purpose::server_auth;
  std::vector<certificate> presented;
  std::vector<certificate> path;
  std::vector<certificate_view> path_views;  // of `path`, where the memory holds it
};
inline const accepted_chain& no_chain() noexcept {
  static const accepted_chain none;
  return none;
}

/// The chains that a context accepted last, found by their bytes, so that the signatures of a peer seen before are not
/// verified again, nor its certificates parsed. Dates, revocation and the peer's name are no part of it. Thread-safe; a
/// lock is held while pointers are copied, and no longer.
class chain_memory {
 public:
  using entry = std::shared_ptr<const accepted_chain>;

  entry find(std::span<const byte_view> presented, purpose usage) const noexcept {
    for (std::size_t i = 0; i < capacity; ++i) {
      entry e = read(i);
      if (e == nullptr) break;
      if (e->usage == usage && is_same(*e, presented)) return e;
    }
    return nullptr;
  }

  /// Keeps a chain in place of the oldest.
  void keep(entry chain) noexcept {
    const light_lock lock(busy_);
    std::swap(slots_[next_], chain);  // the one that is replaced ends with the argument, after the lock
    next_ = (next_ + 1) % capacity;
  }

 private:
  static constexpr std::size_t capacity = 16;

  entry read(std::size_t i) const noexcept {
    const light_lock lock(busy_);
    return slots_[i];
  }

  static bool is_same(const accepted_chain& chain, std::span<const byte_view> presented) noexcept {
    if (chain.presented.size() != presented.size()) return false;
    for (std::size_t i = 0; i < presented.size(); ++i)
      if (!der::equal(chain.presented[i].der(), presented[i])) return false;
    return true;
  }

  mutable light_mutex busy_;
  std::array<entry, capacity> slots_;
  std::size_t next_ = 0;
};

}  // namespace plugtls::detail
