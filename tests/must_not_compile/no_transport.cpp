// SPDX-License-Identifier: BSL-1.0
// A stream goes over what meets the concept, which the message names.
// expect: Transport
#include "transport.hpp"

struct reader_only {
  std::size_t read_some(std::span<std::byte>, std::error_code&) { return 0; }
};

using broken = plugtls::stream<reader_only, plugtls::any_backend>;
