// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <memory>

#include "plugtls/detail/anchor_cache.hpp"
#include "plugtls/openssl/error.hpp"
#include "plugtls/openssl/verify.hpp"

namespace plugtls::openssl {

/// Trust anchors in OpenSSL's form, which contexts share. Verification changes nothing in it.
struct anchor_store {
  trust_anchors anchors;
  store_handle store;
  x509_stack_handle certificates;  // that OpenSSL can read, in their order
};

/// Gives the store for these anchors, parsed now or before; null, and the library's error in its queue, where it can
/// read none, or has no memory. Those that it cannot read could not verify anything either.
inline std::shared_ptr<const anchor_store> store_of(const trust_anchors& anchors) {
  static detail::anchor_cache<anchor_store> known;  // ends before the library, which was initialised first
  if (auto held = known.find(anchors)) return held;
  auto made = std::make_shared<anchor_store>();
  made->anchors = anchors;
  made->store.reset(X509_STORE_new());
  made->certificates.reset(sk_X509_new_null());
  if (!made->store || !made->certificates) return nullptr;
  for (const certificate& anchor : anchors.all()) {
    ERR_clear_error();
    const x509_handle parsed = parse(anchor.der());
    if (!parsed && translate(ERR_peek_last_error()) != errc::out_of_memory) continue;
    if (!parsed || X509_STORE_add_cert(made->store.get(), parsed.get()) != 1 ||
        X509_add_cert(made->certificates.get(), parsed.get(), X509_ADD_FLAG_UP_REF) != 1)
      return nullptr;
  }
  if (sk_X509_num(made->certificates.get()) == 0) return nullptr;
  known.keep(made);
  return made;
}

}  // namespace plugtls::openssl
