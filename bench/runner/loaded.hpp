// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <string>
#include <vector>

#include "../product/module.hpp"

namespace bench {

/// A module that was loaded. It stays until the process ends: several copies of a library do not all end well.
struct loaded {
  std::string id;  ///< NAME, or NAME@PREFIX
  std::string path;
  std::string prefix;  ///< where another installation lies; "" for the system's
  const module* table = nullptr;
  memory_function memory = nullptr;  ///< null where it does not count
  std::vector<std::string> files;    ///< of the TLS library, and of what else came with the module

  const side* find(std::string_view name) const;
};

/// Where modules lie: FOLDER, or FOLDER=PREFIX for those over another installation.
struct place {
  std::string folder, prefix;
};

/// What a folder holds: KIND-NAME.so.
std::vector<std::string> names_in(const place& where, std::string_view kind);
std::string path_of(const place& where, std::string_view kind, std::string_view name, std::string_view suffix = ".so");

/// Loads a module into a namespace of its own. Throws std::runtime_error, with a line that says what is wrong.
/// `counts`: with an allocator that counts, lib-counting.so of the same folder.
loaded load(const place& where, std::string_view kind, const std::string& name, bool counts = false);

/// Loads the same module into the process's own namespace, where threads may come and go; one for each process.
loaded load_plainly(const loaded& known);

/// Bytes that a program or shared object takes when it is loaded; 0 where it is none.
std::size_t loaded_size(const std::string& file);

}  // namespace bench
