// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstdint>
#include <ctime>
#include <string>
#include <string_view>

namespace plugtls {

/// Seconds since 1970-01-01T00:00:00Z without leap seconds: the time of certificates and clocks throughout the core.
using unix_time = std::int64_t;

/// Returns the system clock's time. Settings may replace the clock that verification uses.
inline unix_time system_now() noexcept { return static_cast<unix_time>(std::time(nullptr)); }

/// A moment in UTC, taken apart (proleptic Gregorian calendar). Months and days count from 1.
struct civil_time {
  int year = 1970;
  int month = 1;
  int day = 1;
  int hour = 0;
  int minute = 0;
  int second = 0;
  friend bool operator==(const civil_time&, const civil_time&) = default;
};

namespace detail {

inline constexpr unix_time earliest_time = -62167219200;  // 0000-01-01T00:00:00Z
inline constexpr unix_time latest_time = 253402300799;    // 9999-12-31T23:59:59Z

constexpr int days_in_month(int year, int month) noexcept {
  constexpr int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  const bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
  return month == 2 && leap ? 29 : days[month - 1];
}

/// Reads exactly `count` decimal digits at `at`; -1 when there are none.
constexpr int read_digits(std::string_view text, std::size_t at, std::size_t count) noexcept {
  if (at > text.size() || text.size() - at < count) return -1;
  int value = 0;
  for (std::size_t i = at; i < at + count; ++i) {
    if (text[i] < '0' || text[i] > '9') return -1;
    value = value * 10 + (text[i] - '0');
  }
  return value;
}

}  // namespace detail

/// Tells whether the parts name a moment that exists, in the years 0 to 9999. A leap second does not.
[[gnu::cold]] constexpr bool is_valid(const civil_time& t) noexcept {
  return t.year >= 0 && t.year <= 9999 && t.month >= 1 && t.month <= 12 && t.day >= 1 &&
         t.day <= detail::days_in_month(t.year, t.month) && t.hour >= 0 && t.hour <= 23 && t.minute >= 0 &&
         t.minute <= 59 && t.second >= 0 && t.second <= 59;
}

/// Puts a valid moment together.
constexpr unix_time to_unix_time(const civil_time& t) noexcept {
  // Counts years from March, so that the leap day is the last of its year.
  const std::int64_t year = t.month <= 2 ? t.year - 1 : t.year;
  const std::int64_t era = (year >= 0 ? year : year - 399) / 400;
  const std::int64_t year_of_era = year - era * 400;
  const std::int64_t day_of_year = (153 * (t.month + (t.month > 2 ? -3 : 9)) + 2) / 5 + t.day - 1;
  const std::int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
  const std::int64_t days = era * 146097 + day_of_era - 719468;
  return days * 86400 + t.hour * 3600 + t.minute * 60 + t.second;
}

/// Takes a time apart; times outside the years 0 to 9999 become the nearest one inside.
[[gnu::cold]] constexpr civil_time to_civil_time(unix_time time) noexcept {
  if (time < detail::earliest_time) time = detail::earliest_time;
  if (time > detail::latest_time) time = detail::latest_time;
  std::int64_t days = time / 86400;
  std::int64_t rest = time % 86400;
  if (rest < 0) {
    rest += 86400;
    --days;
  }
  days += 719468;
  const std::int64_t era = (days >= 0 ? days : days - 146096) / 146097;
  const std::int64_t day_of_era = days - era * 146097;
  const std::int64_t year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
  const std::int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  const std::int64_t shifted = (5 * day_of_year + 2) / 153;
  civil_time t;
  t.day = static_cast<int>(day_of_year - (153 * shifted + 2) / 5 + 1);
  t.month = static_cast<int>(shifted < 10 ? shifted + 3 : shifted - 9);
  t.year = static_cast<int>(year_of_era + era * 400 + (t.month <= 2 ? 1 : 0));
  t.hour = static_cast<int>(rest / 3600);
  t.minute = static_cast<int>(rest / 60 % 60);
  t.second = static_cast<int>(rest % 60);
  return t;
}

/// Writes a time as RFC 3339 in UTC: `2026-01-31T12:00:00Z`.
[[gnu::cold]] inline std::string to_rfc3339(unix_time time) {
  const civil_time t = to_civil_time(time);
  std::string text = "0000-00-00T00:00:00Z";
  const auto put = [&text](std::size_t end, int value, int digits) {
    for (; digits > 0; --digits, value /= 10) text[--end] = static_cast<char>('0' + value % 10);
  };
  put(4, t.year, 4);
  put(7, t.month, 2);
  put(10, t.day, 2);
  put(13, t.hour, 2);
  put(16, t.minute, 2);
  put(19, t.second, 2);
  return text;
}

}  // namespace plugtls
