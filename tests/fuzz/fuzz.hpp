// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string_view>

#include "plugtls/bytes.hpp"

/// A target of libFuzzer: throws nothing, keeps nothing between two inputs.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace plugtls_fuzz {

using namespace plugtls;

inline byte_view bytes_of(const std::uint8_t* data, std::size_t size) {
  return {reinterpret_cast<const std::byte*>(data), size};
}

/// What must hold for every input. The message names it; the fuzzer keeps the input.
inline void require(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "does not hold: %s\n", what);
  std::abort();
}

/// An input cut into parts: each begins with its length in two bytes, cut to what is there.
class parts {
 public:
  explicit parts(byte_view all) : rest_(all) {}
  bool empty() const { return rest_.empty(); }
  unsigned byte() {
    const byte_view one = take(1);
    return one.empty() ? 0 : static_cast<unsigned>(one.front());
  }
  byte_view next() {
    const std::size_t high = byte(), low = byte();
    return take(high << 8 | low);
  }
  std::string_view text() { return as_text(next()); }
  byte_view rest() { return take(rest_.size()); }

 private:
  byte_view take(std::size_t n) {
    n = n < rest_.size() ? n : rest_.size();
    const byte_view head = rest_.first(n);
    rest_ = rest_.subspan(n);
    return head;
  }
  byte_view rest_;
};

}  // namespace plugtls_fuzz
