// SPDX-License-Identifier: BSL-1.0
#include <optional>

#include "forger.hpp"
#include "plugtls/backend.hpp"
#include "support/catch.hpp"
#include "support/drive.hpp"
#include "support/pki.hpp"

namespace tls = plugtls;
using namespace plugtls_test;

namespace {

// A client whose server has sent it, after the handshake, one record of TLS 1.3 of its own making.
endpoint<tls::engine> told(const std::string& contents, char type) {
  forger server;
  endpoint<tls::engine> client(tls::engine(tls::context::client(client_defaults()), server_name));
  std::string from_client = client.answer("");
  for (int i = 0; i < 6; ++i) from_client = client.answer(server.step(from_client));
  REQUIRE(client.up());
  client.answer(server.seal(contents, type));
  return client;
}

}  // namespace

TEST_CASE("an error alert of TLS 1.3 ends the connection whatever its level, and is no orderly end", "[openssl]") {
  for (const char level : {'\1', '\2', '\0'}) {
    CAPTURE(int(level));
    auto client = told({level, '\50'}, '\x15');
    CHECK(client.read_error == tls::errc::alert_received);
    CHECK(client.engine.error().code == tls::errc::alert_received);
    CHECK(client.engine.error().alert_received == tls::alert::handshake_failure);
  }
  CHECK(told({'\1', '\0'}, '\x15').read_error == tls::errc::closed);
  // user_canceled is followed by close_notify (RFC 8446 §6.1).
  for (const char level : {'\1', '\2'}) {
    auto canceled = told({level, '\x5a'}, '\x15');
    CHECK(canceled.read_error == tls::errc::success);
    canceled.port.ended = true;
    canceled.step();
    CHECK(canceled.read_error == tls::errc::truncated);
    CHECK_FALSE(canceled.engine.error().alert_received.has_value());
  }
}

TEST_CASE("a message of an open connection that has the wrong size is a bad_record", "[openssl]") {
  auto client = told(std::string("\x18\0\0\2\0\0", 6), '\x16');  // KeyUpdate
  CHECK(client.read_error == tls::errc::bad_record);
}
