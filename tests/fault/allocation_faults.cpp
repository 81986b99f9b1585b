// SPDX-License-Identifier: BSL-1.0
#include <atomic>
#include <cstdlib>
#include <new>

#include "support/any_pair.hpp"

// Every allocation of C++ fails once. (Those inside a TLS library are its own.)

namespace {
std::atomic<long> countdown{-1};  // negative: off; reaching zero fails one allocation

bool fails_now() noexcept {
  if (countdown.load(std::memory_order_relaxed) < 0) return false;
  return countdown.fetch_sub(1, std::memory_order_relaxed) == 0;
}
}  // namespace

void* operator new(std::size_t size) {
  void* p = fails_now() ? nullptr : std::malloc(size == 0 ? 1 : size);
  if (p == nullptr) throw std::bad_alloc();
  return p;
}
void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
  return fails_now() ? nullptr : std::malloc(size == 0 ? 1 : size);
}
void* operator new[](std::size_t size) { return operator new(size); }
void* operator new[](std::size_t size, const std::nothrow_t& t) noexcept { return operator new(size, t); }
// Not inlined: optimised, g++ would take malloc and free in one function for a mismatch of new and free.
[[gnu::noinline]] void operator delete(void* p) noexcept { std::free(p); }
[[gnu::noinline]] void operator delete(void* p, std::size_t) noexcept { std::free(p); }
[[gnu::noinline]] void operator delete[](void* p) noexcept { std::free(p); }
[[gnu::noinline]] void operator delete[](void* p, std::size_t) noexcept { std::free(p); }

using namespace plugtls;
using namespace plugtls_test;

namespace {

enum class ending { connected, refused, threw };

struct attempt {
  ending end = ending::refused;
  bool triggered = false;
  long allocations = 0;  // that were let pass
  errc client = errc::success, server = errc::success;
};

attempt run(const any_context& c, const any_context& s, long n) {
  attempt a;
  const std::string data(3000, 'x');
  std::string got;
  got.reserve(10000);
  countdown = n;
  try {
    any_engine client(c, server_name), server(s);
    buffer_port to_client, to_server;  // of each engine: its port
    std::byte block[4096];
    std::size_t sent = 0;
    for (int i = 0; i < 12 && got.size() < data.size(); ++i) {
      for (const bool is_client : {true, false}) {
        any_engine& e = is_client ? client : server;
        buffer_port& mine = is_client ? to_client : to_server;
        buffer_port& other = is_client ? to_server : to_client;
        errc& error = is_client ? a.client : a.server;
        if (error != errc::success) continue;
        engine_result r = e.handshake(mine);
        if (r.status == engine_status::done && is_client && sent < data.size()) {
          r = e.write_some(mine, as_bytes(data).data() + sent, data.size() - sent);
          if (r.status == engine_status::done) sent += r.bytes;
        } else if (r.status == engine_status::done && !is_client) {
          r = e.read_some(mine, block, sizeof block);
          if (r.status == engine_status::done) got.append(reinterpret_cast<const char*>(block), r.bytes);
        }
        if (r.status == engine_status::failed) error = r.error;
        if (!other.feed(mine.output())) error = errc::out_of_memory;
        mine.consume_output(mine.output().size());
      }
    }
    a.end = got == data ? ending::connected : ending::refused;
  } catch (const std::bad_alloc&) {
    a.end = ending::threw;
  }
  a.triggered = countdown < 0;
  a.allocations = a.triggered ? n : n - countdown;
  countdown = -1;
  return a;
}

}  // namespace

