// SPDX-License-Identifier: BSL-1.0
#include "plugtls/session_id_cache.hpp"

#include <string>
#include <thread>
#include <vector>

#include "engine_pair.hpp"
#include "support/catch.hpp"
#include "support/pki.hpp"

using namespace plugtls;
using namespace plugtls_test;

namespace {

detail::session_id id_of(unsigned n) {
  detail::session_id id{};
  id[0] = static_cast<std::byte>(n >> 8 & 0xff);
  id[31] = static_cast<std::byte>(n & 0xff);
  return id;
}

detail::id_session made_at(unix_time when, std::string name = "plugtls.test") {
  detail::id_session s;
  s.policy.fill(std::byte{7});
  s.server_name = std::move(name);
  s.made = when;
  s.native = secret("the library's own");
  s.client = secret(detail::resumable_peer::to_ticket({}));
  return s;
}

// A clock that stands still until it is moved.
struct set_clock {
  std::shared_ptr<unix_time> now = std::make_shared<unix_time>(1700000000);
  session_id_cache::clock_callback tell() const {
    return [n = now] { return *n; };
  }
};

// A client's hello that offers a session by its id.
detail::hello_facts hello_with(const detail::session_id& id, std::string name = "plugtls.test") {
  detail::hello_facts facts;
  facts.client_hello_seen = facts.offers_1_2 = facts.offers_extended_secret = true;
  facts.server_name = std::move(name);
  facts.session_id = id;
  facts.session_id_size = id.size();
  return facts;
}

struct judge {
  explicit judge(bool answer = true) : accepts(answer) {
    peer.bind(this,
              [](const void* self, std::span<const byte_view> chain, byte_view, detail::resumable_peer&) noexcept {
                const auto& j = *static_cast<const judge*>(self);
                return j.accepts && chain.empty();
              });
  }
  bool accepts;
  detail::resumable_peer peer;
};

}  // namespace

TEST_CASE("session id cache: what is kept is found, until it is dropped, replaced or cleared") {
  const set_clock clock;
  session_id_cache cache(10, std::chrono::seconds(100), clock.tell());
  CHECK(cache.find(id_of(1)) == nullptr);
  cache.drop(id_of(1));
  cache.keep(id_of(1), made_at(*clock.now));
  cache.keep(id_of(2), made_at(*clock.now, "two.test"));
  CHECK(cache.size() == 2);
  REQUIRE(cache.find(id_of(1)) != nullptr);
  CHECK(cache.find(id_of(1))->native.text() == "the library's own");
  CHECK(cache.find(id_of(2))->server_name == "two.test");
  CHECK(cache.find(id_of(3)) == nullptr);
  cache.keep(id_of(2), made_at(*clock.now, "again.test"));
  CHECK(cache.size() == 2);
  CHECK(cache.find(id_of(2))->server_name == "again.test");
  cache.drop(id_of(2));
  CHECK(cache.find(id_of(2)) == nullptr);
  CHECK(cache.size() == 1);
  cache.keep(id_of(2), made_at(*clock.now));
  cache.clear();
  CHECK(cache.size() == 0);
  CHECK(cache.find(id_of(1)) == nullptr);
  cache.keep(id_of(1), made_at(*clock.now));
  CHECK(cache.size() == 1);
}

TEST_CASE("session id cache: the oldest make room, and what is dropped leaves it") {
  const set_clock clock;
  session_id_cache cache(3, std::chrono::seconds(100), clock.tell());
  CHECK(cache.capacity() == 3);
  for (unsigned i = 0; i < 5; ++i) cache.keep(id_of(i), made_at(*clock.now));
  CHECK(cache.size() == 3);
  for (unsigned i = 0; i < 5; ++i) CHECK((cache.find(id_of(i)) != nullptr) == (i >= 2));
  cache.drop(id_of(3));
  cache.keep(id_of(2), made_at(*clock.now));  // now the newest
  cache.keep(id_of(5), made_at(*clock.now));
  cache.keep(id_of(6), made_at(*clock.now));
  for (unsigned i = 0; i < 7; ++i) CHECK((cache.find(id_of(i)) != nullptr) == (i == 2 || i == 5 || i == 6));
  session_id_cache none(0);
  none.keep(id_of(1), made_at(system_now()));
  CHECK(none.size() == 0);
}

