// SPDX-License-Identifier: BSL-1.0
#include "plugtls/rfc3339.hpp"

#include "support/catch.hpp"

using namespace plugtls;

static_assert(to_unix_time({1970, 1, 1, 0, 0, 0}) == 0);
static_assert(to_unix_time({2000, 3, 1, 0, 0, 0}) == 951868800);
static_assert(to_unix_time({2049, 12, 31, 23, 59, 59}) == 2524607999);
static_assert(to_unix_time({1969, 12, 31, 23, 59, 59}) == -1);
static_assert(to_unix_time({0, 1, 1, 0, 0, 0}) == detail::earliest_time);
static_assert(to_unix_time({9999, 12, 31, 23, 59, 59}) == detail::latest_time);
static_assert(!is_valid({2023, 2, 29, 0, 0, 0}));
static_assert(is_valid({2024, 2, 29, 0, 0, 0}));
static_assert(!is_valid({1900, 2, 29, 0, 0, 0}));
static_assert(is_valid({2000, 2, 29, 0, 0, 0}));
static_assert(!is_valid({2000, 13, 1, 0, 0, 0}));
static_assert(!is_valid({2000, 1, 0, 0, 0, 0}));
static_assert(!is_valid({2000, 1, 1, 24, 0, 0}));

TEST_CASE("every day of the calendar survives the way there and back") {
  civil_time expected{1, 1, 1, 12, 34, 56};
  unix_time t = to_unix_time(expected);
  bool good = true;
  while (expected.year < 9999) {
    good = good && to_civil_time(t) == expected && to_unix_time(expected) == t;
    t += 86400;
    if (++expected.day > detail::days_in_month(expected.year, expected.month)) {
      expected.day = 1;
      if (++expected.month > 12) {
        expected.month = 1;
        ++expected.year;
      }
    }
  }
  CHECK(good);
}

TEST_CASE("times are written as RFC 3339") {
  CHECK(to_rfc3339(0) == "1970-01-01T00:00:00Z");
  CHECK(to_rfc3339(1700000000) == "2023-11-14T22:13:20Z");
  CHECK(to_rfc3339(-1) == "1969-12-31T23:59:59Z");
  CHECK(to_rfc3339(INT64_MAX) == "9999-12-31T23:59:59Z");
  CHECK(to_rfc3339(INT64_MIN) == "0000-01-01T00:00:00Z");
}

TEST_CASE("RFC 3339 text is read with its offset") {
  const auto read = [](std::string_view text) {
    unix_time t = -42;
    CHECK(from_rfc3339(text, t));
    return t;
  };
  CHECK(read("1970-01-01T00:00:00Z") == 0);
  CHECK(read("2023-11-14T22:13:20z") == 1700000000);
  CHECK(read("2023-11-14t23:13:20+01:00") == 1700000000);
  CHECK(read("2023-11-14 16:43:20-05:30") == 1700000000);
  CHECK(read("2023-11-14T22:13:20.999Z") == 1700000000);
  CHECK(read("2016-12-31T23:59:60Z") == to_unix_time({2017, 1, 1, 0, 0, 0}));
}

TEST_CASE("other text is no time") {
  for (const std::string_view text : {"",
                                      "2023",
                                      "2023-11-14",
                                      "2023-11-14T22:13:20",
                                      "2023-13-14T22:13:20Z",
                                      "2023-02-29T00:00:00Z",
                                      "2023-11-14T24:00:00Z",
                                      "2023-11-14T22:60:00Z",
                                      "2023-11-14T22:13:61Z",
                                      "2023-11-14T22:13:60Z",
                                      "2023-11-14T22:13:20.Z",
                                      "2023-11-14T22:13:20+0100",
                                      "2023-11-14T22:13:20+24:00",
                                      "2023-11-14T22:13:20+01:60",
                                      "2023-11-14T22:13:20Z ",
                                      " 2023-11-14T22:13:20Z",
                                      "2023-11-14T22:13Z",
                                      "+023-11-14T22:13:20Z",
                                      "2023/11/14T22:13:20Z",
                                      "2023-11-14T22:13:20+01:0"}) {
    unix_time t = -42;
    CAPTURE(text);
    CHECK_FALSE(from_rfc3339(text, t));
    CHECK(t == -42);
  }
}
