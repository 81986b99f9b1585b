// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstddef>
#include <memory>

// What all implementations that are compared have in common. Each gives a context, made from `options`, and one or more
// kinds of connection, made from a context and a transport, with
//   outcome handshake();                              goes on as far as it can
//   std::size_t write(const void*, std::size_t);      one record at most; ends the program where nothing is taken
//   std::size_t read(void*, std::size_t);             0: it would block
// A transport is copied, and has read and write as ring_end has them.

namespace bench {

enum class outcome { done, again };

/// What a connection is to be. Everything else is the same for all: AES-128-GCM, X25519, a key for ECDSA with P-256, a
/// chain of two certificates, which the client verifies with its root and the name "localhost".
struct options {
  bool is_client = true;
  bool is_1_3 = true;
  bool is_expert = true;  ///< else the library's own defaults, as most programs leave them
  bool resumes = false;   ///< a server's: it sends a ticket
  bool releases_buffers = false;
};

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
