// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstddef>
#include <string>

#include "conformance.hpp"
#include "plugtls/memory_pipe.hpp"

namespace plugtls_test {

/// How hard a transport is to use: bytes per call, and whether each of them is preceded by a would-block.
struct hardship {
  std::size_t cap;
  bool blocks;
};

inline constexpr hardship hardships[] = {{1, false},    {5, false},     {13, false}, {64, false},
                                         {1024, false}, {16384, false}, {1, true},   {1000, true}};

inline constexpr std::size_t data_sizes[] = {0, 1, 100, 16384, 16385, 100000};

inline std::string all_data(unsigned seed) {
  std::string all;
  for (const std::size_t size : data_sizes) all += pattern(size, seed);
  return all;
}

inline void make_hard(memory_pipe& pipe, hardship h) {
  pipe.max_read(h.cap);
  pipe.max_write(h.cap);
  pipe.would_block_every_other(h.blocks);
  pipe.timeout(std::chrono::seconds(20));
}

}  // namespace plugtls_test
