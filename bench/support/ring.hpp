// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstddef>
#include <cstring>

namespace bench {

/// Bytes from one end to the other in memory, as cheap as it gets: both sides of a comparison run over it.
struct ring {
  std::size_t read(void* out, std::size_t n) noexcept {
    if (n > end - begin) n = end - begin;
    if (n == 0) return 0;
    asm("" : "+r"(n));  // whoever reads into a small buffer gets the same machine code for this: a call of memcpy
    std::memcpy(out, data + begin, n);
    begin += n;
    if (begin == end) begin = end = 0;
    return n;
  }
  std::size_t write(const void* in, std::size_t n) noexcept {
    if (n > sizeof data - end) n = sizeof data - end;
    std::memcpy(data + end, in, n);
    end += n;
    return n;
  }
  std::size_t begin = 0;
  std::size_t end = 0;
  unsigned char data[1 << 20];
};

/// One end of two rings. Reading gives 0 where nothing is there.
struct ring_end {
  static constexpr bool can_be_full = false;  // it has room for all that is measured
  std::size_t read(void* to, std::size_t n) noexcept { return in->read(to, n); }
  std::size_t write(const void* from, std::size_t n) noexcept { return out->write(from, n); }
  ring* in;
  ring* out;
};

/// Two rings: what the client sends, and what the server sends.
struct link {
  ring_end client() noexcept { return {&to_client, &to_server}; }
  ring_end server() noexcept { return {&to_server, &to_client}; }
  ring to_server, to_client;
};

}  // namespace bench
