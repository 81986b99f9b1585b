// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <string>
#include <string_view>

#include "plugtls/engine.hpp"
#include "plugtls/mbedtls/connection.hpp"
#include "plugtls/mbedtls/decrypt.hpp"
#include "plugtls/mbedtls/signature.hpp"

namespace plugtls::mbedtls {

/// plugtls over mbedTLS 2.28, 3 or 4. What it can do is told by `capabilities`; see the folder's README for why.
struct backend {
  static constexpr std::string_view name = "mbedtls";
  static constexpr capability_set capabilities = compat::capabilities;

  using private_key = mbedtls::private_key;
  using context = mbedtls::context;
  using connection = mbedtls::connection;

  static library_info library() { return {"mbedTLS " + version_text(mbedtls_version_get_number())}; }

  static errc start(error_info& info) {
    // A minor version may change structures, a patch release does not.
    const unsigned number = mbedtls_version_get_number();
    if (number >> 16 != MBEDTLS_VERSION_NUMBER >> 16)
      return info.set(errc::unsupported, "this program was compiled against mbedTLS " +
                                             version_text(MBEDTLS_VERSION_NUMBER) + ", and runs with " +
                                             library().text + "; install the former, or rebuild it");
    static const psa_status_t initialised = psa_crypto_init();
    if (initialised == PSA_SUCCESS) return errc::success;
    info.native = initialised;
    return info.set(errc::unsupported, "mbedTLS cannot initialise its cryptography");
  }

  static bool supports(tls_version v) { return mbedtls::supports(v); }
  static bool supports(cipher_suite s) { return mbedtls::supports(s); }
  static bool supports(named_group g) { return mbedtls::supports(g); }
  static bool supports(signature_scheme s) { return mbedtls::supports(s); }

  // Its GCM takes a block at a time, and is the slower one even where the processor has instructions for AES. X25519 is
  // faster in 2.28, and P-256 since 3 (both measured).
  static bool prefers_chacha20() noexcept { return true; }
  static named_group fastest_group() noexcept {
    return MBEDTLS_VERSION_NUMBER < 0x03000000 ? named_group::x25519 : named_group::secp256r1;
  }

  static bool random(std::span<std::byte> out) noexcept { return compat::fill_random(out); }
  // Each version, and each configuration, writes sessions in its own way.
  static std::string session_format() { return library().text; }

  static errc verify_signature(byte_view spki, byte_view algorithm, byte_view signed_bytes, byte_view signature) {
    return mbedtls::verify_signature(spki, algorithm, signed_bytes, signature);
  }
  static errc verify_digest(byte_view spki, signature_scheme scheme, byte_view digest, byte_view signature) {
    return mbedtls::verify_digest(spki, scheme, digest, signature);
  }
  static errc decrypt_pbe(byte_view algorithm, const secret& password, byte_view ciphertext, secret& opened) {
    return mbedtls::decrypt_pbe(algorithm, password, ciphertext, opened);
  }

 private:
  static std::string version_text(unsigned number) {
    return std::to_string(number >> 24) + "." + std::to_string(number >> 16 & 0xff) + "." +
           std::to_string(number >> 8 & 0xff);
  }
};

static_assert(Backend<backend>);

}  // namespace plugtls::mbedtls
