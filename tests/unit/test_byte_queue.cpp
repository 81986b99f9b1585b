// SPDX-License-Identifier: BSL-1.0
#include "plugtls/detail/byte_queue.hpp"

#include <string>

#include "support/catch.hpp"
#include "support/drive.hpp"

using namespace plugtls;
using plugtls::detail::byte_queue;

static bool append(byte_queue& q, std::string_view text) { return q.append(as_bytes(text).data(), text.size()); }

TEST_CASE("a byte queue gives back what it got, in order, from any pattern of calls") {
  const std::string all = plugtls_test::pattern(200000);
  for (const std::size_t in : {1U, 7U, 100U, 511U, 512U, 513U, 5000U}) {
    for (const std::size_t out : {1U, 3U, 512U, 6000U}) {
      byte_queue q;
      std::string got;
      std::size_t fed = 0, turn = 0;
      std::byte block[6000];
      const std::size_t total = in * 40;
      while (got.size() < total) {
        // Two steps in, one out, until all is in: it grows, moves its content, and shrinks to nothing.
        if (fed < total && turn++ % 3 != 2) {
          REQUIRE(append(q, std::string_view(all).substr(fed, in)));
          fed += in;
        } else {
          const std::size_t n = q.take(block, out);
          REQUIRE(n <= out);
          got.append(reinterpret_cast<const char*>(block), n);
        }
        REQUIRE(q.size() == fed - got.size());
        REQUIRE(as_text(q.view()) == std::string_view(all).substr(got.size(), q.size()));
      }
      CHECK(got == all.substr(0, total));
      CHECK(q.empty());
    }
  }
}

TEST_CASE("a byte queue is not upset by nothing, or by more than it has") {
  byte_queue q;
  std::byte block[10];
  CHECK(q.empty());
  CHECK(q.view().empty());
  CHECK(q.append(nullptr, 0));
  CHECK(q.take(block, 10) == 0);
  q.consume(10);
  CHECK(append(q, "abc"));
  q.consume(0);
  CHECK(q.take(block, 0) == 0);
  q.consume(2);
  CHECK(as_text(q.view()) == "c");
  q.consume(100);
  CHECK(q.empty());
  CHECK(append(q, "again"));
  q.release();
  CHECK(q.empty());
  CHECK(append(q, "x"));
  CHECK(q.size() == 1);
}

TEST_CASE("a byte queue moves") {
  byte_queue a;
  append(a, "content");
  byte_queue b = std::move(a);
  CHECK(as_text(b.view()) == "content");
  CHECK(a.empty());
  byte_queue c;
  append(c, "other");
  c = std::move(b);
  CHECK(as_text(c.view()) == "content");
  append(a, "usable");
  CHECK(as_text(a.view()) == "usable");
}

TEST_CASE("a byte queue begins in room that it is lent, and leaves it only for more") {
  byte_queue::room<16> room;
  byte_queue q;
  q.lend(room);
  REQUIRE(append(q, "0123456789"));
  CHECK(q.view().data() == room.data());
  q.consume(4);
  REQUIRE(append(q, "abcdefgh"));
  CHECK(as_text(q.view()) == "456789abcdefgh");
  CHECK(q.view().data() == room.data());
  q.consume(14);
  REQUIRE(append(q, "again"));
  CHECK(q.view().data() == room.data());
  REQUIRE(append(q, std::string(100, 'x')));
  CHECK(as_text(q.view()) == "again" + std::string(100, 'x'));
  CHECK(q.view().data() != room.data());
  q.release();
  REQUIRE(append(q, "its own"));
  CHECK(q.view().data() != room.data());
}

TEST_CASE("a byte queue that has given its room back does not use it") {
  byte_queue::room<16> room;
  byte_queue q;
  q.lend(room);
  REQUIRE(append(q, "lent"));
  q.release();
  q.give_back();
  REQUIRE(append(q, "own"));
  CHECK(q.view().data() != room.data());
  q.consume(3);
  q.give_back();
  REQUIRE(append(q, "still"));
  CHECK(as_text(q.view()) == "still");
}
