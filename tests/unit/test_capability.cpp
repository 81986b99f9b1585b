// SPDX-License-Identifier: BSL-1.0
#include "plugtls/capability.hpp"

#include <set>
#include <string>

#include "null_backend.hpp"
#include "support/catch.hpp"

using namespace plugtls;
using namespace plugtls_test;

TEST_CASE("every capability has a name of its own, and a place of its own in a set") {
  std::set<std::string> names;
  for (const capability c : all_capabilities) {
    CHECK_FALSE(name(c).empty());
    names.emplace(name(c));
    capability_set only;
    CHECK(only == capability_set{});
    only.add(c);
    for (const capability other : all_capabilities) CHECK(only.has(other) == (other == c));
    only.add(c);
    CHECK(only == capability_set{c});
  }
  CHECK(names.size() == std::size(all_capabilities));
  capability_set none;
  none.add(capability::tls1_3, false);
  CHECK(none == capability_set{});
}

TEST_CASE("capabilities are known at compile time") {
  static_assert(has<null_backend, capability::tls1_3>);
  static_assert(!has<null12_backend, capability::tls1_3>);
  static_assert(!has<null_backend, capability::tls1_3, capability::ed25519>);
  static_assert(has<null_backend>);
  require<null_backend, capability::tls1_3>();
  require<null12_backend>();
  CHECK(true);
}
