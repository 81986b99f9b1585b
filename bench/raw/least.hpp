// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstdint>
#include <system_error>

#include "../support/give_up.hpp"
#include "../support/ring.hpp"

namespace bench::raw {

/// The transport's part of `least`.
struct least_transport {
  static constexpr bool can_be_full = false;
  std::size_t read(void* to, std::size_t n) noexcept { return port->read(to, n); }
  std::size_t write(const void* from, std::size_t n) {
    ciphertext += n;
    const std::size_t done = port->write(from, n);
    if (done != n) [[unlikely]]
      give_up("keeping what the transport refuses");
    return done;
  }
  ring_end* port = nullptr;
  std::uint64_t ciphertext = 0;
};

/// The bare library, and of what `basic_engine::write_some` or `stream::write_some` promises only what each call has to
/// look at or to count, each in the fewest steps that are known: the port that comes with a call, and its type (an
/// engine's); a record at most, and at least a byte, on a connection on which nothing is out of the ordinary; what
/// `statistics()` tells; whether the transport has taken all; the caller's error_code (a stream's). What follows where
/// one of these is not so, is left out: nobody can use this. It shows what no interface with these promises can go
/// below that makes the same calls as `Bare`. (OpenSSL has others, which cost less: `SSL_write_ex`.)
template <template <class> class Bare, bool is_stream>
class least : public Bare<least_transport> {
  using base = Bare<least_transport>;

 public:
  template <class Context>
  least(const Context& c, ring_end end) : base(c, least_transport()), end_(end) {
    base::below().port = &end_;
  }

  [[gnu::always_inline]] std::size_t write(const void* data, std::size_t n) {
    if (n - 1 >= most_) [[unlikely]]
      give_up("writing otherwise");
    if constexpr (!is_stream) {
      if (type_ != &type_of<ring_end>) [[unlikely]]
        give_up("writing to a port of another type");
      base::below().port = &end_;
    }
    ++records_;
    plaintext_ += n;
    const std::size_t done = base::write(data, n);
    if constexpr (is_stream)
      if (error) [[unlikely]]
        error.clear();
    return done;
  }

 private:
  template <class Port>
  static inline char type_of = 0;
  static inline std::error_code error;  // the caller's

  std::size_t most_ = 16384;
  const void* type_ = &type_of<ring_end>;
  std::uint64_t records_ = 0, plaintext_ = 0;
  ring_end end_;
};

}  // namespace bench::raw
