// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <concepts>
#include <cstddef>
#include <span>
#include <system_error>

#include "plugtls/bytes.hpp"
#include "plugtls/errc.hpp"

namespace plugtls {

/// What a transport must become ready for.
enum class readiness : unsigned char { read, write, signature };

/// The byte pipe below a stream.
///
/// - `read_some(out, ec)` returns how many bytes came, at least 1. Zero without an error is the end of the stream. When
///   nothing is there yet it returns at once with `errc::would_block`; it never waits.
/// - `write_some(in, ec)` returns how many bytes were taken; the same rules. It raises no signal.
/// - `wait(what, ec)` blocks until the transport may be ready, or until its deadline: `errc::timed_out`.
/// - `wait_either(ec)`, where there is one, blocks until it may be ready for either. A blocking stream waits so while
///   it reads and an answer of its own (to a request for a certificate, say) has found no room yet; with a transport
///   that has none such an answer leaves with the next write.
/// - Any other error is final and is kept as it is: `error_info` holds its value and text.
template <class T>
concept Transport = requires(T& t, std::span<std::byte> out, byte_view in, readiness what, std::error_code& ec) {
  { t.read_some(out, ec) } -> std::same_as<std::size_t>;
  { t.write_some(in, ec) } -> std::same_as<std::size_t>;
  { t.wait(what, ec) } -> std::same_as<void>;
};

enum class io_status : unsigned char { ok, would_block, end, error };

/// Outcome of one read or write of ciphertext: `bytes` are valid with `ok` only.
struct io_result {
  std::size_t bytes = 0;
  io_status status = io_status::ok;
};

/// Where an engine gets and puts ciphertext during one call: two functions, neither of which may wait or throw.
///
/// A stream binds one to its transport; a program without I/O of its own binds one to its buffers (`buffer_port`). The
/// port is used during the call it is passed to and not kept.
struct port {
  io_result (*read)(port&, std::byte*, std::size_t) noexcept = nullptr;
  io_result (*write)(port&, const std::byte*, std::size_t) noexcept = nullptr;
  std::error_code error;  ///< set by the functions when they return `io_status::error`
};

/// A port over a transport.
template <Transport T>
struct transport_port : port {
  explicit transport_port(T& t) noexcept : transport(&t) {
    read = [](port& self, std::byte* data, std::size_t size) noexcept -> io_result {
      auto& p = static_cast<transport_port&>(self);
      std::error_code ec;
      const std::size_t n = p.transport->read_some(std::span(data, size), ec);
      if (ec) return p.classify(ec);
      return {n, n == 0 ? io_status::end : io_status::ok};
    };
    write = [](port& self, const std::byte* data, std::size_t size) noexcept -> io_result {
      auto& p = static_cast<transport_port&>(self);
      std::error_code ec;
      const std::size_t n = p.transport->write_some(byte_view(data, size), ec);
      // A transport that takes nothing and does not say why would be asked for ever.
      if (!ec && n == 0) ec = errc::io_error;
      if (ec) return p.classify(ec);
      return {n, io_status::ok};
    };
  }
  T* transport;

 private:
  io_result classify(const std::error_code& ec) noexcept {
    if (ec == errc::would_block) return {0, io_status::would_block};
    error = ec;
    return {0, io_status::error};
  }
};

}  // namespace plugtls
