// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstddef>
#include <cstring>

namespace bench {

/// A transport as an expert uses it below a TLS library that asks for small pieces, a record's header and then the
/// rest: what is asked for so is read ahead.
template <class End>
struct reading_ahead : End {
  template <class From>
  explicit reading_ahead(From below) noexcept : End{below} {}

  std::size_t read(void* to, std::size_t n) noexcept {
    if (begin == end) {
      if (n >= sizeof ahead) return End::read(to, n);
      begin = 0;
      end = End::read(ahead, sizeof ahead);
    }
    if (n > end - begin) n = end - begin;
    std::memcpy(to, ahead + begin, n);
    begin += n;
    return n;
  }

  std::size_t begin = 0;
  std::size_t end = 0;
  unsigned char ahead[4096];
};

}  // namespace bench
