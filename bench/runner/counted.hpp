// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "results.hpp"

namespace bench {

/// Measures in a process of its own, which loads a fresh copy of the module: what is counted, and what happens once
/// in a process. What it cannot do, and how it ended, stands in the cell.

/// Heap or allocations of one row, as the module that counts tells.
json count_in_child(const place& where, const std::string& name, const row& r);
/// Microseconds of the first context of a process (`times` processes), or of later ones.
json context_in_child(const place& where, const std::string& name, bool is_first, int times);

}  // namespace bench
