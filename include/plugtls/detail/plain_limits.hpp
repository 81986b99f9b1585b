// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstddef>
#include <cstdint>

namespace plugtls::detail {

/// Whether reading and writing are a matter of one call to the library: how many bytes can be read so (`max_read` or
/// none), and written.
struct plain_limits {
  /// How much one read asks for at most: many libraries take an int. What is compared with it may be the lower half of
  /// a larger number, which an int holds as well.
  static constexpr std::uint32_t max_read = 0x7fffffff;

  std::size_t write = 0;
  std::uint32_t read = 0;
  // The same where the backend's callbacks are made for no type of port.
  std::uint32_t read_untyped = 0;
  std::size_t write_untyped = 0;
  bool is_state = false;  // whether these belong to an engine's state
};

}  // namespace plugtls::detail
