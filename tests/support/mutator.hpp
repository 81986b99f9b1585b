// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace plugtls_test {

/// One element of DER as a tree that can be changed and written again, with lengths that fit. The contents of strings
/// of octets and bits are taken apart too where they are one element themselves. Knows nothing of the code under test.
struct der_node {
  unsigned char tag = 0;
  std::vector<der_node> children;
  std::string value;          ///< of an element without children; in front of the child of a BIT STRING
  bool wasteful = false;      ///< write the length in one byte more than needed
  std::string trailing = {};  /// bytes after the element that belong to nothing

  static std::optional<der_node> read(std::string_view& in, int depth = 0) {
    const auto at = [&in](std::size_t i) { return static_cast<unsigned char>(in[i]); };
    if (in.size() < 2 || depth > 40) return std::nullopt;
    std::size_t length = at(1), header = 2;
    if (length >= 0x80) {
      const std::size_t count = length & 0x7f;
      if (count == 0 || count > 3 || in.size() < 2 + count) return std::nullopt;
      length = 0;
      for (std::size_t i = 0; i < count; ++i) length = length << 8 | at(2 + i);
      header += count;
    }
    if (in.size() - header < length) return std::nullopt;
    der_node out;
    out.tag = at(0);
    std::string_view content = in.substr(header, length);
    in.remove_prefix(header + length);
    if (out.tag == 0x03 && !content.empty() && content[0] == 0) {
      out.value = content.substr(0, 1);
      if (out.take_children(content.substr(1), depth, 1)) return out;
    }
    const bool is_constructed = (out.tag & 0x20U) != 0;
    if ((is_constructed || out.tag == 0x04) && out.take_children(content, depth, is_constructed ? 1000 : 1)) return out;
    out.value = content;
    return out;
  }

  std::string write() const {
    std::string content = value;
    for (const der_node& child : children) content += child.write();
    std::string length;
    for (std::size_t n = content.size(); n != 0 || length.empty(); n >>= 8)
      length.insert(length.begin(), static_cast<char>(static_cast<unsigned char>(n & 0xff)));
    if (content.size() < 0x80 && !wasteful) return std::string(1, static_cast<char>(tag)) + length + content + trailing;
    if (wasteful && content.size() >= 0x80) length.insert(length.begin(), '\0');
    return std::string(1, static_cast<char>(tag)) +
           static_cast<char>(static_cast<unsigned char>(0x80U | length.size())) + length + content + trailing;
  }

  /// All elements below, with the lists they stand in.
  void collect(std::vector<std::pair<std::vector<der_node>*, std::size_t>>& out) {
    for (std::size_t i = 0; i < children.size(); ++i) {
      out.emplace_back(&children, i);
      children[i].collect(out);
    }
  }

 private:
  bool take_children(std::string_view content, int depth, std::size_t most) {
    while (!content.empty()) {
      auto child = children.size() < most ? read(content, depth + 1) : std::nullopt;
      if (!child) {
        children.clear();
        return false;
      }
      children.push_back(*std::move(child));
    }
    return !children.empty();
  }
};

/// Changes certificates at random, the same way for the same seed.
class mutator {
 public:
  explicit mutator(std::uint64_t seed) : state_(seed * 0x9e3779b97f4a7c15U + 1) {}

  std::size_t below(std::size_t n) {
    state_ ^= state_ << 13;
    state_ ^= state_ >> 7;
    state_ ^= state_ << 17;
    return static_cast<std::size_t>(state_ >> 11) % n;
  }

  /// Changes one thing below `root`, and tells what.
  std::string change(der_node& root) {
    std::vector<std::pair<std::vector<der_node>*, std::size_t>> all;
    root.collect(all);
    if (all.empty()) return "nothing";
    const auto [list, i] = all[below(all.size())];
    der_node& n = (*list)[i];
    const std::string where = "element " + std::to_string(n.tag) + " of " + std::to_string(n.value.size()) + " bytes: ";
    const std::size_t what = below(13);
    if (what < 4 && n.value.empty()) return drop(*list, i), where + "dropped";
    switch (what) {
      case 0: return n.value[below(n.value.size())] ^= static_cast<char>(1U << below(8)), where + "one bit flipped";
      case 1: return n.value[below(n.value.size())] = special(), where + "one byte replaced";
      case 2: return n.value.pop_back(), where + "a byte less";
      case 3: return n.value.insert(below(n.value.size() + 1), 1, special()), where + "a byte more";
      case 4: return drop(*list, i), where + "dropped";
      case 5: return list->insert(list->begin() + static_cast<long>(i), der_node(n)), where + "repeated";
      case 6: return std::swap(n, (*list)[below(list->size())]), where + "swapped with a neighbour";
      case 7: return n.tag = other_tag(), where + "another tag";
      case 8: return n.tag ^= static_cast<unsigned char>(1U << below(8)), where + "a bit of the tag flipped";
      case 9: return n.wasteful = true, where + "a longer length";
      case 10: return n.trailing = std::string(1, special()), where + "a byte after it";
      case 11: return n.children.clear(), n.value.clear(), where + "emptied";
      default: {
        const auto [other, k] = all[below(all.size())];
        const der_node copy = (*other)[k];
        return n = copy, where + "replaced by another element";
      }
    }
  }

 private:
  static void drop(std::vector<der_node>& list, std::size_t i) { list.erase(list.begin() + static_cast<long>(i)); }
  char special() {
    static constexpr std::array<unsigned char, 8> bytes = {0x00, 0xff, 0x80, 0x7f, 0x01, 0x2a, 0x2e, 0xc3};
    return static_cast<char>(bytes[below(bytes.size())]);
  }
  unsigned char other_tag() {
    static constexpr std::array<unsigned char, 20> tags = {0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x0c, 0x13, 0x14, 0x16,
                                                           0x17, 0x18, 0x1e, 0x30, 0x31, 0x80, 0x82, 0x87, 0xa0, 0xa4};
    return tags[below(tags.size())];
  }

  std::uint64_t state_;
};

}  // namespace plugtls_test
