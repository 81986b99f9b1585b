// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "plugtls/crl_view.hpp"

namespace plugtls::detail {

/// Where the entries of a CRL begin, in the order of their serial numbers. Holds no bytes of the CRL.
class serial_index {
 public:
  serial_index() = default;

  /// Reads the contents of revokedCertificates, which have parsed and are less than 4 GiB.
  explicit serial_index(byte_view entries) {
    der::reader count(entries);
    std::size_t n = 0;
    for (der::element e; count.next(e);) ++n;
    order_.reserve(n);
    bool is_sorted = true;
    der::reader in(entries);
    for (der::element e; !in.at_end();) {
      const auto at = static_cast<std::uint32_t>(entries.size() - in.rest().size());
      if (!in.next(e)) break;
      is_sorted = is_sorted && (order_.empty() || !less(entries, at, order_.back()));
      order_.push_back(at);
    }
    if (!is_sorted) sort(entries);
  }

  std::size_t size() const noexcept { return order_.size(); }

  std::optional<crl_entry> find(byte_view entries, byte_view serial) const noexcept {
    std::size_t low = 0;
    for (std::size_t high = order_.size(); low < high;) {
      const std::size_t middle = low + (high - low) / 2;
      if (precedes(serial_at(entries, order_[middle]), serial))
        low = middle + 1;
      else
        high = middle;
    }
    crl_entry found;
    if (low == order_.size()) return std::nullopt;
    der::reader in(entries.subspan(order_[low]));
    if (!crl_view::read_entry(in, found) || !der::equal(found.serial, serial)) return std::nullopt;
    return found;
  }

 private:
  /// Any order will do that tells serial numbers apart. In the shortest form, this one is numerical where none is
  /// negative, so that lists sorted by their CA need no sorting.
  static bool precedes(byte_view a, byte_view b) noexcept {
    return a.size() != b.size() ? a.size() < b.size() : as_text(a) < as_text(b);
  }
  static byte_view serial_at(byte_view entries, std::uint32_t at) noexcept {
    der::reader in(entries.subspan(at));
    byte_view content;
    byte_view serial;
    if (in.next(der::tag::sequence, content)) static_cast<void>(der::reader(content).next(der::tag::integer, serial));
    return serial;
  }
  static bool less(byte_view entries, std::uint32_t a, std::uint32_t b) noexcept {
    return precedes(serial_at(entries, a), serial_at(entries, b));
  }

  /// Merges runs of doubling length: never more than n log n steps, whatever a hostile list holds. (`<algorithm>` would
  /// cost every includer more than this.)
  void sort(byte_view entries) {
    std::vector<std::uint32_t> merged(order_.size());
    const std::size_t n = order_.size();
    for (std::size_t width = 1; width < n; width *= 2) {
      for (std::size_t begin = 0; begin < n; begin += 2 * width) {
        std::size_t left = begin;
        const std::size_t middle = begin + width < n ? begin + width : n;
        const std::size_t end = middle + width < n ? middle + width : n;
        std::size_t right = middle;
        for (std::size_t out = begin; out < end; ++out) {
          const bool from_right = left == middle || (right < end && less(entries, order_[right], order_[left]));
          merged[out] = from_right ? order_[right++] : order_[left++];
        }
      }
      order_.swap(merged);
    }
  }

  std::vector<std::uint32_t> order_;
};

}  // namespace plugtls::detail
