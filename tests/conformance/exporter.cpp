// SPDX-License-Identifier: BSL-1.0
#include <plugtls/channel_binding.hpp>

#include "conformance.hpp"

using namespace plugtls;
using namespace plugtls_test;

// That every pair of backends exports the same is shown by tests/interop.

namespace {

constexpr bool has_exporter = has<default_backend, capability::exporter>;
constexpr bool has_unique = has<default_backend, capability::tls_unique>;

errc export_error(engine& e, const exporter_label& what, std::size_t size = 32) {
  byte_vector out(size);
  error_info info;
  const errc code = e.export_keying_material(what, out, info);
  CHECK(code == info.code);
  CHECK((code == errc::success || !explain(info).empty()));
  return code;
}
errc export_error(std::string_view label, std::size_t size = 32, std::size_t context = 0) {
  static connection* const open = [] {
    static connection c;
    c.connect();
    return &c;
  }();
  const std::string bytes(context, 'c');
  return export_error(open->client.engine, {label, as_bytes(bytes)}, size);
}

byte_vector bind(endpoint<engine>& e, channel_binding_type type, errc expected = errc::success) {
  error_info info;
  byte_vector out = e.engine.channel_binding(type, info);
  INFO(name(type) << ": " << explain(info));
  CHECK(info.code == expected);
  CHECK(out.empty() == (expected != errc::success));
  return out;
}

}  // namespace

TEST_CASE("exporter: both ends get the same, by label and context") {
  if constexpr (has_exporter) {
    for (const tls_version v : versions()) {
      connection c(with_version(client_defaults(), v));
      c.connect();
      std::vector<byte_vector> seen;
      for (const std::string_view label : {"EXPERIMENTAL-one", "EXPERIMENTAL-two"})
        for (const std::optional<byte_view> context :
             {std::optional<byte_view>(), std::optional(as_bytes("a")), std::optional(as_bytes("b"))}) {
          byte_vector client(32), server(32);
          error_info info;
          CHECK(c.client.engine.export_keying_material({label, context}, client, info) == errc::success);
          CHECK(c.server.engine.export_keying_material({label, context}, server, info) == errc::success);
          CHECK(client == server);
          for (const byte_vector& other : seen) CHECK(client != other);
          seen.push_back(client);
        }
      // It disturbs nothing, and is there until the end.
      c.client.outgoing = "still here";
      c.client.shuts_down = c.server.shuts_down = true;
      c.run();
      CHECK(c.server.incoming == "still here");
      byte_vector late(32);
      error_info info;
      CHECK(c.client.engine.export_keying_material({"EXPERIMENTAL-two", as_bytes("b")}, late, info) == errc::success);
      CHECK(late == seen.back());
    }
  } else {
    CHECK(export_error("EXPERIMENTAL-one") == errc::unsupported);
  }
}

TEST_CASE("exporter: in TLS 1.2 no context differs from an empty one, in TLS 1.3 it does not") {
  if constexpr (has_exporter) {
    for (const tls_version v : versions()) {
      connection c(with_version(client_defaults(), v));
      c.connect();
      byte_vector none(32), empty(32);
      error_info info;
      CHECK(c.client.engine.export_keying_material({"EXPERIMENTAL-x", std::nullopt}, none, info) == errc::success);
      CHECK(c.client.engine.export_keying_material({"EXPERIMENTAL-x", byte_view()}, empty, info) == errc::success);
      CHECK((none == empty) == (v == tls_version::tls1_3));
    }
  } else {
    CHECK(export_error("EXPERIMENTAL-x") == errc::unsupported);
  }
}

