// SPDX-License-Identifier: BSL-1.0
// What a backend lacks stops the build, and the message names both.
// expect: this backend lacks a required capability
// expect: small_backend
// expect: tls1_3
#include <plugtls/capability.hpp>

struct small_backend {
  static constexpr plugtls::capability_set capabilities{plugtls::capability::ed25519};
};

int main() {
  plugtls::require<small_backend, plugtls::capability::ed25519>();
  plugtls::require<small_backend, plugtls::capability::tls1_3>();
}
