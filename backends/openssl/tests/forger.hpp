// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/ssl.h>

#include <cstdlib>
#include <string>
#include <string_view>

namespace plugtls_test {

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
  std::string seal(std::string message, char type = '\x16') const {
    message += type;
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

}  // namespace plugtls_test
