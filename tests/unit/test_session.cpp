// SPDX-License-Identifier: BSL-1.0
#include "plugtls/session.hpp"

#include <string>
#include <thread>

#include "plugtls/session_cache.hpp"
#include "plugtls/ticket_keys.hpp"
#include "support/catch.hpp"
#include "support/pki.hpp"

using namespace plugtls;
using namespace plugtls_test;

namespace {

detail::session_envelope an_envelope(std::string peer = "plugtls.test", tls_version v = tls_version::tls1_3) {
  detail::session_envelope s;
  s.backend = "null";
  s.format = "Null 1";
  s.native = secret("the library's own");
  s.version = v;
  s.peer_name = std::move(peer);
  s.server_name = s.peer_name;
  s.alpn = {"h2", "http/1.1"};
  s.policy.fill(std::byte{7});
  s.created = 1700000000;
  s.lifetime = 7200;
  s.chain = server_identity().chain();
  s.staple = byte_vector(5, std::byte{1});
  return s;
}

errc read_error(byte_view bytes) {
  errc e = errc::success;
  const session s = session::from_bytes(bytes, e);
  CHECK(s.empty() == (e != errc::success));
  return e;
}

bool fill_by_counting(std::span<std::byte> out) {
  static unsigned char n = 0;
  std::fill(out.begin(), out.end(), std::byte{++n});
  return true;
}
bool fill_nothing(std::span<std::byte>) { return false; }

// The keys that a ring gives, as text.
std::string new_name(ticket_keys& keys, const sha256_digest& policy = {}) {
  detail::ticket_key key;
  REQUIRE(keys.seal({policy, {}}, fill_by_counting, key));
  return std::string(as_text(key.name));
}
detail::ticket_find find_name(ticket_keys& keys, std::string_view name, const sha256_digest& policy = {}) {
  detail::ticket_key key;
  return keys.open({policy, {}}, as_bytes(name), key);
}

}  // namespace

