// SPDX-License-Identifier: BSL-1.0
#include "plugtls/early_data.hpp"

#include <memory>

#include "engine_pair.hpp"
#include "plugtls/detail/used_tickets.hpp"
#include "plugtls/session_cache.hpp"
#include "plugtls/ticket_keys.hpp"
#include "support/catch.hpp"

using namespace plugtls;
using namespace plugtls_test;

namespace early_data_units {

detail::ticket_id numbered(unsigned n) {
  detail::ticket_id id{};
  id[0] = static_cast<std::byte>(n * 167 & 0xff);  // not in order
  id[8] = static_cast<std::byte>(n >> 8);
  id[15] = static_cast<std::byte>(n & 0xff);
  return id;
}

constexpr unix_time start = 1000000;

}  // namespace early_data_units
using namespace early_data_units;

TEST_CASE("a ticket is used once, for as long as its flight could be fresh") {
  for (const unix_time offset : {0, 1, 6, 11, 12, 13}) {
    detail::used_tickets used;
    CHECK(used.use(numbered(0), start));
    CHECK(used.use(numbered(1), start + offset));
    for (unix_time later = 0; later <= detail::used_tickets::window; ++later)
      CHECK_FALSE(used.use(numbered(1), start + offset + later));
    CHECK(used.use(numbered(2), start + offset + detail::used_tickets::window));
    CHECK_FALSE(used.use(numbered(2), start + offset + detail::used_tickets::window));
    CHECK(used.use(numbered(1), start + offset + 100));  // forgotten: its flight is stale long since
  }
}

TEST_CASE("the memory of used tickets is bounded, and says no when it is full") {
  detail::used_tickets used(100);
  for (unsigned i = 0; i < 100; ++i) CHECK(used.use(numbered(i), start));
  CHECK_FALSE(used.use(numbered(100), start));
  for (unsigned i = 0; i < 100; ++i) CHECK_FALSE(used.use(numbered(i), start + 1));
  CHECK(used.use(numbered(100), start + detail::used_tickets::window + 1));
  for (unsigned i = 0; i < 101; ++i) CHECK_FALSE(used.use(numbered(i), start + detail::used_tickets::window + 1));
}

TEST_CASE("a clock that is set back makes no flight fresh again") {
  detail::used_tickets used;
  CHECK(used.use(numbered(1), start));
  CHECK(used.use(numbered(2), start + 1000));
  CHECK_FALSE(used.use(numbered(1), start));
  CHECK_FALSE(used.use(numbered(3), start + 998));
  CHECK(used.use(numbered(3), start + 1000));
}

TEST_CASE("what was used elsewhere is awaited") {
  detail::used_tickets used;
  used.forget(start);
  CHECK_FALSE(used.use(numbered(1), start));
  CHECK_FALSE(used.use(numbered(1), start + detail::used_tickets::window - 1));
  CHECK(used.use(numbered(1), start + detail::used_tickets::window));
}

TEST_CASE("a backend without early data refuses its settings, and has none of it") {
  client_settings c = client_defaults();
  c.sessions = std::make_shared<session_cache>();
  server_settings s = server_defaults();
  s.tickets = std::make_shared<ticket_keys>();
  error_info info;
  CHECK(basic_context<null_backend>::client(c, info));
  CHECK(basic_context<null_backend>::server(s, info));
  c.replayable_early_data = true;
  s.replayable_early_data = 1;
  CHECK_FALSE(basic_context<null_backend>::client(c, info));
  CHECK(info.code == errc::unsupported);
  CHECK(info.detail.find("replayable_early_data") != std::string::npos);
  CHECK_FALSE(basic_context<null_backend>::server(s, info));
  CHECK(info.code == errc::unsupported);
}

TEST_CASE("what became of early data has a name") {
  CHECK(name(early_data_status::not_offered) == "not_offered");
  CHECK(name(early_data_status::offered) == "offered");
  CHECK(name(early_data_status::rejected) == "rejected");
  CHECK(name(early_data_status::accepted) == "accepted");
}
