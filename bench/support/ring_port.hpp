// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <plugtls/transport.hpp>

#include "support/ring.hpp"

namespace bench {

/// plugtls's end of two rings.
struct ring_port : plugtls::port {
  ring_port(ring& in_ring, ring& out_ring) : in(&in_ring), out(&out_ring) {
    read = [](plugtls::port& self, std::byte* data, std::size_t n) noexcept -> plugtls::io_result {
      const std::size_t got = static_cast<ring_port&>(self).in->read(data, n);
      return {got, got == 0 ? plugtls::io_status::would_block : plugtls::io_status::ok};
    };
    write = [](plugtls::port& self, const std::byte* data, std::size_t n) noexcept -> plugtls::io_result {
      return {static_cast<ring_port&>(self).out->write(data, n), plugtls::io_status::ok};
    };
  }
  ring* in;
  ring* out;
};

}  // namespace bench