TEST_CASE("HMAC-SHA256 gives the values of RFC 4231") {
  const auto mac = [](std::string_view key, std::string_view data) {
    return detail::to_hex(
        detail::hmac<detail::sha256_hash>(as_bytes(key), {as_bytes(data.substr(0, 3)), as_bytes(data.substr(3))}));
  };
  CHECK(mac(std::string(20, '\x0b'), "Hi There") == "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
  CHECK(mac("Jefe", "what do ya want for nothing?") ==
        "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
}

TEST_CASE("a session goes through bytes unchanged") {
  const session made(an_envelope());
  const secret bytes = made.to_bytes();
  errc e = errc::bad_der;
  const session read = session::from_bytes(bytes.bytes(), e);
  REQUIRE(e == errc::success);
  const detail::session_envelope& s = read.envelope();
  CHECK(s.backend == "null");
  CHECK(s.format == "Null 1");
  CHECK(s.native.text() == "the library's own");
  CHECK(s.server_name == "plugtls.test");
  CHECK(s.alpn == std::vector<std::string>{"h2", "http/1.1"});
  CHECK(s.policy == an_envelope().policy);
  CHECK(s.staple.size() == 5);
  CHECK(read.version() == tls_version::tls1_3);
  CHECK(read.created() == 1700000000);
  CHECK(read.expires() == 1700007200);
  CHECK(read.peer_chain() == an_envelope().chain);
  CHECK(read.to_bytes().text() == bytes.text());
  CHECK(session().to_bytes().empty());
  CHECK(session().peer_chain().empty());
  detail::session_envelope old = an_envelope();
  old.lifetime = 0xffffffff;
  CHECK(session(old).expires() == old.created + 7 * 86400);
}

TEST_CASE("a session that the library holds is written when its bytes are asked for") {
  struct held_session final : library_session {
    explicit held_session(std::string_view text) : bytes(text) {}
    secret write() const override { return bytes; }
    secret bytes;
  };
  detail::session_envelope made = an_envelope();
  const secret plain = session(made).to_bytes();
  made.held = std::make_shared<held_session>(made.native.text());
  made.native = {};
  CHECK(session(made).to_bytes().text() == plain.text());
  made.held = std::make_shared<held_session>("");
  CHECK(session(made).to_bytes().empty());  // which `from_bytes` refuses
}

TEST_CASE("session bytes that are cut, changed or foreign are bad_session") {
  const secret bytes = session(an_envelope()).to_bytes();
  const std::string good(bytes.text());
  CHECK(read_error(as_bytes(good)) == errc::success);
  for (std::size_t n = 0; n < good.size(); ++n) REQUIRE(read_error(as_bytes(good.substr(0, n))) == errc::bad_session);
  for (std::size_t i = 0; i < good.size(); ++i) {
    std::string changed = good;
    changed[i] = static_cast<char>(changed[i] ^ 1 << i % 8);
    REQUIRE(read_error(as_bytes(changed)) == errc::bad_session);
  }
  CHECK(read_error(as_bytes(good + "x")) == errc::bad_session);
  CHECK(read_error(as_bytes(std::string(2 << 20, 'x'))) == errc::bad_session);
  CHECK(read_error(as_bytes("-----BEGIN SSL SESSION PARAMETERS-----")) == errc::bad_session);
}

TEST_CASE("session bytes with a sum that fits, and nothing else that does, are bad_session") {
  const secret bytes = session(an_envelope()).to_bytes();
  const std::string body(bytes.text().substr(0, bytes.size() - 32));
  const auto summed = [](const std::string& text) {
    const sha256_digest sum = detail::sha256(as_bytes(text));
    return text + std::string(as_text(sum));
  };
  CHECK(read_error(as_bytes(summed(body))) == errc::success);
  for (std::size_t n = 0; n < body.size(); ++n)
    REQUIRE(read_error(as_bytes(summed(body.substr(0, n)))) == errc::bad_session);
  for (std::size_t i = 0; i < body.size(); ++i) {
    std::string changed = body;
    changed[i] = static_cast<char>(~changed[i]);
    static_cast<void>(read_error(as_bytes(summed(changed))));  // some of these are sessions again; none crashes
  }
  CHECK(read_error(as_bytes(summed(body + "x"))) == errc::bad_session);
  detail::session_envelope far = an_envelope();
  far.created = std::numeric_limits<unix_time>::max() - 5;
  CHECK(read_error(session(far).to_bytes().bytes()) == errc::bad_session);
  far = an_envelope();
  far.native = {};
  CHECK(read_error(session(far).to_bytes().bytes()) == errc::bad_session);
}

TEST_CASE("a session cache is bounded, gives the newest, and TLS 1.3's once") {
  const auto any = [](const detail::session_envelope&) { return true; };
  const auto of = [](const char* peer) {
    return [peer](const detail::session_envelope& s) { return s.peer_name == peer; };
  };
  const unix_time now = 1700000001;
  session_cache cache(3);
  for (const char* peer : {"a", "b", "c", "d"}) cache.keep(session(an_envelope(peer)));
  CHECK(cache.size() == 3);
  CHECK(cache.take(of("a"), now).empty());
  CHECK(cache.take(of("c"), now).peer_name() == "c");
  CHECK(cache.take(of("c"), now).empty());
  CHECK(cache.take(any, now).peer_name() == "d");
  cache.clear();
  CHECK(cache.size() == 0);

  cache.keep(session(an_envelope("old", tls_version::tls1_2)));
  const session newest(an_envelope("old", tls_version::tls1_2));
  cache.keep(newest);
  CHECK(cache.size() == 1);
  CHECK(&cache.take(any, now).envelope() == &newest.envelope());
  CHECK(&cache.take(any, now).envelope() == &newest.envelope());
  cache.drop(newest);
  CHECK(cache.size() == 0);

  session_cache wide;
  for (int i = 0; i < 10; ++i) wide.keep(session(an_envelope()));
  CHECK(wide.size() == 4);
  CHECK(wide.take(any, 1700007200).empty());  // expired
  CHECK(wide.size() == 0);
  wide.keep({});
  CHECK(wide.size() == 0);
  session_cache none(0);
  none.keep(newest);
  CHECK(none.size() == 0);
}

TEST_CASE("threads share a session cache and ticket keys") {
  session_cache cache(20);
  ticket_keys keys;
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      detail::ticket_key key;
      for (int i = 0; i < 300; ++i) {
        cache.keep(session(an_envelope(std::to_string((i + t) % 30))));
        cache.take([&](const detail::session_envelope& s) { return s.peer_name == std::to_string(i % 30); },
                   1700000001);
        if (i % 100 == 0) cache.clear();
        if (i % 50 == t) keys.rotate();
        const sha256_digest policy{};
        keys.seal({policy, {}}, fill_by_counting, key);
        keys.open({policy, {}}, key.name, key);
        static_cast<void>(keys.to_bytes());
      }
    });
  }
  for (std::thread& t : threads) t.join();
  CHECK(cache.size() <= 20);
}

