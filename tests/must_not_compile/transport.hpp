// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <plugtls/any.hpp>
#include <plugtls/stream.hpp>

// A transport that holds nothing.
struct empty_transport {
  std::size_t read_some(std::span<std::byte>, std::error_code&) { return 0; }
  std::size_t write_some(plugtls::byte_view, std::error_code&) { return 0; }
  void wait(plugtls::readiness, std::error_code&) {}
};

using empty_stream = plugtls::stream<empty_transport, plugtls::any_backend>;
