// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <vector>

#include "plugtls/errc.hpp"

namespace plugtls {

/// One thing that is wrong with a chain, and at which certificate: depth 0 is the leaf, 1 its issuer, and so on.
struct problem {
  errc what = errc::success;
  int depth = 0;
  friend bool operator==(const problem&, const problem&) = default;
};

using problem_list = std::vector<problem>;

/// Adds a problem unless it is listed already.
inline void add_problem(problem_list& problems, errc what, int depth) {
  for (const problem& p : problems)
    if (p.what == what && p.depth == depth) return;
  problems.push_back({what, depth});
}

/// Returns the condition that leads: the one that stands first in `errc`, `errc::success` for an empty list.
inline errc leading(const problem_list& problems) noexcept;

namespace detail {
/// Returns where the problem that leads stands in the list; the first of several that are alike.
inline std::size_t leading_index(const problem_list& problems) noexcept {
  std::size_t first = 0;
  for (std::size_t i = 1; i < problems.size(); ++i)
    if (problems[i].what < problems[first].what) first = i;
  return first;
}
}  // namespace detail

inline errc leading(const problem_list& problems) noexcept {
  return problems.empty() ? errc::success : problems[detail::leading_index(problems)].what;
}

}  // namespace plugtls
