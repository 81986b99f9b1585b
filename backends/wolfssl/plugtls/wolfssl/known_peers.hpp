// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <array>
#include <cstddef>
#include <cstring>
#include <utility>

#include "plugtls/detail/der.hpp"
#include "plugtls/detail/light_lock.hpp"
#include "plugtls/wolfssl/handle.hpp"

namespace plugtls::wolfssl {

/// The leaves of chains that a context has accepted more than once, in a store of wolfSSL's. Where a connection with
/// that store is shown one of them, wolfSSL parses it once, neither verifies it nor goes through the certificates that
/// came with it, and goes on as if all were well (src/internal.c, ProcessPeerCerts, haveTrustPeer). That is no verdict:
/// wolfSSL knows a leaf by its name, key identifier and signature, and says nothing of the rest; what the peer may be
/// is decided by the bytes that it presented, as ever. There are no authorities in the store, and none come into it.
/// Thread-safe.
class known_peers {
 public:
  known_peers() = default;
  known_peers(const known_peers&) = delete;
  known_peers& operator=(const known_peers&) = delete;

  bool open() noexcept {
    store_.reset(wolfSSL_X509_STORE_new());
    return store_ != nullptr;
  }

  /// Gives a connection the store.
  [[gnu::cold]] bool lend(WOLFSSL* ssl) const noexcept {
    const detail::light_lock lock(changing_);
    return wolfSSL_set1_verify_cert_store(ssl, store_.get()) == WOLFSSL_SUCCESS;
  }

  /// Leaves out what comes while another is added, or where memory is out.
  [[gnu::cold]] void add(byte_view leaf) noexcept {
    if (!compat::knows_peers || !begin()) return;
    // Leaves are forgotten all at once, since connections may be at work with them. One that comes again is not told
    // from another of the same name and key: it waits for the next store.
    const byte_view end = leaf.last(leaf.size() < last_.size() ? leaf.size() : last_.size());
    const bool is_due = ++count_ % (capacity + 1) == 0;
    store_handle next(is_due ? wolfSSL_X509_STORE_new() : nullptr);
    if (next) {
      const detail::light_lock lock(changing_);
      store_.swap(next);
    }
    if (is_due || !detail::der::equal(last_, end)) know(leaf);
    std::memcpy(last_.data(), end.data(), end.size());
    const detail::light_lock lock(changing_);
    is_adding_ = false;
  }

 private:
  static constexpr unsigned capacity = 16;  // as many as chains are remembered

  // Whether nobody else adds one now.
  bool begin() noexcept {
    const detail::light_lock lock(changing_);
    return !std::exchange(is_adding_, true);
  }

  // Only a context takes leaves; dates are no business of it.
  [[gnu::cold]] void know(byte_view leaf) noexcept {
    const ctx_handle way(wolfSSL_CTX_new(wolfSSLv23_client_method()));
    if (!way || wolfSSL_X509_STORE_up_ref(store_.get()) != WOLFSSL_SUCCESS) return;
    store_handle shared(store_.get());
    wolfSSL_CTX_set_verify(way.get(), WOLFSSL_VERIFY_NONE, nullptr);
    wolfSSL_CTX_set_cert_store(way.get(), store_.get());
    if (wolfSSL_CTX_get_cert_store(way.get()) != store_.get()) return;
    shared.release();  // now the context's
    compat::know_peer(way.get(), data(leaf), static_cast<long>(leaf.size()));
  }

  mutable detail::light_mutex changing_;
  bool is_adding_ = false;
  unsigned count_ = 0;
  std::array<std::byte, 32> last_{};  // the end of the leaf that came last, of its signature
  store_handle store_;
};

}  // namespace plugtls::wolfssl
