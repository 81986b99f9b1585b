// SPDX-License-Identifier: BSL-1.0
#include <algorithm>
#include <cstring>
#include <memory>
#include <string>

#include "plugtls/backend.hpp"
#include "support/catch.hpp"
#include "support/drive.hpp"
#include "support/pki.hpp"

namespace tls = plugtls;
namespace pki = plugtls::test_pki;
using namespace plugtls_test;

static_assert(!tls::has<tls::default_backend, tls::capability::post_handshake_auth>);

namespace {

/// wolfSSL as a server that asks whom it may not: made for either side, it believes that the client has offered to be
/// asked (RFC 8446 §4.2.6).
class nosy_server {
 public:
  nosy_server() {
    WOLFSSL_CTX* ctx = context_.get();
    REQUIRE(ctx != nullptr);
    wolfSSL_CTX_set_min_proto_version(ctx, TLS1_3_VERSION);
    const std::string folder = PLUGTLS_TEST_DATA "/pki/";
    REQUIRE(wolfSSL_CTX_use_certificate_chain_file(ctx, (folder + "server_chain.pem").c_str()) == WOLFSSL_SUCCESS);
    REQUIRE(wolfSSL_CTX_use_PrivateKey_file(ctx, (folder + "server_key.pem").c_str(), WOLFSSL_FILETYPE_PEM) ==
            WOLFSSL_SUCCESS);
    REQUIRE(wolfSSL_CTX_allow_post_handshake_auth(ctx) == 0);
    wolfSSL_CTX_set_verify(ctx, WOLFSSL_VERIFY_NONE, nullptr);
    wolfSSL_CTX_no_ticket_TLSv13(ctx);
    wolfSSL_CTX_SetIORecv(ctx, receive);
    wolfSSL_CTX_SetIOSend(ctx, send);
    ssl_.reset(wolfSSL_new(ctx));
    REQUIRE(ssl_);
    wolfSSL_SetIOReadCtx(ssl_.get(), this);
    wolfSSL_SetIOWriteCtx(ssl_.get(), this);
  }
  nosy_server(const nosy_server&) = delete;
  nosy_server& operator=(const nosy_server&) = delete;

  std::string step(std::string_view received) {
    in_ += received;
    char block[4096];
    if (wolfSSL_accept(ssl_.get()) == WOLFSSL_SUCCESS) wolfSSL_read(ssl_.get(), block, sizeof block);
    return std::exchange(out_, {});
  }

  /// A request, and maybe data behind it.
  std::string ask(std::string_view data) {
    wolfSSL_set_verify(ssl_.get(), WOLFSSL_VERIFY_PEER, [](int, WOLFSSL_X509_STORE_CTX*) { return 1; });
    REQUIRE(wolfSSL_request_certificate(ssl_.get()) == WOLFSSL_SUCCESS);
    wolfSSL_write(ssl_.get(), data.data(), static_cast<int>(data.size()));  // sends what waits
    return std::exchange(out_, {});
  }

  bool knows_client() const { return wolfSSL_get_chain_count(wolfSSL_get_peer_chain(ssl_.get())) > 0; }
  /// The last alert that came; -1 where none did.
  int alert_received() const {
    WOLFSSL_ALERT_HISTORY history{};
    wolfSSL_get_alert_history(ssl_.get(), &history);
    return history.last_rx.code;
  }

 private:
  static int receive(WOLFSSL*, char* out, int size, void* self) {
    std::string& in = static_cast<nosy_server*>(self)->in_;
    if (in.empty()) return WOLFSSL_CBIO_ERR_WANT_READ;
    const std::size_t n = std::min(in.size(), static_cast<std::size_t>(size));
    std::memcpy(out, in.data(), n);
    in.erase(0, n);
    return static_cast<int>(n);
  }
  static int send(WOLFSSL*, char* bytes, int size, void* self) {
    static_cast<nosy_server*>(self)->out_.append(bytes, static_cast<std::size_t>(size));
    return size;
  }

  std::string in_, out_;
  tls::wolfssl::ctx_handle context_{wolfSSL_CTX_new(wolfSSLv23_method())};
  tls::wolfssl::ssl_handle ssl_;
};

}  // namespace

TEST_CASE("a client that has not offered to be asked refuses a request after the handshake", "[wolfssl]") {
  for (const bool has_certificate : {true, false})
    for (const std::string_view data : {"", "data behind the request"}) {
      CAPTURE(has_certificate, data);
      tls::client_settings s = client_defaults();
      if (has_certificate) s.identities = {make_identity(pki::client_chain, pki::client_key)};
      nosy_server server;
      endpoint<tls::engine> client(tls::engine(tls::context::client(s), server_name));
      std::string from_client = client.answer("");
      for (int i = 0; i < 6; ++i) from_client = client.answer(server.step(from_client));
      REQUIRE(client.up());
      const std::string answer = client.answer(server.ask(data));
      INFO(tls::explain(client.engine.error()));
      CHECK(client.read_error == tls::errc::bad_record);
      server.step(answer);
      CHECK_FALSE(server.knows_client());
      CHECK(client.incoming.empty());
      CHECK(answer.size() < 30);
      // Without a certificate the library is stopped too late for an alert; 5.9 stops by itself.
      const int expected = static_cast<int>(client.engine.error().alert_sent.value_or(tls::alert::close_notify));
      CHECK(server.alert_received() == (answer.empty() ? -1 : expected));
      if (has_certificate) CHECK((expected == 10 || expected == 80));  // unexpected_message, internal_error
      CHECK(client.engine.write_some(client.port, reinterpret_cast<const std::byte*>("x"), 1).error ==
            tls::errc::bad_record);
    }
}
