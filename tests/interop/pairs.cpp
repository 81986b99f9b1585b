// SPDX-License-Identifier: BSL-1.0
#include "support/any_pair.hpp"

using namespace plugtls;
using namespace plugtls_test;

TEST_CASE("every client talks to every server, in every version, with each kind of key, with and without a client's") {
  for_each_pair([](const backend_entry& a, const backend_entry& b) {
    for (const tls_version v : common_versions(a, b)) {
      for (const bool rsa : {false, true}) {
        for (const bool mutual : {false, true}) {
          for (const std::size_t cap : {std::size_t{17}, std::size_t{1} << 20}) {
            CAPTURE(name(v), rsa, mutual, cap);
            client_settings c = with_version(client_defaults(), v);
            server_settings s = mutual ? mutual_defaults() : server_defaults();
            c.alpn = {"h2", "http/1.1"};
            s.alpn = {"http/1.1"};
            if (rsa) s.identities = {rsa_identity()};
            if (mutual) c.identities = {client_identity()};
            any_pair p(make_client(a, c), make_server(b, s));
            p.client.outgoing = pattern(40000, 1);
            p.server.outgoing = pattern(50000, 2);
            p.client.shuts_down = p.server.shuts_down = true;
            p.run(cap);
            INFO(p.describe());
            CHECK(p.up());
            CHECK(p.client.incoming == p.server.outgoing);
            CHECK(p.server.incoming == p.client.outgoing);
            CHECK(p.client.read_error == errc::closed);
            CHECK(p.server.read_error == errc::closed);
            for (const any_engine* e : {&p.client.engine, &p.server.engine}) {
              CHECK(e->version() == v);
              CHECK(e->alpn() == "http/1.1");
              CHECK(e->server_name() == server_name);
              CHECK_FALSE(e->resumed());
            }
            CHECK(p.client.engine.cipher_suite() == p.server.engine.cipher_suite());
            CHECK(p.client.engine.group() == p.server.engine.group());
            CHECK(p.client.engine.peer_chain().size() == 2);
            CHECK(p.client.engine.verified_path().size() == 3);
            CHECK(p.server.engine.peer_chain().size() == (mutual ? 2 : 0));
          }
        }
      }
    }
  });
}

TEST_CASE("left to themselves, two ends agree on the newest version and on safe values") {
  for_each_pair([](const backend_entry& a, const backend_entry& b) {
    const any_context client = make_client(a, client_defaults()), server = make_server(b, server_defaults());
    any_pair p(client, server);
    p.run();
    INFO(p.describe());
    REQUIRE(p.up());
    CHECK(p.client.engine.version() == common_versions(a, b).back());
    // The favourite of one of the two.
    const named_group group = p.client.engine.group();
    CHECK((group == client.effective().groups.front() || group == server.effective().groups.front()));
    CHECK_FALSE(name(p.client.engine.cipher_suite()).empty());
  });
}

TEST_CASE("every suite and group that both ends have works between them") {
  for_each_pair([](const backend_entry& a, const backend_entry& b) {
    const any_context client = make_client(a, client_defaults()), server = make_server(b, server_defaults());
    for (const cipher_suite suite : client.effective().cipher_suites) {
      for (const cipher_suite other : server.effective().cipher_suites) {
        if (suite != other) continue;
        CAPTURE(name(suite));
        client_settings c = client_defaults();
        c.cipher_suites = {suite};
        const bool rsa = name(suite).find("_RSA_") != std::string_view::npos;
        any_pair p(make_client(a, c), make_server(b, server_defaults(rsa ? rsa_identity() : server_identity())));
        p.run();
        INFO(p.describe());
        CHECK(p.up());
        CHECK(p.client.engine.cipher_suite() == suite);
        CHECK(p.server.engine.cipher_suite() == suite);
      }
    }
    for (const tls_version v : common_versions(a, b)) {
      for (const named_group group : client.effective().groups) {
        CAPTURE(name(group), name(v));
        client_settings c = with_version(client_defaults(), v);
        c.groups = {group};
        any_pair p(make_client(a, c), make_server(b, server_defaults(rsa_identity())));
        p.run();
        INFO(p.describe());
        CHECK(p.up());
        CHECK(p.client.engine.group() == group);
        CHECK(p.server.engine.group() == group);
      }
    }
  });
}

TEST_CASE("a context made for one backend says which, and an empty one says none") {
  for (const backend_entry& b : registered_backends()) {
    CHECK(make_client(b, client_defaults()).backend() == b.name);
    CHECK(find_backend(b.name) == &b);
    CHECK_FALSE(b.library().text.empty());
    error_info info;
    client_settings bad = client_defaults();
    bad.alpn = {""};
    const any_context none = b.client(bad, info);
    CHECK_FALSE(none);
    CHECK(info.code == errc::invalid_argument);
    CHECK(none.backend().empty());
    buffer_port port;
    any_engine e(none, server_name);
    CHECK(e.handshake(port).error == errc::invalid_argument);
    CHECK(e.error().code == errc::invalid_argument);
    any_engine empty;
    CHECK(empty.shutdown(port).error == errc::invalid_argument);
    CHECK(empty.peer_chain().empty());
  }
  CHECK(find_backend("no such backend") == nullptr);
}
