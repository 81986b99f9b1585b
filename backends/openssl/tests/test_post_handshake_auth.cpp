// SPDX-License-Identifier: BSL-1.0
#include <chrono>
#include <cstdio>
#include <string>
#include <thread>
#include <utility>

#include "forger.hpp"
#include "plugtls/backend.hpp"
#include "plugtls/net/tcp_acceptor.hpp"
#include "plugtls/net/tcp_stream.hpp"
#include "plugtls/stream.hpp"
#include "support/catch.hpp"
#include "support/drive.hpp"
#include "support/pki.hpp"

namespace tls = plugtls;
namespace pki = plugtls::test_pki;
using namespace plugtls_test;

static_assert(tls::has<tls::default_backend, tls::capability::post_handshake_auth>);

namespace {

tls::client_settings willing(std::string_view chain = pki::client_chain, std::string_view key = pki::client_key) {
  tls::client_settings s = client_defaults();
  s.identities = {make_identity(chain, key)};
  s.post_handshake_auth = true;
  return s;
}

std::string file(const char* name) { return std::string("'" PLUGTLS_TEST_DATA "/pki/") + name + "'"; }

// CertificateRequest (RFC 8446 §4.3.2) with a context of one byte and one signature scheme.
const std::string request("\x0d\0\0\x0c\x01\x07\0\x08\0\x0d\0\x04\0\x02\x04\x03", 16);

}  // namespace

TEST_CASE("a client that has not offered to be asked refuses a request, one that has answers", "[openssl]") {
  for (const bool is_willing : {false, true}) {
    tls::client_settings s = willing();
    s.post_handshake_auth = is_willing;
    forger server;
    endpoint<tls::engine> client(tls::engine(tls::context::client(s), server_name));
    std::string from_client = client.answer("");
    for (int i = 0; i < 6; ++i) from_client = client.answer(server.step(from_client));
    REQUIRE(client.up());
    const std::string answer = client.answer(server.seal(request));
    if (is_willing) {
      CHECK(client.read_error == tls::errc::success);
      CHECK(answer.size() > 1000);
      continue;
    }
    CHECK(client.read_error == tls::errc::bad_record);
    CHECK(client.engine.error().alert_sent == tls::alert::unexpected_message);
    server.step(answer);
    CHECK(server.reason() == SSL_AD_REASON_OFFSET + SSL_AD_UNEXPECTED_MESSAGE);
  }
}

TEST_CASE("post-handshake authentication with the openssl command as the client", "[openssl]") {
  for (const bool is_good : {true, false}) {
    tls::server_settings s = server_defaults();
    s.trust = trust();
    s.post_handshake_auth = true;
    std::error_code ec;
    tls::tcp_acceptor acceptor("127.0.0.1", 0);
    const std::string who = is_good ? "client" : "foreign_client";
    const std::string command = "(printf before; sleep 3) | openssl s_client -quiet -enable_pha -connect 127.0.0.1:" +
                                std::to_string(acceptor.local_port()) + " -CAfile " + file("root.pem") + " -cert " +
                                file((who + "_chain.pem").c_str()) + " -cert_chain " +
                                file((who + "_chain.pem").c_str()) + " -key " + file((who + "_key.pem").c_str()) +
                                " 2>&1";
    std::FILE* other = ::popen(command.c_str(), "r");
    REQUIRE(other != nullptr);
    tls::stream server{tls::context::server(s), acceptor.accept_transport(ec)};
    char block[6];
    server.read(block, ec);
    INFO(tls::explain(server.error()));
    REQUIRE_FALSE(ec);
    CHECK(server.peer_certificate() == nullptr);
    server.request_client_certificate(tls::verify_mode::required, ec);
    CHECK_FALSE(ec);
    server.await_client_certificate(ec);
    if (is_good) {
      CHECK_FALSE(ec);
      REQUIRE(server.peer_certificate() != nullptr);
      CHECK(*server.peer_certificate() == client_identity().chain().front());
      server.write("welcome\n", ec);
      server.shutdown_send(ec);
    } else {
      CHECK(ec == tls::errc::unknown_issuer);
    }
    std::string said;
    char text[512];
    for (std::size_t n; (n = std::fread(text, 1, sizeof text, other)) != 0;) said.append(text, n);
    ::pclose(other);
    INFO(said);
    CHECK((said.find("welcome") != std::string::npos) == is_good);
  }
}

TEST_CASE("post-handshake authentication with the openssl command as the server", "[openssl]") {
  for (const bool is_good : {true, false}) {
    std::error_code ec;
    const int port = tls::tcp_acceptor("127.0.0.1", 0).local_port();  // free for now
    const std::string command =
        "(sleep 1; echo c; sleep 1; echo welcome; sleep 1; echo Q) | openssl s_server -naccept 1 "
        "-verify_return_error -accept 127.0.0.1:" +
        std::to_string(port) + " -CAfile " + file("root.pem") + " -cert " + file("server_chain.pem") + " -cert_chain " +
        file("server_chain.pem") + " -key " + file("server_key.pem") + " 2>&1";
    std::FILE* other = ::popen(command.c_str(), "r");
    REQUIRE(other != nullptr);
    const tls::context context =
        tls::context::client(is_good ? willing() : willing(pki::foreign_client_chain, pki::foreign_client_key));
    std::string got;
    for (int i = 0; i < 50; ++i) {
      tls::error_info info;
      auto client =
          tls::tcp_stream<tls::default_backend>::connect(context, "127.0.0.1", port, info, {.peer = server_name});
      if (client) {
        got = client->read_all(1000, ec);
        break;
      }
      std::this_thread::sleep_for(std::chrono::milliseconds(100));
    }
    ::pclose(other);
    CHECK((got == "welcome\n") == is_good);
    CHECK((ec == tls::errc::alert_received) == !is_good);
  }
}
