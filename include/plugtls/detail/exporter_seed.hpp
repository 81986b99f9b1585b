// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstddef>
#include <optional>

#include "plugtls/bytes.hpp"

namespace plugtls::detail {

/// Makes the seed of RFC 5705 §4 for TLS 1.2.
inline byte_vector exporter_seed(byte_view client_random, byte_view server_random,
                                 const std::optional<byte_view>& context) {
  byte_vector seed(client_random.begin(), client_random.end());
  seed.insert(seed.end(), server_random.begin(), server_random.end());
  if (!context) return seed;
  seed.push_back(static_cast<std::byte>(context->size() >> 8));
  seed.push_back(static_cast<std::byte>(context->size() & 0xff));
  seed.insert(seed.end(), context->begin(), context->end());
  return seed;
}

}  // namespace plugtls::detail