TEST_CASE("ticket keys rotate by call and by age, and keep what tickets may still need") {
  auto now = std::make_shared<unix_time>(1000000);
  ticket_options options;
  options.lifetime = std::chrono::seconds(100);
  options.rotation = std::chrono::seconds(1000);
  options.clock = [now] { return *now; };
  ticket_keys keys(options);
  CHECK(keys.lifetime() == std::chrono::seconds(100));
  const std::string first = new_name(keys);
  CHECK(new_name(keys) == first);
  CHECK(find_name(keys, first) == detail::ticket_find::newest);
  keys.rotate();
  CHECK(find_name(keys, first) == detail::ticket_find::old);
  const std::string second = new_name(keys);
  CHECK(second != first);
  CHECK(find_name(keys, first) == detail::ticket_find::old);
  CHECK(find_name(keys, second) == detail::ticket_find::newest);
  *now += 101;
  CHECK(find_name(keys, first) == detail::ticket_find::unknown);
  CHECK(find_name(keys, second) == detail::ticket_find::newest);
  *now += 900;
  const std::string third = new_name(keys);
  CHECK(third != second);
  CHECK(find_name(keys, second) == detail::ticket_find::old);
  CHECK(find_name(keys, "sixteen bytes ..") == detail::ticket_find::unknown);
  CHECK(find_name(keys, "") == detail::ticket_find::unknown);
  // Without random bytes no key is made up.
  keys.rotate();
  detail::ticket_key key;
  CHECK_FALSE(keys.seal({sha256_digest{}, {}}, fill_nothing, key));
}

TEST_CASE("ticket keys of another machine rotate when that one says so, or when told to") {
  auto now = std::make_shared<unix_time>(1000000);
  ticket_options options;
  options.clock = [now] { return *now; };
  ticket_keys keys(options);
  const std::string first = new_name(keys);
  errc e = errc::success;
  const auto copy = ticket_keys::from_bytes(keys.to_bytes().bytes(), e, options);
  REQUIRE(copy);
  *now += 13 * 3600;
  CHECK(new_name(*copy) == first);
  const std::string second = new_name(keys);
  CHECK(second != first);
  CHECK(copy->replace(keys.to_bytes().bytes()) == errc::success);
  CHECK(new_name(*copy) == second);
  *now += 13 * 3600;
  CHECK(new_name(*copy) == second);
  // From here on it has a secret of its own.
  copy->rotate();
  const std::string own = new_name(*copy);
  CHECK(own != second);
  *now += 13 * 3600;
  CHECK(new_name(*copy) != own);
}

