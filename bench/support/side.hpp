// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstddef>
#include <memory>
#include <string>

// What all implementations that are compared have in common. Each gives a context, made from `options`, and one or more
// kinds of connection, made from a context and a transport, with
//   outcome handshake();                              goes on as far as it can
//   std::size_t write(const void*, std::size_t);      0: it would block
//   std::size_t read(void*, std::size_t);             0: it would block
// They throw where the connection fails. A transport is copied, and has read and write as ring_end has them.

namespace bench {

enum class outcome { done, again };

/// Sessions to be resumed: none, as plugtls has it unless told otherwise; kept by the client, with tickets from the
/// server; or whatever the library does by itself.
enum class sessions { off, kept, as_they_come };

/// What a connection is to be. Everything else is the same for all: a chain of two certificates, which the client
/// verifies with its root and the name "localhost".
struct options {
  bool is_client = true;
  bool is_1_3 = true;
  bool is_expert = true;  ///< else the library's own defaults, as most programs leave them
  bench::sessions sessions = sessions::off;
  bool releases_buffers = false;
  bool is_rsa = false;     ///< the server's key: RSA-2048, else ECDSA P-256
  bool is_chacha = false;  ///< ChaCha20-Poly1305, else AES-128-GCM
  bool is_p256 = false;    ///< the group: P-256, else X25519 and then P-256
};

/// The suite of TLS 1.2, as OpenSSL and wolfSSL call it.
inline std::string suite_1_2(const options& o) {
  return std::string("ECDHE-") + (o.is_rsa ? "RSA" : "ECDSA") +
         (o.is_chacha ? "-CHACHA20-POLY1305" : "-AES128-GCM-SHA256");
}

/// Owns an object of a C library.
template <auto Release>
struct releaser {
  template <class T>
  void operator()(T* p) const noexcept {
    Release(p);
  }
};
template <class T, auto Release>
using handle = std::unique_ptr<T, releaser<Release>>;

}  // namespace bench