TEST_CASE("session id cache: a session is good for its lifetime, and goes when it is met after it") {
  const set_clock clock;
  session_id_cache cache(10, std::chrono::seconds(100), clock.tell());
  const unix_time start = *clock.now;
  cache.keep(id_of(1), made_at(start));
  *clock.now = start + 100;
  CHECK(cache.find(id_of(1)) != nullptr);
  *clock.now = start + 101;
  CHECK(cache.size() == 1);
  CHECK(cache.find(id_of(1)) == nullptr);
  CHECK(cache.size() == 0);
  // A clock that was set back: it is not known how old the session is.
  cache.keep(id_of(2), made_at(start + 101));
  *clock.now = start;
  CHECK(cache.find(id_of(2)) == nullptr);
  // A new one makes those go that nobody came back for.
  cache.keep(id_of(3), made_at(start));
  cache.keep(id_of(4), made_at(start + 50));
  cache.keep(id_of(5), made_at(start + 120));
  CHECK(cache.size() == 2);

  CHECK(session_id_cache().lifetime() == std::chrono::hours(2));
  CHECK(session_id_cache(1, std::chrono::seconds(-5)).lifetime() == std::chrono::seconds(1));
  CHECK(session_id_cache(1, std::chrono::hours(100)).lifetime() == std::chrono::hours(24));
}

TEST_CASE("session id cache: what goes is wiped with its last user") {
  // A secret is wiped when its last copy goes (test of `secret`); the cache must not hold on to one.
  session_id_cache cache(1);
  const detail::id_session first = made_at(system_now());
  cache.keep(id_of(1), first);
  const std::weak_ptr<const detail::id_session> held = cache.find(id_of(1));
  CHECK_FALSE(held.expired());
  cache.keep(id_of(2), made_at(system_now()));
  CHECK(held.expired());
}

TEST_CASE("session id rules: who is given a session, and who is not") {
  const set_clock clock;
  detail::session_id_rules rules;
  CHECK_FALSE(rules);
  judge good, bad(false);
  const detail::session_id id = id_of(1);
  const auto given = [&](const detail::hello_facts& hello, judge& j) { return !rules.find(id, hello, j.peer).empty(); };
  CHECK_FALSE(given(hello_with(id), good));
  rules.memory = std::make_shared<session_id_cache>(10, std::chrono::seconds(100), clock.tell());
  rules.policy.fill(std::byte{7});
  CHECK(rules);
  CHECK_FALSE(given(hello_with(id), good));
  rules.memory->keep(id, made_at(*clock.now));
  *clock.now += 10;
  CHECK(given(hello_with(id), good));
  CHECK(good.peer.accepted());
  CHECK(good.peer.moment == *clock.now - 10);
  CHECK_FALSE(given(hello_with(id), bad));

  CHECK_FALSE(given(hello_with(id, "other.test"), good));
  CHECK_FALSE(given(hello_with(id, ""), good));
  CHECK_FALSE(given(hello_with(id_of(2)), good));  // the library asks for what is not in the hello
  detail::hello_facts hello = hello_with(id);
  hello.offers_extended_secret = false;
  CHECK_FALSE(given(hello, good));
  hello = hello_with(id);
  hello.session_id_size = 31;
  CHECK_FALSE(given(hello, good));
  CHECK(rules.find(byte_view(id).first(31), hello, good.peer).empty());
  hello = hello_with(id);
  hello.offers_tickets = true;
  CHECK(given(hello, good));
  rules.beside_tickets = true;
  CHECK_FALSE(given(hello, good));
  CHECK(given(hello_with(id), good));
  rules.policy.fill(std::byte{8});
  CHECK_FALSE(given(hello_with(id), good));
  rules.policy.fill(std::byte{7});
  // A chain that was too long to be kept.
  const std::vector<certificate> chain(100, server_identity().chain().front());
  detail::id_session long_one = made_at(*clock.now);
  long_one.client = secret(detail::resumable_peer::to_ticket(chain));
  rules.memory->keep(id, long_one);
  CHECK_FALSE(given(hello_with(id), good));
  CHECK_FALSE(good.peer.accepted());
}

TEST_CASE("session ids: a backend without the capability refuses them") {
  server_settings s = server_defaults();
  s.session_ids = std::make_shared<session_id_cache>();
  error_info info;
  CHECK_FALSE(basic_context<null_backend>::server(s, info));
  CHECK(info.code == errc::unsupported);
  CHECK(info.detail.find("session_ids") != std::string::npos);
}

TEST_CASE("session id cache: threads share it") {
  session_id_cache cache(50);
  std::vector<std::thread> all;
  for (unsigned t = 0; t < 4; ++t) {
    all.emplace_back([&cache, t] {
      for (unsigned i = 0; i < 2000; ++i) {
        cache.keep(id_of((t * 31 + i) % 97), made_at(system_now()));
        if (const auto found = cache.find(id_of(i % 97)); found != nullptr && found->native.empty()) cache.clear();
        if (i % 7 == 0) cache.drop(id_of(i % 89));
        if (i % 501 == 0) cache.clear();
      }
    });
  }
  for (std::thread& one : all) one.join();
  CHECK(cache.size() <= 50);
}