TEST_CASE("every failing allocation of a connection gives an error or std::bad_alloc, and the context stays good") {
  for (const backend_entry& backend : registered_backends()) {
    for (const tls_version v : common_versions(backend, backend)) {
      client_settings cs = with_version(client_defaults(), v);
      cs.identities = {client_identity()};
      any_context c = make_client(backend, cs), s = make_server(backend, mutual_defaults());
      REQUIRE(run(c, s, 1000000).end == ending::connected);  // what is made once per process is there now
      const bool is_known = GENERATE(true, false);           // a context remembers chains that it accepted
      const auto renew = [&] {
        if (is_known) return;
        c = make_client(backend, cs);
        s = make_server(backend, mutual_defaults());
      };
      renew();
      const long all = run(c, s, 1000000).allocations;
      REQUIRE(all > 0);
      long n = 0;
      for (;; ++n) {
        CAPTURE(backend.name, name(v), is_known, n);
        renew();
        const attempt a = run(c, s, n);
        if (!a.triggered) break;
        CAPTURE(name(a.client), name(a.server), static_cast<int>(a.end));
        // One that went well after all did so by luck, and may; a failure has a name and is no end of data.
        if (a.end == ending::refused) {
          CHECK((a.client != errc::success || a.server != errc::success));
          for (const errc e : {a.client, a.server}) {
            CHECK(e != errc::closed);
            CHECK(e != errc::bad_signature);
            CHECK(e != errc::unknown_issuer);
          }
        }
      }
      CHECK(n == all);  // each failed once
      CHECK(run(c, s, 1000000).end == ending::connected);
    }
  }
}

TEST_CASE("every failing allocation of verify_chain gives std::bad_alloc or a verdict, and a bad chain no good one") {
  const std::vector<certificate> good = server_identity().chain();
  const std::vector<certificate> bad = make_identity(pki::foreign_chain, pki::foreign_key).chain();
  for (const backend_entry& backend : registered_backends()) {
    any_context c = make_client(backend, client_defaults());
    const bool is_known = GENERATE(true, false);  // a context remembers chains that it accepted
    for (const bool is_good : {true, false}) {
      const std::vector<certificate>& chain = is_good ? good : bad;
      const chain_options options{server_name, {}};
      const errc expected = is_good ? errc::success : errc::unknown_issuer;
      CHECK(c.verify_chain(chain, options).error.code == expected);
      long failed = 0;
      for (long n = 0;; ++n) {
        CAPTURE(backend.name, is_good, is_known, n);
        if (!is_known) c = make_client(backend, client_defaults());
        chain_verdict v;
        bool threw = false;
        countdown = n;
        try {
          v = c.verify_chain(chain, options);
        } catch (const std::bad_alloc&) {
          threw = true;
        }
        const bool triggered = countdown < 0;
        countdown = -1;
        if (!triggered) break;
        ++failed;
        if (!threw) CHECK((v.error.code == expected || v.error.code == errc::out_of_memory));
      }
      CHECK(failed > (is_known && is_good ? 2 : 10));
      CHECK(c.verify_chain(chain, options).error.code == expected);
    }
  }
}

TEST_CASE("every failing allocation of a context gives an error or std::bad_alloc, never a context that is half made") {
  for (const backend_entry& backend : registered_backends()) {
    for (const bool is_server : {false, true}) {
      client_settings cs = client_defaults();
      cs.identities = {client_identity()};
      const server_settings ss = mutual_defaults();
      for (long n = 0;; ++n) {
        CAPTURE(backend.name, is_server, n);
        error_info info;
        any_context made;
        bool threw = false;
        countdown = n;
        try {
          made = is_server ? backend.server(ss, info) : backend.client(cs, info);
        } catch (const std::bad_alloc&) {
          threw = true;
        }
        const bool triggered = countdown < 0;
        countdown = -1;
        if (!triggered) break;
        if (threw) continue;
        CHECK((static_cast<bool>(made) || info.code != errc::success));
        if (!made) continue;
        const any_pair p = [&] {
          any_pair pair(is_server ? make_client(backend, cs) : made, is_server ? made : make_server(backend, ss));
          pair.run();
          return pair;
        }();
        INFO(p.describe());
        CHECK(p.up());
      }
    }
  }
}
