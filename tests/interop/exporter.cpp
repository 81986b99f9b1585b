// SPDX-License-Identifier: BSL-1.0
#include "plugtls/session_cache.hpp"
#include "plugtls/ticket_keys.hpp"
#include "support/any_pair.hpp"

using namespace plugtls;
using namespace plugtls_test;

namespace {

byte_vector exported(any_engine& e, const exporter_label& what, std::size_t size = 40) {
  byte_vector out(size);
  error_info info;
  const errc code = e.export_keying_material(what, out, info);
  INFO(explain(info));
  CHECK(code == errc::success);
  return out;
}

byte_vector bound(any_engine& e, channel_binding_type type) {
  error_info info;
  byte_vector out = e.channel_binding(type, info);
  INFO(name(type) << ": " << explain(info));
  CHECK(info.code == errc::success);
  CHECK_FALSE(out.empty());
  return out;
}

}  // namespace

TEST_CASE("every client exports the same keying material as every server, by label, context and size") {
  const std::string long_context = pattern(512, 7);
  const std::string long_label = "EXPERIMENTAL-" + std::string(40, 'l');
  const std::string_view longest = long_label;
  for_each_pair([&](const backend_entry& a, const backend_entry& b) {
    if (!a.capabilities.has(capability::exporter) || !b.capabilities.has(capability::exporter)) return;
    for (const cipher_suite suite :
         {cipher_suite::ecdhe_ecdsa_with_aes_128_gcm_sha256, cipher_suite::ecdhe_ecdsa_with_aes_256_gcm_sha384,
          cipher_suite::aes_128_gcm_sha256, cipher_suite::aes_256_gcm_sha384}) {
      const tls_version v = is_tls1_3(suite) ? tls_version::tls1_3 : tls_version::tls1_2;
      if (common_versions(a, b).back() < v) continue;
      client_settings settings = with_version(client_defaults(), v);
      settings.cipher_suites = {suite};
      any_pair p(make_client(a, settings), make_server(b, server_defaults()));
      p.run();
      REQUIRE(p.up());
      std::vector<byte_vector> seen;
      for (const std::string_view label :
           {std::string_view("EXPORTER-Channel-Binding"), std::string_view("x"), longest})
        for (const std::optional<byte_view>& context :
             {std::optional<byte_view>(), std::optional(as_bytes("")), std::optional(as_bytes("context")),
              std::optional(as_bytes(long_context))})
          for (const std::size_t size : {std::size_t{40}, std::size_t{8160}}) {
            CAPTURE(name(v), label, context.has_value(), context.value_or(byte_view()).size(), size);
            const byte_vector client = exported(p.client.engine, {label, context}, size);
            CHECK(client == exported(p.server.engine, {label, context}, size));
            // Longer is more of the same in TLS 1.2, and something else in TLS 1.3 (RFC 8446 §7.1).
            byte_vector head(client.begin(), client.begin() + 40);
            if (size != 40) {
              CHECK((head == seen.back()) == (v == tls_version::tls1_2));
              continue;
            }
            const bool is_repeated = v == tls_version::tls1_3 && context && context->empty();
            if (is_repeated) CHECK(head == seen.back());
            for (const byte_vector& other : seen) CHECK((head != other || is_repeated));
            seen.push_back(std::move(head));
          }
    }
  });
}

TEST_CASE("a resumed connection exports keying material of its own, the same at both ends") {
  for_each_pair([](const backend_entry& a, const backend_entry& b) {
    if (!a.capabilities.has(capability::exporter) || !b.capabilities.has(capability::exporter)) return;
    for (const tls_version v : common_versions(a, b)) {
      CAPTURE(name(v));
      client_settings c = with_version(client_defaults(), v);
      c.sessions = std::make_shared<session_cache>();
      server_settings s = server_defaults();
      s.tickets = std::make_shared<ticket_keys>();
      const any_context client = make_client(a, c), server = make_server(b, s);
      std::vector<byte_vector> seen;
      for (int i = 0; i < 2; ++i) {
        any_pair p(client, server);
        p.server.outgoing = "a ticket comes before this";
        p.run();
        INFO(p.describe());
        REQUIRE(p.up());
        CHECK(p.client.engine.resumed() == (i != 0));
        const exporter_label what{"EXPERIMENTAL-plugtls", std::nullopt};
        seen.push_back(exported(p.client.engine, what));
        CHECK(seen.back() == exported(p.server.engine, what));
      }
      CHECK(seen[0] != seen[1]);
    }
  });
}

TEST_CASE("two connections export different keying material") {
  for_each_pair([](const backend_entry& a, const backend_entry& b) {
    if (!a.capabilities.has(capability::exporter)) return;
    for (const tls_version v : common_versions(a, b)) {
      std::vector<byte_vector> seen;
      for (int i = 0; i < 2; ++i) {
        any_pair p(make_client(a, with_version(client_defaults(), v)), make_server(b, server_defaults()));
        p.run();
        REQUIRE(p.up());
        seen.push_back(exported(p.client.engine, {"EXPERIMENTAL-plugtls", std::nullopt}));
      }
      CHECK(seen[0] != seen[1]);
    }
  });
}

TEST_CASE("every client computes the same channel bindings as every server") {
  for_each_pair([](const backend_entry& a, const backend_entry& b) {
    const auto both = [&](capability c) { return a.capabilities.has(c) && b.capabilities.has(c); };
    for (const tls_version v : common_versions(a, b)) {
      CAPTURE(name(v));
      any_pair p(make_client(a, with_version(client_defaults(), v)), make_server(b, server_defaults()));
      p.run();
      REQUIRE(p.up());
      any_engine &client = p.client.engine, &server = p.server.engine;
      if (both(capability::exporter)) {
        const byte_vector binding = bound(client, channel_binding_type::tls_exporter);
        CHECK(binding.size() == 32);
        CHECK(binding == bound(server, channel_binding_type::tls_exporter));
        CHECK(binding == exported(client, {"EXPORTER-Channel-Binding", byte_view()}, 32));
      }
      const byte_vector end_point = bound(client, channel_binding_type::tls_server_end_point);
      CHECK(end_point.size() == 32);
      CHECK(end_point == bound(server, channel_binding_type::tls_server_end_point));
      if (v == tls_version::tls1_2 && both(capability::tls_unique)) {
        const byte_vector unique = bound(client, channel_binding_type::tls_unique);
        CHECK(unique.size() == 12);
        CHECK(unique == bound(server, channel_binding_type::tls_unique));
      }
    }
  });
}
