// SPDX-License-Identifier: BSL-1.0
#include <stdexcept>

#include "conformance.hpp"

using namespace plugtls;
using namespace plugtls_test;

// That the secrets decrypt the traffic is shown by tests/peers.

namespace {

constexpr bool has_key_log = has<default_backend, capability::key_log>;

bool is_hex(std::string_view text, std::size_t bytes) {
  return text.size() == 2 * bytes && text.find_first_not_of("0123456789abcdefABCDEF") == std::string_view::npos;
}

// The parts of a line: label, client random, secret.
std::vector<std::string> parts(const std::string& line) {
  std::vector<std::string> out(1);
  for (const char c : line) {
    if (c == ' ')
      out.emplace_back();
    else
      out.back() += c;
  }
  return out;
}

}  // namespace

TEST_CASE("key log: refused where it is not declared, on both roles") {
  client_settings c = client_defaults();
  server_settings s = server_defaults();
  c.insecure_key_log = s.insecure_key_log = [](std::string_view) {};
  if (has_key_log) {
    make_client(c);
    make_server(s);
  } else {
    CHECK(refusal(c) == errc::unsupported);
    CHECK(refusal(s) == errc::unsupported);
  }
}

TEST_CASE("key log: both ends tell the same secrets, each once, in NSS's format") {
  if constexpr (!has_key_log) return;
  for (const tls_version v : versions()) {
    std::vector<std::string> lines[2];
    client_settings cs = with_version(client_defaults(), v);
    server_settings ss = server_defaults();
    cs.insecure_key_log = [&](std::string_view line) { lines[0].emplace_back(line); };
    ss.insecure_key_log = [&](std::string_view line) { lines[1].emplace_back(line); };
    connection c(cs, ss);
    c.client.outgoing = pattern(1000);
    c.connect();
    const std::size_t size = name(c.client.engine.cipher_suite()).ends_with("SHA384") ? 48 : 32;
    std::vector<std::string> needed = {"CLIENT_RANDOM"};
    if (v == tls_version::tls1_3)
      needed = {"CLIENT_HANDSHAKE_TRAFFIC_SECRET", "SERVER_HANDSHAKE_TRAFFIC_SECRET", "CLIENT_TRAFFIC_SECRET_0",
                "SERVER_TRAFFIC_SECRET_0"};
    for (std::vector<std::string>& end : lines) {
      std::vector<std::string> labels;
      for (const std::string& line : end) {
        CAPTURE(line);
        const std::vector<std::string> p = parts(line);
        REQUIRE(p.size() == 3);
        CHECK(is_hex(p[1], 32));
        CHECK(p[1] == parts(lines[0].front())[1]);
        CHECK(p[1] != std::string(64, '0'));
        CHECK(is_hex(p[2], v == tls_version::tls1_3 ? size : 48));
        for (const std::string& other : labels) CHECK(other != p[0]);
        labels.push_back(p[0]);
      }
      for (const std::string& label : needed) CHECK(std::find(labels.begin(), labels.end(), label) != labels.end());
      std::sort(end.begin(), end.end());
    }
    CHECK(lines[0] == lines[1]);
  }
}

TEST_CASE("key log: what it throws ends the handshake and comes out of the stream") {
  if constexpr (!has_key_log) return;
  for (const tls_version v : versions()) {
    for (const bool is_server : {false, true}) {
      client_settings cs = with_version(client_defaults(), v);
      server_settings ss = server_defaults();
      int calls = 0;
      const auto thrower = [&](std::string_view) {
        ++calls;
        throw std::runtime_error("disk full");
      };
      if (is_server)
        ss.insecure_key_log = thrower;
      else
        cs.insecure_key_log = thrower;
      auto ends = make_memory_pipe();
      stream client(make_client(cs), std::move(ends.first), server_name);
      stream server(make_server(ss), std::move(ends.second));
      client.non_blocking(true);
      server.non_blocking(true);
      int thrown = 0;
      for (int i = 0; i < 10; ++i) {
        std::error_code ec;
        auto& quiet = is_server ? client : server;
        auto& loud = is_server ? server : client;
        quiet.handshake(ec);
        try {
          loud.handshake();
        } catch (const std::runtime_error& e) {
          if (std::string_view(e.what()) == "disk full") ++thrown;
        }
        CHECK_FALSE(loud.established());
      }
      CHECK(thrown == 1);
      CHECK(calls == 1);
    }
  }
}
