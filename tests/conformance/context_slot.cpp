// SPDX-License-Identifier: BSL-1.0
#include <plugtls/context_slot.hpp>

#include <atomic>
#include <thread>

#include "conformance.hpp"
#include "other_server.hpp"

using namespace plugtls;
using namespace plugtls_test;

namespace slots {

// A connection that is driven by one thread, and no test macro: those are not for several threads.
struct dialogue {
  dialogue(const context& c, const context& s) : client(engine(c, server_name)), server(engine(s)) {}

  bool exchange() {
    const std::size_t before_client = client.incoming.size(), before_server = server.incoming.size();
    const std::string text = pattern(1000, 1);
    client.outgoing += text;
    server.outgoing += text;
    return pump(client, server) && client.up() && server.up() && client.incoming.substr(before_client) == text &&
           server.incoming.substr(before_server) == text;
  }
  const certificate& leaf() const { return client.engine.peer_chain().front(); }

  endpoint<engine> client, server;
};

TEST_CASE("context slot: contexts are swapped while connections are made, and none is lost") {
  for (const tls_version v : versions()) {
    const context client = make_client(with_version(client_defaults(), v));
    const server_settings settings[] = {server_defaults(), server_defaults(rsa_identity())};
    context_slot slot(make_server(settings[0]));
    dialogue open(client, slot.load());
    REQUIRE(open.exchange());

    std::atomic<bool> stop = false;
    std::atomic<int> good = 0, bad = 0, seen[2] = {0, 0};
    std::vector<std::thread> threads;
    for (int i = 0; i < 3; ++i)
      threads.emplace_back([&] {
        while (!stop) {
          dialogue d(client, slot.load());
          const bool is_good = d.exchange() && d.exchange();
          ++(is_good ? good : bad);
          if (is_good) ++seen[d.leaf() == leaf_of(rsa_identity()) ? 1 : 0];
        }
      });
    error_info info;
    int swaps = 0;
    while (swaps < 20 || (seen[0] < 5 || seen[1] < 5)) {
      REQUIRE(slot.reload(settings[++swaps % 2], info));
      const int before = good;
      while (good < before + 2 && bad == 0) std::this_thread::yield();
      if (bad != 0) break;
    }
    CHECK(slot.reload(settings[1], info));
    stop = true;
    for (std::thread& t : threads) t.join();
    CHECK(bad == 0);
    dialogue fresh(client, slot.load());
    CHECK(fresh.exchange());
    CHECK(fresh.leaf() == leaf_of(rsa_identity()));
    CHECK(open.exchange());
    CHECK(open.leaf() == leaf_of(server_identity()));
  }
}

TEST_CASE("context slot: a reload that fails keeps what is there, and says why") {
  context_slot slot;
  CHECK_FALSE(slot.load());
  error_info info;
  CHECK_FALSE(slot.reload(server_defaults(make_identity(pki::server_chain, pki::client_key)), info));
  CHECK(info.code == errc::key_mismatch);
  CHECK_FALSE(slot.load());
  REQUIRE(slot.reload(server_defaults(), info));
  CHECK(info.code == errc::success);

  const auto still_serves = [&] {
    dialogue d(make_client(), slot.load());
    CHECK(d.exchange());
    CHECK(d.leaf() == leaf_of(server_identity()));
  };
  const struct {
    identity id;
    errc why;
  } broken[] = {{make_identity(pki::server_chain, "nonsense"), errc::bad_pem},
                {make_identity(pki::server_chain, pki::server_key.substr(0, 100)), errc::bad_pem},
                {make_identity(pki::server_chain, pki::server_key_pbes2_des3), errc::password_required},
                {make_identity("", pki::server_key), errc::no_certificates_found},
                {make_identity(pki::client_chain, pki::client_key), errc::invalid_purpose}};
  for (const auto& b : broken) {
    CHECK_FALSE(slot.reload(server_defaults(b.id), info));
    CHECK(info.code == b.why);
    CHECK_FALSE(explain(info).empty());
    still_serves();
  }
  CHECK_FALSE(slot.store({}));
  still_serves();
  CHECK(slot.store(make_server(server_defaults(rsa_identity()))));
  dialogue d(make_client(), slot.load());
  CHECK(d.exchange());
  CHECK(d.leaf() == leaf_of(rsa_identity()));
}

TEST_CASE("context slot: holds a client's context too") {
  context_slot slot;
  error_info info;
  REQUIRE(slot.reload(client_defaults(), info));
  client_settings stranger = client_defaults();
  stranger.trust = trust(pki::other_root);
  dialogue trusted(slot.load(), make_server());
  CHECK(trusted.exchange());
  REQUIRE(slot.reload(stranger, info));
  dialogue refused(slot.load(), make_server());
  CHECK_FALSE(refused.exchange());
  CHECK(refused.client.handshake_error == errc::unknown_issuer);
}

}  // namespace slots
