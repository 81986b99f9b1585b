// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <algorithm>
#include <cstddef>

#include "plugtls/bytes.hpp"
#include "plugtls/detail/handshake_observer.hpp"

namespace plugtls_test {

/// Has an observer see bytes that are sent, in pieces of `step`.
inline void see_sent(plugtls::detail::handshake_observer& o, plugtls::byte_view bytes, std::size_t step = 1000000) {
  for (; !bytes.empty(); bytes = bytes.subspan(std::min(step, bytes.size())))
    o.send(bytes.data(), std::min(step, bytes.size()));
}

/// The same of bytes that are received: what is left of them for the library.
inline plugtls::byte_vector see_received(plugtls::detail::handshake_observer& o, plugtls::byte_view bytes,
                                         std::size_t step = 1000000) {
  using fate = plugtls::detail::handshake_observer::fate;
  plugtls::byte_vector left;
  for (; !bytes.empty(); bytes = bytes.subspan(std::min(step, bytes.size()))) {
    plugtls::byte_view piece = bytes.first(std::min(step, bytes.size()));
    while (!piece.empty()) {
      const auto part = o.receive(piece.data(), piece.size());
      left.insert(left.end(), part.before.begin(), part.before.end());
      if (part.becomes != fate::dropped)
        left.insert(left.end(), piece.begin(), piece.begin() + std::ptrdiff_t(part.size));
      piece = piece.subspan(part.size);
    }
  }
  return left;
}

}  // namespace plugtls_test
