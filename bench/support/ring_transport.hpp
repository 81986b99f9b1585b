// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <chrono>
#include <plugtls/transport.hpp>

#include "ring.hpp"

namespace bench {

/// plugtls's end of two rings, for a stream or a duplex_stream. Waiting ends at once with `timed_out`: whoever could
/// bring what is waited for runs in the same thread.
class ring_transport {
 public:
  explicit ring_transport(ring_end to) noexcept : end_(to) {}

  std::size_t read_some(std::span<std::byte> out, std::error_code& ec) noexcept {
    const std::size_t n = end_.read(out.data(), out.size());
    if (n == 0) ec = plugtls::errc::would_block;
    return n;
  }
  std::size_t read_some(std::span<std::byte> out, std::span<std::byte> beyond, std::error_code& ec) noexcept {
    const std::size_t n = read_some(out, ec);
    return n < out.size() ? n : n + end_.read(beyond.data(), beyond.size());
  }
  std::size_t write_some(plugtls::byte_view in, std::error_code&) noexcept { return end_.write(in.data(), in.size()); }
  void wait(plugtls::readiness, std::error_code& ec) noexcept { ec = plugtls::errc::timed_out; }
  void wait_until(bool, bool, std::chrono::steady_clock::time_point, std::error_code& ec) noexcept {
    ec = plugtls::errc::timed_out;
  }
  void interrupt() noexcept {}

 private:
  ring_end end_;
};

/// The same, counting the calls that would be system calls on a socket.
struct counting_transport : ring_transport {
  using ring_transport::ring_transport;

  std::size_t read_some(std::span<std::byte> out, std::error_code& ec) noexcept {
    ++reads;
    return ring_transport::read_some(out, ec);
  }
  std::size_t read_some(std::span<std::byte> out, std::span<std::byte> beyond, std::error_code& ec) noexcept {
    ++reads;
    return ring_transport::read_some(out, beyond, ec);
  }
  std::size_t write_some(plugtls::byte_view in, std::error_code& ec) noexcept {
    ++writes;
    return ring_transport::write_some(in, ec);
  }
  long reads = 0;
  long writes = 0;
};

}  // namespace bench
