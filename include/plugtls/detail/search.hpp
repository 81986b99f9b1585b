// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

/// The little that is needed of <algorithm>, which is a ninth of all that a program would include for it.
namespace plugtls::detail {

/// A number as 32 bits hold it; the largest of those for larger ones.
constexpr std::uint32_t capped(std::uint64_t n) noexcept {
  return n < 0xffffffff ? static_cast<std::uint32_t>(n) : 0xffffffff;
}

template <class List, class T>
constexpr bool contains(const List& list, const T& value) {
  for (const auto& one : list)
    if (one == value) return true;
  return false;
}

/// The first place in a sorted list that is not before the value. `is_before(element, value)`.
template <class T, class Value, class Before>
std::size_t place_in(const std::vector<T>& sorted, const Value& value, const Before& is_before) {
  std::size_t begin = 0, size = sorted.size();
  while (size != 0) {
    const std::size_t half = size / 2;
    const bool is_later = is_before(sorted[begin + half], value);
    if (is_later) begin += half + 1;
    size = is_later ? size - half - 1 : half;
  }
  return begin;
}

}  // namespace plugtls::detail
