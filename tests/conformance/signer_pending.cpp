// SPDX-License-Identifier: BSL-1.0
#include <atomic>
#include <chrono>
#include <filesystem>
#include <iterator>
#include <thread>

#include "conformance.hpp"
#include "plugtls/pending_signature.hpp"
#include "support/openssl_signer.hpp"

using namespace plugtls;
using namespace plugtls_test;

namespace late {

constexpr bool has_rsa = has<default_backend, capability::external_rsa_key>;
constexpr bool has_pss = has<default_backend, capability::external_rsa_pss_key>;
constexpr bool has_ec = has<default_backend, capability::external_ec_key>;

struct key {
  const char* server;
  const char* client;
  std::string_view server_chain, client_chain;
};
constexpr key rsa{"server_rsa", "client_rsa", pki::server_rsa_chain, pki::client_rsa_chain};
constexpr key ec{"server", "client", pki::server_chain, pki::client_chain};

/// Calls f for each kind of key and each version that a signer of this backend can serve.
template <class F>
void for_each_case(F&& f) {
  for (const tls_version v : versions()) {
    if (has_ec) f(ec, v);
    if (v == tls_version::tls1_2 ? has_rsa : has_pss) f(rsa, v);
  }
}

/// Answers when it is told to.
struct agent {
  explicit agent(std::string_view name) : sign(name) {}
  signer make() {
    return {.sign =
                [this](const signing_request& q, byte_vector& out, error_info& info) {
                  ++asked;
                  if (!first.empty() && as_text(first) != as_text(q.digest)) changed = true;
                  first.assign(q.digest.begin(), q.digest.end());
                  if (!ready) return errc::would_block;
                  return outcome == errc::success ? sign(q, out, info) : info.set(outcome, "the agent said no");
                },
            .schemes = {},
            .wait = wait_for_signature([this](int milliseconds) {
              ++waited;
              patience = milliseconds;
              if (answers_in_wait) ready = true;
            })};
  }
  openssl_signer sign;
  std::atomic<bool> ready = false;
  std::atomic<bool> answers_in_wait = false;
  errc outcome = errc::success;
  int asked = 0;
  std::atomic<int> waited = 0;
  std::atomic<int> patience = 0;
  bool changed = false;
  byte_vector first;
};

identity shown(std::string_view chain, signer how) {
  error_info info;
  return identity::from_signer(as_bytes(chain), std::move(how), info);
}

server_settings serving(const key& k, tls_version v, agent& a) {
  return with_version(server_defaults(shown(k.server_chain, a.make())), v);
}
client_settings visiting(const key& k, tls_version v, agent& a) {
  client_settings s = with_version(client_defaults(), v);
  s.identities = {shown(k.client_chain, a.make())};
  return s;
}

/// Drives both until the own end waits for its signer.
void run_to_signer(connection& c, endpoint<engine>& own) {
  c.run();
  REQUIRE_FALSE(own.up());
  REQUIRE(own.handshake_error == errc::success);
  CHECK(own.engine.handshake(own.port).status == engine_status::want_signature);
  CHECK(own.engine.handshake(own.port).status == engine_status::want_signature);
}

void check_goes_on(connection& c, endpoint<engine>& own, agent& a) {
  run_to_signer(c, own);
  CHECK(a.waited == 0);  // an engine never waits
  a.ready = true;
  c.client.outgoing = "hello";
  c.server.outgoing = "world";
  c.connect();
  CHECK(c.client.incoming == "world");
  CHECK(c.server.incoming == "hello");
  CHECK(a.asked >= 4);
  CHECK_FALSE(a.changed);
}

}  // namespace late

TEST_CASE("pending signature: the handshake waits without blocking, and goes on when the answer is there") {
  if (lacks<default_backend>(capability::pending_signature)) return;
  late::for_each_case([](const late::key& k, tls_version v) {
    CAPTURE(k.server, name(v));
    late::agent at_server(k.server), at_client(k.client);
    connection s(client_defaults(), late::serving(k, v, at_server));
    late::check_goes_on(s, s.server, at_server);
    connection c(late::visiting(k, v, at_client), mutual_defaults());
    late::check_goes_on(c, c.client, at_client);
  });
}

TEST_CASE("pending signature: a connection that is given up while it waits ends at once") {
  if (lacks<default_backend>(capability::pending_signature)) return;
  late::for_each_case([](const late::key& k, tls_version v) {
    CAPTURE(k.server, name(v));
    late::agent a(k.server);
    connection c(client_defaults(), late::serving(k, v, a));
    late::run_to_signer(c, c.server);
    CHECK(c.server.engine.shutdown(c.server.port).status == engine_status::done);
    engine moved = std::move(c.server.engine);
    const int asked = a.asked;
    moved = engine();
    CHECK(a.asked == asked);
  });
}