TEST_CASE("ticket keys that rotate often keep every ticket for its lifetime") {
  const auto outlives = [](unix_time lifetime, unix_time rotation, unix_time step) {
    auto now = std::make_shared<unix_time>(1000000);
    ticket_options options;
    options.lifetime = std::chrono::seconds(lifetime);
    options.rotation = std::chrono::seconds(rotation);
    options.clock = [now] { return *now; };
    ticket_keys keys(options);
    const std::string first = new_name(keys);
    for (unix_time age = 0; age <= lifetime; age += step) {
      *now = 1000000 + age;
      static_cast<void>(new_name(keys));
      if (find_name(keys, first) == detail::ticket_find::unknown) return false;
    }
    return new_name(keys) != first;
  };
  CHECK(outlives(604800, 3600, 3600));
  CHECK(outlives(604800, 0, 3600));
  CHECK(outlives(7200, -1, 20));
  CHECK(outlives(1000, 50, 5));
  CHECK(outlives(15, 0, 1));
  CHECK(outlives(1, 0, 1));
}

TEST_CASE("ticket keys are another policy's in name and in substance") {
  ticket_keys keys;
  sha256_digest other{};
  other[0] = std::byte{1};
  detail::ticket_key a, b;
  REQUIRE(keys.seal({sha256_digest{}, {}}, fill_by_counting, a));
  REQUIRE(keys.seal({other, {}}, fill_by_counting, b));
  CHECK(a.name != b.name);
  CHECK(a.encryption != b.encryption);
  CHECK(a.authentication != b.authentication);
  CHECK(a.encryption != a.authentication);
  CHECK(find_name(keys, as_text(a.name), other) == detail::ticket_find::unknown);
  CHECK(find_name(keys, as_text(b.name), other) == detail::ticket_find::newest);
  // For a server name too; none is one.
  detail::ticket_key c;
  REQUIRE(keys.seal({other, "a.test"}, fill_by_counting, c));
  CHECK(c.name != b.name);
  CHECK(c.encryption != b.encryption);
  CHECK(find_name(keys, as_text(c.name), other) == detail::ticket_find::unknown);
  CHECK(keys.open({other, "b.test"}, c.name, a) == detail::ticket_find::unknown);
  CHECK(keys.open({other, "a.test"}, c.name, a) == detail::ticket_find::newest);
}

TEST_CASE("ticket keys go to other machines in bytes, which must be whole") {
  ticket_keys keys;
  const std::string first = new_name(keys);
  keys.rotate();
  const std::string second = new_name(keys);
  const std::string bytes(keys.to_bytes().text());
  errc e = errc::success;
  const auto copy = ticket_keys::from_bytes(as_bytes(bytes), e);
  REQUIRE(copy);
  CHECK(find_name(*copy, first) == detail::ticket_find::old);
  CHECK(find_name(*copy, second) == detail::ticket_find::newest);
  CHECK(new_name(*copy) == second);
  for (std::size_t n = 0; n < bytes.size(); ++n) {
    REQUIRE_FALSE(ticket_keys::from_bytes(as_bytes(bytes.substr(0, n)), e));
    REQUIRE(e == errc::bad_session);
    std::string changed = bytes;
    changed[n] = static_cast<char>(changed[n] ^ 4);
    REQUIRE_FALSE(ticket_keys::from_bytes(as_bytes(changed), e));
  }
  CHECK(copy->replace(as_bytes("nonsense")) == errc::bad_session);
  CHECK(new_name(*copy) == second);
  ticket_keys third;
  const std::string other = new_name(third);
  CHECK(copy->replace(third.to_bytes().bytes()) == errc::success);
  CHECK(find_name(*copy, second) == detail::ticket_find::unknown);
  CHECK(new_name(*copy) == other);
}

TEST_CASE("lifetimes of tickets are brought within what TLS allows") {
  ticket_options options;
  options.lifetime = std::chrono::hours(24 * 30);
  CHECK(ticket_keys(options).lifetime() == std::chrono::hours(24 * 7));
  options.lifetime = std::chrono::seconds(-5);
  CHECK(ticket_keys(options).lifetime() == std::chrono::seconds(1));
}
