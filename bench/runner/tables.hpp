// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "../product/module.hpp"

namespace bench {

/// How a time becomes a figure.
enum class unit { per_second, megabytes, microseconds, wall_microseconds, wall_milliseconds, bytes, count };

struct row {
  std::string id, title;
  task what;
  std::optional<unit> figure = {};  ///< where it is not the table's
  const char* side = "plugtls";     ///< of a row that only one side plays
};

struct table {
  std::string id, title, note;
  unit figure;
  std::vector<row> rows;
  bool has_threads = false;  ///< beside the one that measures
};

/// Version, key, group and suite of one row.
struct choice {
  int version = 0x0304;
  bool is_rsa = false;
  int group = 0x1d;
  bool is_chacha = false;
};

/// Backend against backend.
std::vector<table> backend_tables();
/// The same library's cryptography, without a protocol.
table primitive_table();
/// plugtls against other ways to use the library, with the newest version that it has.
table raw_table(int version);
/// The same with two threads, by the clock on the wall.
table thread_table(int version);
/// plugtls against what people use instead.
std::vector<table> peer_tables();
/// What is counted and not timed.
table memory_table();
/// Contexts on the system's trust store.
table context_table();

}  // namespace bench
