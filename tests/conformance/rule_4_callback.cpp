// SPDX-License-Identifier: BSL-1.0
#include <stdexcept>
#include <thread>

#include "conformance.hpp"
#include "plugtls/memory_pipe.hpp"
#include "plugtls/stream.hpp"

using namespace plugtls;
using namespace plugtls_test;

namespace {

struct seen {
  int calls = 0;
  std::size_t chain = 0, path = 0;
  std::string peer_name, leaf;
  problem_list problems;
  role own = role::client;
  std::thread::id thread;
};

verify_callback recorder(seen& out, bool answer = true) {
  return [&out, answer](const verify_context& v) {
    ++out.calls;
    out.chain = v.chain.size();
    out.path = v.path.size();
    out.peer_name = v.peer_name;
    out.leaf = v.chain.empty() ? "" : v.chain.front().subject().oneline();
    out.problems = v.problems;
    out.own = v.own;
    out.thread = std::this_thread::get_id();
    return answer;
  };
}

const identity expired = make_identity(pki::expired_chain, pki::expired_key);

}  // namespace

TEST_CASE("rule 4: the callback is called once, with the whole chain, the path and the peer's name") {
  for (const tls_version v : versions()) {
    seen s;
    client_settings c = with_version(client_defaults(), v);
    c.on_verify = recorder(s);
    connection k(c);
    k.connect();
    CHECK(s.calls == 1);
    CHECK(s.chain == 2);
    CHECK(s.path == 3);
    CHECK(s.peer_name == server_name);
    CHECK(s.leaf.find("CN=plugtls.test") != std::string::npos);
    CHECK(s.problems.empty());
    CHECK(s.own == role::client);
    CHECK(s.thread == std::this_thread::get_id());
  }
}

TEST_CASE("rule 4: it sees all problems, and cannot accept what verification refuses") {
  for (const tls_version v : versions()) {
    seen s;
    client_settings c = with_version(client_defaults(), v);
    c.on_verify = recorder(s);
    connection k(c, server_defaults(expired), "other.test");
    k.run();
    CHECK(s.calls == 1);
    CHECK(s.problems == problem_list{{errc::certificate_expired, 0}, {errc::hostname_mismatch, 0}});
    CHECK(k.client.handshake_error == errc::certificate_expired);
    CHECK(k.client.engine.error().problems == s.problems);
    CHECK(outcome(k.server) == errc::alert_received);
  }
}

TEST_CASE("rule 4: a callback that says yes does not make an untrusted chain, or another name, acceptable") {
  for (const tls_version v : versions()) {
    seen s;
    client_settings c = with_version(client_defaults(), v);
    c.on_verify = recorder(s);
    connection foreign(c, server_defaults(make_identity(pki::foreign_chain, pki::foreign_key)));
    foreign.run();
    CHECK(foreign.client.handshake_error == errc::unknown_issuer);
    connection other(c, server_defaults(), "other.test");
    other.run();
    CHECK(other.client.handshake_error == errc::hostname_mismatch);
    CHECK(s.calls == 2);
  }
}

TEST_CASE("rule 4: its refusal is rejected_by_callback, and nothing is sent but an alert") {
  for (const tls_version v : versions()) {
    seen s;
    client_settings c = with_version(client_defaults(), v);
    c.on_verify = recorder(s, false);
    connection k(c);
    k.run();
    CHECK(s.calls == 1);
    CHECK(k.client.handshake_error == errc::rejected_by_callback);
    CHECK(outcome(k.server) == errc::alert_received);
    CHECK_FALSE(k.server.up());
  }
}

TEST_CASE("rule 4: only the insecure callback accepts what verification refuses, and it can refuse too") {
  for (const tls_version v : versions()) {
    seen s;
    client_settings c = with_version(client_defaults(), v);
    c.insecure_override = recorder(s);
    connection k(c, server_defaults(make_identity(pki::foreign_chain, pki::foreign_key)), "other.test");
    k.connect();
    CHECK(s.calls == 1);
    CHECK(s.problems.size() >= 2);
    CHECK(k.client.engine.peer_chain().size() == 1);
    c.insecure_override = recorder(s, false);
    connection refused(c);
    refused.run();
    CHECK(refused.client.handshake_error == errc::rejected_by_callback);
  }
}

TEST_CASE("rule 4: a server's callback sees the client's chain") {
  for (const tls_version v : versions()) {
    seen s;
    client_settings c = with_version(client_defaults(), v);
    c.identities = {client_identity()};
    server_settings server = mutual_defaults();
    server.on_verify = recorder(s);
    connection k(c, server);
    k.connect();
    CHECK(s.calls == 1);
    CHECK(s.chain == 2);
    CHECK(s.path == 3);
    CHECK(s.peer_name.empty());
    CHECK(s.own == role::server);
    CHECK(s.leaf.find("CN=plugtls client") != std::string::npos);
    server.on_verify = recorder(s, false);
    connection refused(c, server);
    refused.run();
    CHECK(refused.server.handshake_error == errc::rejected_by_callback);
    CHECK(outcome(refused.client) == errc::alert_received);
  }
}

TEST_CASE("rule 4: connections of one context are asked about one by one") {
  std::vector<std::string> names;
  client_settings c = client_defaults();
  c.on_verify = [&names](const verify_context& v) {
    names.emplace_back(v.peer_name);
    return v.peer_name != "localhost";
  };
  const context client = make_client(c), server = make_server();
  connection a(client, server, "plugtls.test"), b(client, server, "localhost"), d(client, server, "::1");
  a.connect();
  b.run();
  d.connect();
  CHECK(names == std::vector<std::string>{"plugtls.test", "localhost", "::1"});
  CHECK(b.client.handshake_error == errc::rejected_by_callback);
}

TEST_CASE("rule 4: without verification the callback is not called") {
  seen s;
  client_settings c = client_defaults();
  c.insecure_no_verification = true;
  c.on_verify = recorder(s);
  connection k(c, server_defaults(expired), "other.test");
  k.connect();
  CHECK(s.calls == 0);
  CHECK(k.client.engine.peer_chain().size() == 2);
  CHECK(k.client.engine.verified_path().empty());
}

TEST_CASE("rule 4: an exception in a callback refuses the peer, and comes out of the form that throws") {
  for (const tls_version v : versions()) {
    for (const bool throws : {true, false}) {
      auto [a, b] = make_memory_pipe();
      client_settings c = with_version(client_defaults(), v);
      c.on_verify = [](const verify_context&) -> bool { throw std::runtime_error("mine"); };
      stream client(make_client(c), std::move(a), server_name);
      stream server(make_server(), std::move(b));
      std::error_code at_server, at_client;
      std::thread thread([&] {
        char block[10];
        server.handshake(at_server);
        if (!at_server) server.read_some(block, at_server);
        server.next_layer().close();
      });
      if (throws) {
        try {
          client.handshake();
          FAIL_CHECK("nothing was thrown");
        } catch (const std::runtime_error& e) {
          CHECK(std::string(e.what()) == "mine");
        }
      } else {
        client.handshake(at_client);
        CHECK(at_client == errc::rejected_by_callback);
      }
      client.next_layer().close();
      thread.join();
      CHECK(at_server == errc::alert_received);
      CHECK(client.error().code == errc::rejected_by_callback);
      CHECK_FALSE(client.established());
    }
  }
}
