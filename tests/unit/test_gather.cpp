// SPDX-License-Identifier: BSL-1.0
#include "plugtls/gather.hpp"

#include <string>
#include <vector>

#include "support/catch.hpp"

using namespace plugtls;

namespace {

// The records that pieces make, each of at most so many bytes.
std::vector<std::string> records(const std::vector<const_buffer>& pieces, std::size_t most) {
  std::vector<std::string> out;
  gathered::block room;
  for (gathered rest(pieces); !rest.empty();) {
    const byte_view one = rest.next(room, most);
    out.emplace_back(as_text(one));
    REQUIRE_FALSE(one.empty());
    rest.skip(one.size());
  }
  return out;
}

}  // namespace

TEST_CASE("pieces fill records one after the other") {
  using list = std::vector<std::string>;
  CHECK(records({"ab", "cd", "e"}, 100) == list{"abcde"});
  CHECK(records({"ab", "cd", "e"}, 5) == list{"abcde"});
  CHECK(records({"ab", "cd", "e"}, 4) == list{"abcd", "e"});
  CHECK(records({"ab", "cd", "e"}, 1) == list{"a", "b", "c", "d", "e"});
  CHECK(records({"", "ab", "", "", "c", ""}, 3) == list{"abc"});
  CHECK(records({"", ""}, 3).empty());
  CHECK(records({}, 3).empty());
  CHECK(records({"abcdefg", "h"}, 3) == list{"abc", "def", "gh"});
}

TEST_CASE("a piece that fills a record is not copied") {
  const std::string large(40000, 'x'), small = "small";
  const const_buffer pieces[] = {large, small};
  gathered rest{std::span(pieces)};
  gathered::block room;
  CHECK(rest.size() == 40005);
  CHECK(static_cast<const void*>(rest.next(room, 16384).data()) == large.data());
  rest.skip(16384);
  CHECK(static_cast<const void*>(rest.next(room, 16384).data()) == large.data() + 16384);
  rest.skip(16384);
  const byte_view last = rest.next(room, 16384);
  CHECK(last.data() == room);
  CHECK(last.size() == 40005 - 2 * 16384);
  CHECK(as_text(last).ends_with("small"));
  rest.skip(last.size() - 5);  // the transport took less
  CHECK(as_text(rest.next(room, 16384)) == "small");
  CHECK(static_cast<const void*>(rest.next(room, 16384).data()) == small.data());
  rest.skip(5);
  CHECK(rest.empty());
  CHECK(rest.size() == 0);
  CHECK(rest.next(room, 16384).empty());
  CHECK(gathered(pieces).next(room, 100000).size() == sizeof room);
}
