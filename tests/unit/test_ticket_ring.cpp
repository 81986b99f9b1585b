// SPDX-License-Identifier: BSL-1.0
#include "plugtls/detail/ticket_ring.hpp"

#include <string>

#include "support/catch.hpp"

using namespace plugtls;
using namespace plugtls::detail;

namespace {

unix_time moment = 1'800'000'000;

// Another value for each call.
bool fill(std::span<std::byte> room) {
  static unsigned char next = 0;
  ++next;
  for (std::byte& b : room) b = std::byte{next};
  return true;
}

std::string all_of(const ticket_key& key) {
  return std::string(as_text(key.name)) + std::string(as_text(key.encryption)) +
         std::string(as_text(key.authentication));
}

std::string sealed(ticket_ring& ring, const ticket_scope& scope) {
  ticket_key key;
  REQUIRE(ring.seal(scope, fill, key));
  return all_of(key);
}

ticket_find opened(ticket_ring& ring, const ticket_scope& scope, const std::string& sealed_key, std::string& out) {
  ticket_key key;
  const ticket_find found = ring.open(scope, as_bytes(std::string_view(sealed_key)).first(key.name.size()), key);
  out = all_of(key);
  return found;
}

}  // namespace

TEST_CASE("ticket ring: a key that is kept is the one that would be derived, scope by scope") {
  ticket_ring one(3600, 3600, [] { return moment; });
  const sha256_digest policy = sha256(as_bytes("one")), other_policy = sha256(as_bytes("other"));
  const std::string longest(255, 'a'), too_long(256, 'a');
  // More scopes than there is room for, so that each is derived anew the second time, and found the third.
  const ticket_scope scopes[] = {{policy, ""},          {policy, "a.example"},       {policy, "a.exampl"},
                                 {policy, "b.example"}, {other_policy, "a.example"}, {policy, longest},
                                 {policy, too_long},    {other_policy, ""}};
  std::vector<std::string> first;
  for (const ticket_scope& s : scopes) first.push_back(sealed(one, s));
  for (std::size_t i = 0; i < first.size(); ++i)
    for (std::size_t k = 0; k < i; ++k) CHECK(first[i] != first[k]);
  for (std::size_t i = 0; i < first.size(); ++i) {
    std::string found;
    CHECK(sealed(one, scopes[i]) == first[i]);
    CHECK(sealed(one, scopes[i]) == first[i]);
    CHECK(opened(one, scopes[i], first[i], found) == ticket_find::newest);
    CHECK(found == first[i]);
    CHECK(opened(one, scopes[i], first[(i + 1) % first.size()], found) == ticket_find::unknown);
  }
}

TEST_CASE("ticket ring: what was derived from a secret goes when the secrets change") {
  ticket_ring ring(3600, 3600, [] { return moment; });
  const sha256_digest policy = sha256(as_bytes("one"));
  const ticket_scope scope{policy, "a.example"};
  const std::string first = sealed(ring, scope);
  ring.rotate();
  const std::string second = sealed(ring, scope);
  CHECK(second != first);
  std::string found;
  CHECK(opened(ring, scope, first, found) == ticket_find::old);
  CHECK(found == first);
  CHECK(opened(ring, scope, second, found) == ticket_find::newest);
  CHECK(found == second);
  moment += 3601;  // the first is forgotten, and a third is due
  CHECK(opened(ring, scope, first, found) == ticket_find::unknown);
  const std::string third = sealed(ring, scope);
  CHECK(third != second);
  CHECK(sealed(ring, scope) == third);
  CHECK(opened(ring, scope, second, found) == ticket_find::old);
  CHECK(found == second);
}
