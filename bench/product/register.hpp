// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <initializer_list>
#include <vector>

#include "side.hpp"

namespace bench {

/// What the files of a module put in before main, or before dlmopen returns.
struct contents {
  std::vector<fact> facts;
  std::vector<side> sides;
};
contents& in_this_module();

inline bool add_side(const side& s) {
  in_this_module().sides.push_back(s);
  return true;
}

/// Facts of the library's build; texts that last.
inline bool add_facts(std::initializer_list<fact> facts) {
  in_this_module().facts = facts;
  return true;
}

}  // namespace bench
