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
    std::size_t n = 0;
    der::reader count(entries);
    for (der::element e; count.next(e);) ++n;
    order_.reserve(n);
    bool is_sorted = true;
    byte_view before;
    der::reader in(entries);
    while (!in.at_end()) {
      const auto at = static_cast<std::uint32_t>(entries.size() - in.rest().size());
      const byte_view serial = take_serial(in);
      if (serial.empty()) break;
      is_sorted = is_sorted && !precedes(serial, before);
      before = serial;
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
  static byte_view take_serial(der::reader& in) noexcept {
    byte_view content;
    byte_view serial;
    if (in.next(der::tag::sequence, content)) static_cast<void>(der::reader(content).next(der::tag::integer, serial));
    return serial;
  }
  static byte_view serial_at(byte_view entries, std::uint32_t at) noexcept {
    der::reader in(entries.subspan(at));
    return take_serial(in);
  }

  /// What is sorted: the first bytes of a serial number mostly tell it apart, without a look into the CRL.
  struct item {
    std::uint64_t first = 0;
    std::uint32_t size = 0;
    std::uint32_t at = 0;
  };
  static item make_item(byte_view entries, std::uint32_t at) noexcept {
    const byte_view serial = serial_at(entries, at);
    item out{0, static_cast<std::uint32_t>(serial.size()), at};
    for (std::size_t i = 0; i < 8; ++i)
      out.first = out.first << 8 | (i < serial.size() ? std::to_integer<std::uint64_t>(serial[i]) : 0);
    return out;
  }
  static bool less(byte_view entries, const item& a, const item& b) noexcept {
    if (a.size != b.size) return a.size < b.size;
    if (a.first != b.first || a.size <= 8) return a.first < b.first;
    return precedes(serial_at(entries, a.at), serial_at(entries, b.at));
  }

  /// Merges runs of doubling length: never more than n log n steps, whatever a hostile list holds. (`<algorithm>` would
  /// cost every includer more than this.)
  void sort(byte_view entries) {
    const std::size_t n = order_.size();
    std::vector<item> items, merged(n);
    items.reserve(n);
    for (const std::uint32_t at : order_) items.push_back(make_item(entries, at));
    for (std::size_t width = 1; width < n; width *= 2) {
      for (std::size_t begin = 0; begin < n; begin += 2 * width) {
        std::size_t left = begin;
        const std::size_t middle = begin + width < n ? begin + width : n;
        const std::size_t end = middle + width < n ? middle + width : n;
        std::size_t right = middle;
        for (std::size_t out = begin; out < end; ++out) {
          const bool from_right = left == middle || (right < end && less(entries, items[right], items[left]));
          merged[out] = from_right ? items[right++] : items[left++];
        }
      }
      items.swap(merged);
    }
    for (std::size_t i = 0; i < n; ++i) order_[i] = items[i].at;
  }

  std::vector<std::uint32_t> order_;
};

}  // namespace plugtls::detail
