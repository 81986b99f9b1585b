// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <memory>

#include "plugtls/detail/anchor_cache.hpp"
#include "plugtls/mbedtls/verify.hpp"

namespace plugtls::mbedtls {

/// Trust anchors in mbedTLS's form, which contexts share. Verification changes nothing in it.
struct anchor_list {
  trust_anchors anchors;  // has the bytes that `list` refers to
  certificates_handle list;
  std::size_t count = 0;  // that mbedTLS can read
};

/// Gives the list for these anchors, parsed now or before (always now where keys are not to be used by several threads,
/// which may be why there are several contexts); null, and the library's error, where it can read none, or
/// has no memory. Those that it cannot read could not verify anything either.
inline std::shared_ptr<const anchor_list> anchors_of(const trust_anchors& anchors, int& e) {
  static detail::anchor_cache<anchor_list> known;
  if constexpr (compat::has_threads)
    if (auto held = known.find(anchors)) return held;
  auto made = std::make_shared<anchor_list>();
  made->anchors = anchors;
  for (const certificate& anchor : anchors.all()) {
    e = parse_any(made->list.get(), anchor.der());
    if (translate(e, errc::unsupported) == errc::out_of_memory) return nullptr;
    if (e == 0) ++made->count;
  }
  if (made->count == 0) return nullptr;
  if constexpr (compat::has_threads) known.keep(made);
  return made;
}

}  // namespace plugtls::mbedtls