TEST_CASE("exporter: labels, contexts and sizes that cannot be are refused") {
  if constexpr (has_exporter) {
    CHECK(export_error("EXPERIMENTAL-x", 1) == errc::success);
    CHECK(export_error("EXPERIMENTAL-x", 8160) == errc::success);
    CHECK(export_error("EXPERIMENTAL-x", 8161) == errc::invalid_argument);
    CHECK(export_error("EXPERIMENTAL-x", 0) == errc::invalid_argument);
    CHECK(export_error("") == errc::invalid_argument);
    CHECK(export_error("label with \xc3\xa4") == errc::invalid_argument);
    CHECK(export_error(std::string_view("nul\0inside", 10)) == errc::invalid_argument);
    CHECK(export_error(std::string(53, 'l')) == errc::success);
    CHECK(export_error(std::string(54, 'l')) == errc::unsupported);
    CHECK(export_error("EXPERIMENTAL-x", 32, 512) == errc::success);
    CHECK(export_error("EXPERIMENTAL-x", 32, 513) == errc::unsupported);
    for (const char* own :
         {"client finished", "server finished", "master secret", "extended master secret", "key expansion"})
      CHECK(export_error(own) == errc::invalid_argument);
  } else {
    CHECK(export_error("EXPERIMENTAL-x") == errc::unsupported);
  }
}

TEST_CASE("exporter and channel bindings: a connection that is not established has none") {
  connection c;
  CHECK(export_error(c.client.engine, {"EXPERIMENTAL-x", std::nullopt}) == errc::invalid_argument);
  for (const auto type : {channel_binding_type::tls_exporter, channel_binding_type::tls_server_end_point,
                          channel_binding_type::tls_unique})
    bind(c.client, type, errc::invalid_argument);
  engine empty;
  CHECK(export_error(empty, {"EXPERIMENTAL-x", std::nullopt}) == errc::invalid_argument);
}

TEST_CASE("channel bindings: both ends compute the same, and it differs between connections") {
  for (const tls_version v : versions()) {
    byte_vector before[2];
    for (int i = 0; i < 2; ++i) {
      connection c(with_version(client_defaults(), v));
      c.connect();
      if constexpr (has_exporter) {
        const byte_vector binding = bind(c.client, channel_binding_type::tls_exporter);
        CHECK(binding == bind(c.server, channel_binding_type::tls_exporter));
        CHECK(binding.size() == 32);
        CHECK(binding != before[0]);
        before[0] = binding;
      } else {
        bind(c.client, channel_binding_type::tls_exporter, errc::unsupported);
      }
      if (has_unique && v == tls_version::tls1_2) {
        const byte_vector binding = bind(c.client, channel_binding_type::tls_unique);
        CHECK(binding == bind(c.server, channel_binding_type::tls_unique));
        CHECK(binding.size() == 12);
        CHECK(binding != before[1]);
        before[1] = binding;
      } else {
        bind(c.client, channel_binding_type::tls_unique, errc::unsupported);
        bind(c.server, channel_binding_type::tls_unique, errc::unsupported);
      }
    }
  }
}

TEST_CASE("channel bindings: tls-server-end-point is a digest of the server's certificate on both ends") {
  for (const tls_version v : versions()) {
    for (const identity& id : {server_identity(), rsa_identity()}) {
      connection c(with_version(client_defaults(), v), server_defaults(id));
      c.connect();
      const byte_vector binding = bind(c.client, channel_binding_type::tls_server_end_point);
      const sha256_digest digest = id.chain().front().sha256();
      CHECK(binding == byte_vector(digest.begin(), digest.end()));
      CHECK(binding == bind(c.server, channel_binding_type::tls_server_end_point));
    }
  }
}

TEST_CASE("channel bindings: streams tell them too, and throw") {
  for (const tls_version v : versions()) {
    stream_pair p(v);
    std::error_code ec;
    CHECK(p.client.channel_binding(channel_binding_type::tls_server_end_point, ec).size() == 32);
    CHECK_FALSE(ec);
    CHECK(p.client.channel_binding(channel_binding_type::tls_server_end_point) ==
          p.server.channel_binding(channel_binding_type::tls_server_end_point));
    std::byte out[16];
    p.client.export_keying_material({"", std::nullopt}, out, ec);
    CHECK(ec == (has_exporter ? errc::invalid_argument : errc::unsupported));
    CHECK(p.client.error().code == static_cast<errc>(ec.value()));
    CHECK_THROWS_AS(p.client.export_keying_material({"", std::nullopt}, out), tls_error);
    if (v == tls_version::tls1_3)
      CHECK_THROWS_AS(p.client.channel_binding(channel_binding_type::tls_unique), tls_error);
    if (has_exporter) CHECK_NOTHROW(p.client.export_keying_material({"EXPERIMENTAL-x", as_bytes("c")}, out));
  }
}
