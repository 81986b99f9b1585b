// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "plugtls/bytes.hpp"
#include "plugtls/certificate.hpp"
#include "plugtls/detail/der.hpp"

namespace plugtls::detail {

[[gnu::cold]] inline std::vector<certificate_view> views_of(const std::vector<certificate>& certificates) {
  std::vector<certificate_view> views;
  views.reserve(certificates.size());
  for (const certificate& c : certificates) views.push_back(c.view());
  return views;
}

/// What a path can be made of: what was presented, and the anchors. Refers to both.
class held_certificates {
 public:
  using list = std::vector<certificate>;

  held_certificates(const list& presented, const list& anchors) noexcept : presented_(presented), anchors_(anchors) {}

  [[gnu::cold]] const certificate* find(byte_view bytes) const noexcept {
    for (const list* held : {&presented_, &anchors_})
      for (const certificate& c : *held)
        if (der::equal(c.der(), bytes)) return &c;
    return nullptr;
  }

  /// Finds all of a path that a library tells; false where it has one from elsewhere.
  [[gnu::cold]] bool collect(std::span<const byte_view> ders, list& out) const {
    out.reserve(ders.size());
    for (const byte_view der : ders)
      if (const certificate* c = find(der)) out.push_back(*c);
    return out.size() == ders.size();
  }

  /// Cuts a path where it first reaches an anchor; libraries differ in whether they go on. False where it reaches none.
  [[gnu::cold]] bool end_at_anchor(list& path) const {
    for (std::size_t i = 0; i < path.size(); ++i) {
      if (!is_anchor(path[i])) continue;
      path.erase(path.begin() + static_cast<std::ptrdiff_t>(i) + 1, path.end());
      return true;
    }
    path.clear();
    return false;
  }

  /// Whether there are other certificates of an issuer's name, so that the library had a choice.
  [[gnu::cold]] bool has_other_issuers(const list& path) const noexcept {
    for (std::size_t i = 1; i < path.size(); ++i) {
      const byte_view name = path[i - 1].issuer().raw();
      for (const list* held : {&anchors_, &presented_})
        for (const certificate& c : *held)
          if (der::equal(c.subject().raw(), name) && !(c == path[i])) return true;
    }
    return false;
  }

 private:
  [[gnu::cold]] bool is_anchor(const certificate& c) const noexcept {
    for (const certificate& anchor : anchors_)
      if (anchor == c) return true;
    return false;
  }

  const list& presented_;
  const list& anchors_;
};

}  // namespace plugtls::detail
