// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <string>
#include <string_view>

#include "plugtls/capability.hpp"
#include "plugtls/engine.hpp"
#include "plugtls/openssl/compat.hpp"
#include "plugtls/openssl/connection.hpp"
#include "plugtls/openssl/context.hpp"
#include "plugtls/openssl/decrypt.hpp"
#include "plugtls/openssl/numbers.hpp"
#include "plugtls/openssl/private_key.hpp"
#include "plugtls/openssl/signature.hpp"
#include "plugtls/protocol.hpp"

namespace plugtls::openssl {

/// The backend over OpenSSL 3.0 and newer.
struct backend {
  static constexpr std::string_view name = "openssl";
  static constexpr capability_set capabilities = [] {
    capability_set set = {capability::ed25519,
                          capability::server_suite_order,
                          capability::server_group_order,
                          capability::renegotiation_info,
                          capability::key_update,
                          capability::any_alpn_name,
                          capability::long_chain,
                          capability::many_alt_names,
                          capability::pbes2_aes,
                          capability::encrypted_der_key,
                          capability::large_handshake_message,
                          capability::encrypted_alert_number,
                          capability::exact_certificate_alert,
                          capability::x448,
                          capability::critical_name_constraints,
                          capability::ocsp_stapling,
                          capability::external_rsa_key,
                          capability::external_rsa_pss_key,
                          capability::external_ec_key,
                          capability::external_scheme_choice,
                          capability::pending_signature,
                          capability::max_fragment_length,
                          capability::signature_scheme_choice,
                          capability::rsa_pss_tls1_2,
                          capability::key_log,
                          capability::exporter,
                          capability::tls_unique,
                          capability::client_auth_resumption,
                          capability::pkcs12,
                          capability::scrypt_key,
                          capability::session_ids,
                          capability::release_buffers,
                          capability::older_version_session};
    set.add(capability::tls1_3, has_tls1_3);
    set.add(capability::external_psk, has_psk);
    set.add(capability::external_psk_tls1_3, has_psk && has_tls1_3);
    set.add(capability::request_key_update, has_tls1_3);
    set.add(capability::early_data, has_tls1_3);
    set.add(capability::max_fragment_length_tls1_3, has_tls1_3);
    set.add(capability::client_ca_names_tls1_3, has_tls1_3);
    set.add(capability::post_handshake_auth, has_tls1_3);
    set.add(capability::x25519mlkem768, has_mlkem);
    return set;
  }();

  using private_key = openssl::private_key;
  using context = openssl::context;
  using connection = openssl::connection;

  static library_info library() { return {std::string("OpenSSL ") + OpenSSL_version(OPENSSL_VERSION_STRING)}; }

  static errc start(error_info& info) {
    static const bool initialised = OPENSSL_init_ssl(0, nullptr) == 1;
    if (!initialised) return refuse(info, errc::unsupported, "to initialise");
    // Within a major version the ABI only grows (OpenSSL 3.0 migration guide), so newer is fine and older is not.
    const unsigned long running = OpenSSL_version_num();
    const auto release = [](unsigned long v) { return v >> 20; };
    if (running >> 28 == header_version >> 28 && release(running) >= release(header_version)) return errc::success;
    return info.set(errc::unsupported, "this program was compiled against " OPENSSL_VERSION_TEXT ", and runs with " +
                                           library().text + "; install the former, or rebuild it");
  }

  static bool supports(tls_version v) noexcept {
    return v == tls_version::tls1_2 || (v == tls_version::tls1_3 && has_tls1_3);
  }
  static bool supports(cipher_suite s) noexcept { return *native_name(s) != '\0'; }
  static bool supports(named_group g) noexcept { return *native_name(g) != '\0'; }
  static bool supports(signature_scheme s) noexcept { return *native_name(s) != '\0'; }

  static bool prefers_chacha20() noexcept {
    static const bool slow = !has_fast_aes(OPENSSL_info(OPENSSL_INFO_CPU_SETTINGS));
    return slow;
  }
  static named_group fastest_group() noexcept { return named_group::x25519; }

  static bool random(std::span<std::byte> out) noexcept {
    return out.size() <= INT_MAX &&
           RAND_bytes(reinterpret_cast<unsigned char*>(out.data()), static_cast<int>(out.size())) == 1;
  }
  // The encoding is ASN.1 with a version; a major version of the library may end it.
  static std::string session_format() { return "OpenSSL " + std::to_string(OPENSSL_version_major()); }

  static errc verify_signature(byte_view spki, byte_view algorithm, byte_view signed_bytes, byte_view signature) {
    return openssl::verify_signature(spki, algorithm, signed_bytes, signature);
  }
  static errc verify_digest(byte_view spki, signature_scheme scheme, byte_view digest, byte_view signature) {
    return openssl::verify_digest(spki, scheme, digest, signature);
  }
  static errc decrypt_pbe(byte_view algorithm, const secret& password, byte_view ciphertext, secret& opened) {
    return openssl::decrypt_pbe(algorithm, password, ciphertext, opened);
  }
};

static_assert(Backend<backend>);

}  // namespace plugtls::openssl
