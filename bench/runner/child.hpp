// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <functional>
#include <stdexcept>

#include "results.hpp"

namespace bench {

/// Why there is no figure: the library does not have what a row asks for.
struct refusal : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// Works in a process of its own, which an interrupt does not end, and gives back its answer. Where it throws, or the
/// process dies: a cell without a figure, that says why.
json in_child(const std::function<json()>& work);

}  // namespace bench
