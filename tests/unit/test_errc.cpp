// SPDX-License-Identifier: BSL-1.0
#include "plugtls/errc.hpp"

#include <set>
#include <string>

#include "support/catch.hpp"

using plugtls::errc;

TEST_CASE("every condition has a name and a sentence of its own") {
  std::set<std::string_view> names;
  std::set<std::string_view> sentences;
  const int last = static_cast<int>(errc::out_of_memory);
  for (int value = 0; value <= last; ++value) {
    const auto condition = static_cast<errc>(value);
    CHECK(names.insert(plugtls::name(condition)).second);
    CHECK(sentences.insert(plugtls::describe(condition)).second);
    CHECK(plugtls::describe(condition) != "unknown error");
  }
  CHECK(plugtls::name(static_cast<errc>(last + 1)) == "unknown");
  CHECK(plugtls::name(static_cast<errc>(-1)) == "unknown");
}

TEST_CASE("a condition is an error code of plugtls's category") {
  const std::error_code code = errc::truncated;
  CHECK(code == errc::truncated);
  CHECK(code != errc::closed);
  CHECK(std::string(code.category().name()) == "plugtls");
  CHECK(code.message().starts_with("truncated: "));
  CHECK_FALSE(std::error_code(errc::success));
}
