// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <new>
#include <string>
#include <utility>

#include "plugtls/buffer_port.hpp"
#include "plugtls/engine.hpp"
#include "support/print.hpp"

namespace plugtls_test {

/// Bytes without any period that a lost, doubled or swapped block could hide in.
inline std::string pattern(std::size_t size, unsigned seed = 1) {
  std::string s(size, '\0');
  std::uint32_t x = seed * 2654435761U + 1;
  for (char& c : s) {
    x = x * 1664525U + 1013904223U;
    c = static_cast<char>(x >> 24);
  }
  return s;
}

/// One engine as a program without I/O of its own drives it: a port over buffers, what it has to send, what came.
template <class E>
struct endpoint {
  explicit endpoint(E e, std::size_t max_output = std::size_t{1} << 20) : engine(std::move(e)), port(max_output) {}

  E engine;
  plugtls::buffer_port port;
  std::string outgoing;  ///< what the application wants to send
  std::size_t sent = 0;
  std::string incoming;     ///< what the application received
  bool reading = true;      ///< whether the application reads at all
  bool shuts_down = false;  ///< sends close_notify when everything is sent
  bool shut = false;
  plugtls::errc handshake_error = plugtls::errc::success;
  plugtls::errc read_error = plugtls::errc::success;
  plugtls::errc write_error = plugtls::errc::success;
  std::string tap;  ///< ciphertext that left this end

  bool up() const { return engine.established(); }

  /// Takes in what a peer that is no engine has sent, and gives the answer.
  std::string answer(const std::string& from_peer) {
    if (!port.feed(plugtls::as_bytes(from_peer))) throw std::bad_alloc();
    step();
    const std::string out(plugtls::as_text(port.output()));
    port.consume_output(out.size());
    return out;
  }

  /// Does what can be done without the peer; true when something was.
  bool step() {
    using plugtls::engine_status;
    if (handshake_error != plugtls::errc::success) return flush();
    if (!up() && read_error == plugtls::errc::success) {
      const plugtls::engine_result r = engine.handshake(port);
      if (r.status == engine_status::failed) handshake_error = r.error;
      if (r.status != engine_status::done) return false;
    }
    bool moved = write();
    if (sent == outgoing.size() && shuts_down && !shut) {
      const plugtls::engine_result r = engine.shutdown(port);
      shut = r.status == engine_status::done;
      moved = moved || shut;
    }
    return read() || moved;
  }

  bool write() {
    bool moved = false;
    while (sent < outgoing.size() && write_error == plugtls::errc::success) {
      const plugtls::engine_result r =
          engine.write_some(port, reinterpret_cast<const std::byte*>(outgoing.data()) + sent, outgoing.size() - sent);
      if (r.status == plugtls::engine_status::failed) write_error = r.error;
      if (r.status != plugtls::engine_status::done) return moved;
      sent += r.bytes;
      moved = true;
    }
    return flush() || moved;
  }

  bool read() {
    bool moved = false;
    std::byte block[4096];
    while (reading && read_error == plugtls::errc::success) {
      const plugtls::engine_result r = engine.read_some(port, block, sizeof block);
      if (r.status == plugtls::engine_status::failed) read_error = r.error;
      if (r.status != plugtls::engine_status::done) break;
      incoming.append(reinterpret_cast<const char*>(block), r.bytes);
      moved = true;
    }
    return moved;
  }

  bool flush() {
    const bool had = engine.has_output();
    engine.flush(port);
    return had && !engine.has_output();
  }
};

/// Carries up to `cap` bytes of ciphertext from one end to the other; returns how many.
template <class A, class B>
std::size_t carry(A& from, B& to, std::size_t cap = std::size_t{1} << 20) {
  const plugtls::byte_view out = from.port.output();
  const plugtls::byte_view part = out.first(std::min(cap, out.size()));
  from.tap.append(plugtls::as_text(part));
  const bool fed = to.port.feed(part);
  from.port.consume_output(fed ? part.size() : 0);
  return fed ? part.size() : 0;
}

/// Drives both ends until nothing moves any more; false when that does not happen.
template <class A, class B>
bool pump(A& a, B& b, std::size_t cap = std::size_t{1} << 20) {
  int idle = 0;
  for (int rounds = 0; rounds < 2000000; ++rounds) {
    bool moved = a.step();
    moved = carry(a, b, cap) != 0 || moved;
    moved = b.step() || moved;
    moved = carry(b, a, cap) != 0 || moved;
    idle = moved ? 0 : idle + 1;
    if (idle == 3) return true;
  }
  return false;
}

/// Ends the connection from `from` to `to`, without a word.
template <class A, class B>
void cut(A& from, B& to) {
  carry(from, to);
  to.port.ended = true;
}

}  // namespace plugtls_test
