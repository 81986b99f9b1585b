// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <string>
#include <string_view>

#include "plugtls/engine.hpp"
#include "plugtls/wolfssl/connection.hpp"
#include "plugtls/wolfssl/decrypt.hpp"
#include "plugtls/wolfssl/signature.hpp"

namespace plugtls::wolfssl {

/// plugtls over wolfSSL 5.5 and newer. What it can do is told by `capabilities`; see the folder's README for why.
struct backend {
  static constexpr std::string_view name = "wolfssl";
  // Not post_handshake_auth, though the library has calls for it: it signs and checks a second answer over the wrong
  // transcript, and takes an earlier proof for a later certificate (5.5 to 5.9; README.md).
  static constexpr capability_set capabilities = [] {
    capability_set set{capability::pbes2_aes,
                       capability::encrypted_der_key,
                       capability::server_suite_order,
                       capability::encrypted_alert_number,
                       capability::critical_name_constraints,
                       capability::key_update,
                       capability::tls_unique,
                       capability::pkcs12};
    set.add(capability::tls1_3, compat::has_tls1_3);
    set.add(capability::session_ids, compat::has_session_ids);
    set.add(capability::external_rsa_key, compat::has_sign_callbacks);
    set.add(capability::external_rsa_pss_key, compat::has_sign_callbacks && compat::has_pss);
    set.add(capability::external_ec_key, compat::has_sign_callbacks);
    set.add(capability::pending_signature, compat::has_sign_callbacks);
    set.add(capability::external_psk, compat::has_psk_tls1_2);
    set.add(capability::external_psk_tls1_3, compat::has_psk && compat::has_tls1_3);
    set.add(capability::request_key_update, compat::has_tls1_3);
    set.add(capability::release_buffers, compat::releases_buffers);
    set.add(capability::max_fragment_length, compat::has_max_fragment);
    set.add(capability::max_fragment_length_tls1_3, compat::has_max_fragment && compat::has_tls1_3);
    set.add(capability::client_ca_names_tls1_3, compat::has_ca_names_1_3);
    set.add(capability::ed25519, compat::has_ed25519);
    set.add(capability::renegotiation_info, compat::has_renegotiation_info);
    set.add(capability::many_alt_names, compat::has_many_alt_names);
    set.add(capability::exporter, compat::has_exporter);
    set.add(capability::x448, compat::has_x448);
    set.add(capability::x25519mlkem768, compat::has_mlkem);
    set.add(capability::signature_scheme_choice, compat::keeps_to_schemes);
    set.add(capability::rsa_pss_tls1_2, compat::has_pss);
    return set;
  }();

  using private_key = wolfssl::private_key;
  using context = wolfssl::context;
  using connection = wolfssl::connection;

  static library_info library() { return {std::string("wolfSSL ") + wolfSSL_lib_version()}; }

  static errc start(error_info& info) {
    // Structures and error numbers change from release to release, and so does the library's file name.
    if (wolfSSL_lib_version_hex() != LIBWOLFSSL_VERSION_HEX)
      return info.set(errc::unsupported, "this program was compiled against wolfSSL " LIBWOLFSSL_VERSION_STRING
                                         ", and runs with " +
                                             library().text + "; install the former, or rebuild it");
    static const int initialised = wolfSSL_Init();
    if (initialised == WOLFSSL_SUCCESS) return errc::success;
    return refuse(info, initialised, errc::unsupported, "wolfSSL cannot initialise itself");
  }

  static bool supports(tls_version v) { return wolfssl::supports(v); }
  static bool supports(cipher_suite s) { return wolfssl::supports(s); }
  static bool supports(named_group g) { return wolfssl::supports(g); }
  static bool supports(signature_scheme s) { return wolfssl::supports(s); }

  static bool prefers_chacha20() noexcept { return !compat::has_fast_aes(); }
  static named_group fastest_group() noexcept { return named_group::x25519; }

  static bool random(std::span<std::byte> out) noexcept { return fill_random(out); }
  // Each version writes sessions in its own way.
  static std::string session_format() { return library().text; }

  static errc verify_signature(byte_view spki, byte_view algorithm, byte_view signed_bytes, byte_view signature) {
    return wolfssl::verify_signature(spki, algorithm, signed_bytes, signature);
  }
  static errc verify_digest(byte_view spki, signature_scheme scheme, byte_view digest, byte_view signature) {
    return wolfssl::verify_digest(spki, scheme, digest, signature);
  }
  static errc decrypt_pbe(byte_view algorithm, const secret& password, byte_view ciphertext, secret& opened) {
    return wolfssl::decrypt_pbe(algorithm, password, ciphertext, opened);
  }
};

static_assert(Backend<backend>);

}  // namespace plugtls::wolfssl
