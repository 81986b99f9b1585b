// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstddef>

#include "plugtls/bytes.hpp"
#include "plugtls/detail/byte_queue.hpp"
#include "plugtls/errc.hpp"
#include "plugtls/transport.hpp"

namespace plugtls {

/// A port over two buffers, for programs that do their I/O themselves: feed what came from the peer, call the engine,
/// send `output()`.
///
/// ```
/// port.feed(received);                                   // or port.ended = true
/// const engine_result r = engine.handshake(port);
/// port.consume_output(send_to_peer(port.output()));      // after each call, whatever its result
/// ```
/// Used by one thread at a time. It must stay where it is only during a call.
struct buffer_port : port {
  /// `max_output`: past so many bytes of output the engine is told that writing would block.
  explicit buffer_port(std::size_t max_output = std::size_t{1} << 20) noexcept : limit(max_output) {
    read = [](port& self, std::byte* data, std::size_t size) noexcept -> io_result {
      auto& p = static_cast<buffer_port&>(self);
      if (const std::size_t n = p.incoming.take(data, size); n != 0) return {n, io_status::ok};
      return {0, p.ended ? io_status::end : io_status::would_block};
    };
    write = [](port& self, const std::byte* data, std::size_t size) noexcept -> io_result {
      auto& p = static_cast<buffer_port&>(self);
      const std::size_t room = p.limit > p.outgoing.size() ? p.limit - p.outgoing.size() : 0;
      if (size > room) size = room;
      if (size == 0) return {0, io_status::would_block};
      if (p.outgoing.append(data, size)) return {size, io_status::ok};
      p.error = errc::out_of_memory;
      return {0, io_status::error};
    };
  }

  /// Adds ciphertext from the peer. False: memory is out, and nothing was added.
  [[nodiscard]] bool feed(byte_view bytes) noexcept { return incoming.append(bytes.data(), bytes.size()); }

  /// Ciphertext to send, valid until the next call of anything.
  byte_view output() const noexcept { return outgoing.view(); }
  /// Drops the first n bytes of the output: they were sent.
  void consume_output(std::size_t n) noexcept { outgoing.consume(n); }

  detail::byte_queue incoming;
  detail::byte_queue outgoing;
  std::size_t limit;
  bool ended = false;  ///< set when the peer sends nothing more: reading ends after what is in `incoming`
};

}  // namespace plugtls
