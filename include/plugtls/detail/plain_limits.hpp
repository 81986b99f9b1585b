// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstddef>
#include <cstdint>

namespace plugtls::detail {

/// Whether reading and writing are a matter of one call to the library: how many bytes can be read so (any number, or
/// none), and written.
struct plain_limits {
  static constexpr std::uint32_t any = 0xffffffff;
  std::size_t write = 0;
  std::uint32_t read = 0;  // all or none: the lower half of a number that is too large to be held is as good
  // The same where the backend's callbacks are made for no type of port.
  std::uint32_t read_untyped = 0;
  std::size_t write_untyped = 0;
  bool is_state = false;  // whether these belong to an engine's state
};

}  // namespace plugtls::detail
