// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <plugtls/transport.hpp>

#include "ring.hpp"

namespace bench {

/// plugtls's end of two rings, for an engine.
struct ring_port : plugtls::port {
  explicit ring_port(ring_end to) : end(to) {
    read = [](plugtls::port& self, std::byte* data, std::size_t n) noexcept -> plugtls::io_result {
      const std::size_t got = static_cast<ring_port&>(self).end.read(data, n);
      return {got, got == 0 ? plugtls::io_status::would_block : plugtls::io_status::ok};
    };
    write = [](plugtls::port& self, const std::byte* data, std::size_t n) noexcept -> plugtls::io_result {
      return {static_cast<ring_port&>(self).end.write(data, n), plugtls::io_status::ok};
    };
  }
  ring_end end;
};

}  // namespace bench
