// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <concepts>
#include <cstddef>
#include <span>
#include <system_error>
#include <type_traits>
#include <utility>

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
/// - `read_some(out, beyond, ec)`, where there is one, fills `out` first and puts what has come besides into `beyond`,
/// by
///   one call of the system for both, and returns the sum.
/// - `more(follows)`, where there is one, is told before a write whether another one follows at once.
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

/// Where an engine gets and puts ciphertext during one call: functions that neither wait nor throw.
///
/// A stream binds one to its transport; a program without I/O of its own binds one to its buffers (`buffer_port`). The
/// port is used during the call it is passed to and not kept.
struct port {
  io_result (*read)(port&, std::byte*, std::size_t) noexcept = nullptr;
  io_result (*write)(port&, const std::byte*, std::size_t) noexcept = nullptr;
  /// Reads until `out` is full, and what there is beyond that into `beyond`, in one go; null where that cannot be done.
  io_result (*read_both)(port&, std::span<std::byte> out, std::span<std::byte> beyond) noexcept = nullptr;
  std::error_code error;  ///< set by the functions when they return `io_status::error`, and taken by the engine
};

namespace detail {
/// The functions of a port over a transport. `Self` derives from this and has the transport as `layer()`.
template <class Self>
struct transport_functions : port {
  using static_type = Self;

  transport_functions() noexcept {
    read = [](port& self, std::byte* data, std::size_t size) noexcept -> io_result {
      auto& p = static_cast<Self&>(self);
      const std::size_t n = p.get(data, size);
      return {n, n != 0 ? io_status::ok : p.meant_by_nothing(io_status::end)};
    };
    write = [](port& self, const std::byte* data, std::size_t size) noexcept -> io_result {
      auto& p = static_cast<Self&>(self);
      const std::size_t n = p.put(data, size);
      return {n, n != 0 ? io_status::ok : p.meant_by_nothing(io_status::ok)};
    };
    using layer_type = std::remove_reference_t<decltype(std::declval<Self&>().layer())>;
    if constexpr (requires(layer_type & t, std::span<std::byte> s, std::error_code & ec) { t.read_some(s, s, ec); })
      read_both = [](port& self, std::span<std::byte> out, std::span<std::byte> beyond) noexcept -> io_result {
        auto& p = static_cast<Self&>(self);
        return p.got(p.layer().read_some(out, beyond, p.error));
      };
  }

  // The same for who knows the type: how much has passed, and what it means where that is less than was needed.
  [[gnu::always_inline]] std::size_t get(std::byte* data, std::size_t size) noexcept {
    return static_cast<Self*>(this)->layer().read_some(std::span(data, size), error);
  }
  [[gnu::always_inline]] std::size_t put(const std::byte* data, std::size_t size) noexcept {
    return static_cast<Self*>(this)->layer().write_some(byte_view(data, size), error);
  }
  io_result meant_by_put(std::size_t n) noexcept { return error ? stopped() : io_result{n, io_status::ok}; }
  io_result got(std::size_t n) noexcept {
    if (error) [[unlikely]]
      return stopped();
    return {n, n == 0 ? io_status::end : io_status::ok};
  }

 private:
  [[gnu::noinline]] io_status meant_by_nothing(io_status without_error) noexcept {
    return error ? stopped().status : without_error;
  }

  // To make an error_code, or to clear one, costs a call: the one that is there serves every time.
  io_result stopped() noexcept {
    if (error.value() != static_cast<int>(errc::would_block) || error.category() != plugtls::tls_category())
      return {0, io_status::error};
    error.assign(0, plugtls::tls_category());
    return {0, io_status::would_block};
  }
};

/// A port whose functions can be called without their pointers.
template <class P>
concept static_port = std::derived_from<P, port> && std::same_as<typename P::static_type, P>;
}  // namespace detail

/// A port over a transport, which must outlive it. Engines call the transport itself where they are given one of these
/// as what it is: whoever changes its functions passes it on as `port&`.
template <Transport T>
struct transport_port : detail::transport_functions<transport_port<T>> {
  explicit transport_port(T& t) noexcept : transport(&t) {}
  T& layer() noexcept { return *transport; }
  T* transport;
};

}  // namespace plugtls