TEST_CASE("pending signature: an answer that comes late may still be a refusal, or wrong") {
  if (lacks<default_backend>(capability::pending_signature)) return;
  late::for_each_case([](const late::key& k, tls_version v) {
    CAPTURE(k.server, name(v));
    late::agent a(k.server);
    a.outcome = errc::io_error;
    connection c(client_defaults(), late::serving(k, v, a));
    late::run_to_signer(c, c.server);
    a.ready = true;
    c.run();
    CHECK(c.server.handshake_error == errc::signing_failed);
    CHECK(explain(c.server.engine.error()).find("the agent said no") != std::string::npos);
    CHECK((outcome(c.client) == errc::alert_received || outcome(c.client) == errc::closed));

    late::agent stranger(&k == &late::rsa ? "client_rsa" : "client");
    connection d(client_defaults(), late::serving(k, v, stranger));
    late::run_to_signer(d, d.server);
    stranger.ready = true;
    d.run();
    CHECK(d.server.handshake_error == errc::key_mismatch);
  });
}

TEST_CASE("pending signature: a blocking stream waits by the signer's own wait") {
  if (lacks<default_backend>(capability::pending_signature)) return;
  late::for_each_case([](const late::key& k, tls_version v) {
    CAPTURE(k.server, name(v));
    late::agent a(k.server);
    a.answers_in_wait = true;
    auto [near, far] = make_memory_pipe();
    const context client_context = make_client();
    std::thread peer([&, end = std::move(near)]() mutable {
      stream client(client_context, std::move(end), server_name);
      std::error_code ec;
      client.write("hello", ec);
    });
    stream server(make_server(late::serving(k, v, a)), std::move(far));
    std::error_code ec;
    server.handshake(ec);
    CHECK_FALSE(ec);
    CHECK(a.waited == 1);
    CHECK(a.patience == -1);  // a memory pipe tells no deadline
    char text[5];
    CHECK(server.read(text, ec) == 5);
    peer.join();
  });
}

TEST_CASE("pending signature: a non-blocking stream tells what it waits for") {
  if (lacks<default_backend>(capability::pending_signature)) return;
  late::for_each_case([](const late::key& k, tls_version v) {
    CAPTURE(k.server, name(v));
    late::agent a(k.server);
    auto [near, far] = make_memory_pipe();
    stream client(make_client(), std::move(near), server_name);
    stream server(make_server(late::serving(k, v, a)), std::move(far));
    client.non_blocking(true);
    server.non_blocking(true);
    std::error_code ec;
    client.handshake(ec);
    server.handshake(ec);
    CHECK(ec == errc::would_block);
    CHECK(server.want() == readiness::signature);
    CHECK(a.waited == 0);
    a.ready = true;
    for (int i = 0; i < 5; ++i) {
      server.handshake(ec);
      client.handshake(ec);
    }
    CHECK(server.established());
    CHECK(client.established());
  });
}

TEST_CASE("pending signature: what the signer throws comes out of the stream") {
  if (lacks<default_backend>(capability::pending_signature)) return;
  late::for_each_case([](const late::key& k, tls_version v) {
    struct gone {};
    int asked = 0;
    const signer how{.sign = [&](const signing_request&, byte_vector&, error_info&) -> errc {
                       if (++asked == 1) return errc::would_block;
                       throw gone();
                     },
                     .schemes = {},
                     .wait = wait_for_signature([](int) {})};
    auto [near, far] = make_memory_pipe();
    stream client(make_client(), std::move(near), server_name);
    stream server(make_server(with_version(server_defaults(late::shown(k.server_chain, how)), v)), std::move(far));
    client.non_blocking(true);
    std::error_code ec;
    client.handshake(ec);
    CHECK_THROWS_AS(server.handshake(), gone);
    CHECK(server.error().code == errc::signing_failed);
  });
}

TEST_CASE("pending signature: what is not declared is refused") {
  late::agent a("server");
  error_info info;
  const context c = context::server(server_defaults(late::shown(pki::server_chain, a.make())), info);
  CHECK(static_cast<bool>(c) == (late::has_ec && has<default_backend, capability::pending_signature>));
  if (!c) CHECK(info.code == errc::unsupported);
}

TEST_CASE("pending signature: who waits for its peer holds no thread") {
  if (lacks<default_backend>(capability::pending_signature)) return;
  const auto threads = [] {
    return std::distance(std::filesystem::directory_iterator("/proc/self/task"), std::filesystem::directory_iterator());
  };
  // One that was joined leaves the list a little later.
  const auto come_to = [&](auto wanted) {
    for (int i = 0; i < 1000 && threads() != wanted; ++i) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    return threads() == wanted;
  };
  late::for_each_case([&](const late::key& k, tls_version v) {
    CAPTURE(k.server, name(v));
    late::agent a(k.server);
    connection c(client_defaults(), late::serving(k, v, a));
    const auto before = threads();
    CHECK(c.server.engine.handshake(c.server.port).status == engine_status::want_read);
    CHECK(come_to(before));
    late::run_to_signer(c, c.server);
    CHECK(threads() == before + 1);
    a.ready = true;
    c.connect();
    CHECK(come_to(before));
  });
}
