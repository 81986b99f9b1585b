// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <deque>
#include <string>
#include <vector>

#include "plugtls/certificate_view.hpp"
#include "support/catch.hpp"
#include "support/certificate_maker.hpp"

namespace plugtls_test {

/// Made certificates, whose bytes live as long as this, and their views.
struct made_path {
  made_path() = default;
  template <class Makers>
  explicit made_path(const Makers& makers) {
    for (const certificate_maker& m : makers) add(m);
  }
  made_path(const made_path&) = delete;
  made_path& operator=(const made_path&) = delete;

  const plugtls::certificate_view& add(const certificate_maker& m) {
    plugtls::errc e = plugtls::errc::success;
    const auto view = plugtls::certificate_view::parse(plugtls::as_bytes(ders.emplace_back(m.der())), e);
    REQUIRE(view);
    return views.emplace_back(*view);
  }

  std::deque<std::string> ders;
  std::vector<plugtls::certificate_view> views;
};

}  // namespace plugtls_test
