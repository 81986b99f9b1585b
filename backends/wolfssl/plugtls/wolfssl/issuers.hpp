// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <array>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "plugtls/certificate_view.hpp"
#include "plugtls/detail/light_lock.hpp"
#include "plugtls/wolfssl/handle.hpp"

namespace plugtls::wolfssl {

/// The issuers of a path, which wolfSSL has verified from the anchor down to the one that issues leaves, and holds with
/// nothing else in view. What it says of a leaf below them depends on their bytes and the leaf's alone, so that they
/// may be asked again; leaves are verified by them and never added.
struct verified_issuers {
  std::vector<byte_vector> ders;
  ctx_handle scratch;

  bool are(std::span<const certificate_view> issuers) const noexcept {
    bool same = issuers.size() == ders.size();
    for (std::size_t i = 0; same && i < ders.size(); ++i) same = detail::der::equal(issuers[i].der(), ders[i]);
    return same;
  }
};

/// The issuers that were asked last, of all contexts. Thread-safe; a lock is held while pointers are copied, and no
/// longer.
class issuer_memory {
 public:
  using entry = std::shared_ptr<const verified_issuers>;

  static issuer_memory& instance() {
    static issuer_memory all;
    return all;
  }

  entry find(std::span<const certificate_view> issuers) const noexcept {
    for (std::size_t i = 0; i < capacity; ++i) {
      entry e = read(i);
      if (e == nullptr) break;
      if (e->are(issuers)) return e;
    }
    return nullptr;
  }

  /// Keeps them in place of the oldest.
  void keep(entry issuers) noexcept {
    const detail::light_lock lock(busy_);
    std::swap(slots_[next_], issuers);  // what is replaced ends with the argument, after the lock
    next_ = (next_ + 1) % capacity;
  }

 private:
  static constexpr std::size_t capacity = 8;

  entry read(std::size_t i) const noexcept {
    const detail::light_lock lock(busy_);
    return slots_[i];
  }

  mutable detail::light_mutex busy_;
  std::array<entry, capacity> slots_;
  std::size_t next_ = 0;
};

}  // namespace plugtls::wolfssl
