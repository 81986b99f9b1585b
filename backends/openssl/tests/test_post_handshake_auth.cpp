// SPDX-License-Identifier: BSL-1.0
#include <openssl/err.h>
#include <openssl/hmac.h>
#include <openssl/ssl.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <thread>
#include <utility>

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

/// OpenSSL as a server that nobody has told what not to send: it seals what it is given with its own keys.
class forger {
 public:
  forger() {
    SSL_CTX_set_min_proto_version(context_, TLS1_3_VERSION);
    SSL_CTX_set_num_tickets(context_, 0);
    const std::string folder = PLUGTLS_TEST_DATA "/pki/";
    SSL_CTX_use_certificate_chain_file(context_, (folder + "server_chain.pem").c_str());
    SSL_CTX_use_PrivateKey_file(context_, (folder + "server_key.pem").c_str(), SSL_FILETYPE_PEM);
    SSL_CTX_set_ciphersuites(context_, "TLS_AES_128_GCM_SHA256");
    SSL_CTX_set_keylog_callback(context_, hear);
    ssl_ = SSL_new(context_);
    SSL_set_app_data(ssl_, this);
    BIO_set_mem_eof_return(in_, -1);
    SSL_set_bio(ssl_, in_, out_);
    SSL_set_accept_state(ssl_);
  }
  forger(const forger&) = delete;
  forger& operator=(const forger&) = delete;
  ~forger() {
    SSL_free(ssl_);
    SSL_CTX_free(context_);
  }

  std::string step(std::string_view received) {
    if (!received.empty()) BIO_write(in_, received.data(), static_cast<int>(received.size()));
    char block[16384];
    if (SSL_do_handshake(ssl_) == 1 && SSL_read(ssl_, block, sizeof block) <= 0) error_ = ERR_peek_last_error();
    std::string sent;
    for (int n; (n = BIO_read(out_, block, sizeof block)) > 0;) sent.append(block, static_cast<std::size_t>(n));
    return sent;
  }

  /// One record of TLS 1.3 (RFC 8446 §5.2), the first that the server sends after its handshake.
  std::string seal(std::string message) const {
    message += '\x16';
    const std::string key = expand("key", 16), nonce = expand("iv", 12);
    const std::size_t size = message.size() + 16;
    std::string record{'\x17', '\x03', '\x03', static_cast<char>(size >> 8), static_cast<char>(size & 0xff)};
    EVP_CIPHER_CTX* cipher = EVP_CIPHER_CTX_new();
    int n = 0;
    EVP_EncryptInit_ex(cipher, EVP_aes_128_gcm(), nullptr, bytes(key), bytes(nonce));
    EVP_EncryptUpdate(cipher, nullptr, &n, bytes(record), static_cast<int>(record.size()));
    std::string sealed(size, '\0');
    EVP_EncryptUpdate(cipher, bytes(sealed), &n, bytes(message), static_cast<int>(message.size()));
    EVP_EncryptFinal_ex(cipher, bytes(sealed) + n, &n);
    EVP_CIPHER_CTX_ctrl(cipher, EVP_CTRL_AEAD_GET_TAG, 16, sealed.data() + message.size());
    EVP_CIPHER_CTX_free(cipher);
    return record + sealed;
  }

  /// What ended it, as OpenSSL's reason.
  int reason() const { return ERR_GET_REASON(error_); }

 private:
  static const unsigned char* bytes(const std::string& s) { return reinterpret_cast<const unsigned char*>(s.data()); }
  static unsigned char* bytes(std::string& s) { return reinterpret_cast<unsigned char*>(s.data()); }

  static void hear(const SSL* ssl, const char* line) {
    const std::string_view text(line);
    if (!text.starts_with("SERVER_TRAFFIC_SECRET_0 ")) return;
    auto& self = *static_cast<forger*>(SSL_get_app_data(ssl));
    const std::string_view digits = text.substr(text.rfind(' ') + 1);
    for (std::size_t i = 0; i + 1 < digits.size(); i += 2)
      self.secret_ += static_cast<char>(std::strtol(std::string(digits.substr(i, 2)).c_str(), nullptr, 16));
  }

  // HKDF-Expand-Label (RFC 8446 §7.1), one block of it.
  std::string expand(const char* label, std::size_t size) const {
    const std::string whole = std::string("tls13 ") + label;
    std::string info{'\0', static_cast<char>(size), static_cast<char>(whole.size())};
    info += whole + '\0' + '\x01';
    std::string out(32, '\0');
    unsigned n = 0;
    HMAC(EVP_sha256(), secret_.data(), static_cast<int>(secret_.size()), bytes(info), info.size(), bytes(out), &n);
    return out.substr(0, size);
  }

  SSL_CTX* context_ = SSL_CTX_new(TLS_server_method());
  SSL* ssl_ = nullptr;
  BIO* in_ = BIO_new(BIO_s_mem());  // the connection's, as the other
  BIO* out_ = BIO_new(BIO_s_mem());
  std::string secret_;
  unsigned long error_ = 0;
};

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
