// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <mbedtls/version.h>

#if MBEDTLS_VERSION_NUMBER < 0x03000000
#include <mbedtls/ssl_internal.h>
#endif

#include <array>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include "plugtls/detail/exporter_seed.hpp"
#include "plugtls/detail/hello_reader.hpp"
#include "plugtls/exporter.hpp"
#include "plugtls/mbedtls/compat.hpp"

/// How versions of mbedTLS tell what belongs to a connection's keys.
namespace plugtls::mbedtls::compat {

/// Views what was kept of a Finished message for renegotiation (RFC 5746); empty where this build keeps nothing.
inline byte_view finished(const mbedtls_ssl_context& ssl, bool own) noexcept {
#if !defined(MBEDTLS_SSL_RENEGOTIATION)
  static_cast<void>(ssl);
  static_cast<void>(own);
  return {};
#elif MBEDTLS_VERSION_NUMBER < 0x03000000
  return std::as_bytes(std::span(own ? ssl.own_verify_data : ssl.peer_verify_data, ssl.verify_data_len));
#else
  return std::as_bytes(std::span(own ? ssl.MBEDTLS_PRIVATE(own_verify_data) : ssl.MBEDTLS_PRIVATE(peer_verify_data),
                                 ssl.MBEDTLS_PRIVATE(verify_data_len)));
#endif
}

#if MBEDTLS_VERSION_NUMBER < 0x03000000

/// Views the master secret of the session under way or agreed on, which the library holds as long as the connection
/// lives; empty before there is one.
inline byte_view master_secret(const mbedtls_ssl_context& ssl) noexcept {
  const mbedtls_ssl_session* session = ssl.session_negotiate != nullptr ? ssl.session_negotiate : ssl.session;
  if (session == nullptr) return {};
  unsigned char any = 0;
  for (const unsigned char byte : session->master) any |= byte;
  return any == 0 ? byte_view() : std::as_bytes(std::span(session->master));
}

/// What an export calls for of the hellos. 2.28 keeps it with the keys for as long as these last, for
/// mbedtls_ssl_context_save (ssl_internal.h, mbedtls_ssl_transform); builds without that forget it.
#if defined(MBEDTLS_SSL_CONTEXT_SERIALIZATION)
struct kept_randoms {
  void keep(const detail::hello_facts&) noexcept {}
  static bool are_seen(const mbedtls_ssl_context& ssl) noexcept { return ssl.transform != nullptr; }
  static byte_view server(const mbedtls_ssl_context& ssl) noexcept { return both(ssl).first(32); }
  static byte_view client(const mbedtls_ssl_context& ssl) noexcept { return both(ssl).last(32); }

 private:
  static byte_view both(const mbedtls_ssl_context& ssl) noexcept {
    return std::as_bytes(std::span(ssl.transform->randbytes));
  }
};
#else
struct kept_randoms {
  void keep(const detail::hello_facts& facts) noexcept {
    client_random = facts.client_random;
    server_random = facts.server_random;
    randoms_seen = facts.randoms_seen;
  }
  bool are_seen(const mbedtls_ssl_context&) const noexcept { return randoms_seen; }
  byte_view server(const mbedtls_ssl_context&) const noexcept { return server_random; }
  byte_view client(const mbedtls_ssl_context&) const noexcept { return client_random; }

 private:
  std::array<std::byte, 32> client_random{};
  std::array<std::byte, 32> server_random{};
  bool randoms_seen = false;
};
#endif

/// Exports keying material (RFC 5705), which 2.28 leaves to its users.
inline int export_keying_material(mbedtls_ssl_context& ssl, const kept_randoms& randoms, const exporter_label& what,
                                  std::span<std::byte> out) {
  const auto* suite =
      mbedtls_ssl_ciphersuite_from_id(ssl.session == nullptr ? 0 : static_cast<int>(ssl.session->ciphersuite));
  if (suite == nullptr || !randoms.are_seen(ssl)) return MBEDTLS_ERR_SSL_BAD_INPUT_DATA;
  const auto prf =
      suite->mac == MBEDTLS_MD_SHA384 ? MBEDTLS_SSL_TLS_PRF_SHA384 : MBEDTLS_SSL_TLS_PRF_SHA256;  // RFC 5246 §5
  const byte_vector seed = detail::exporter_seed(randoms.client(ssl), randoms.server(ssl), what.context);
  return mbedtls_ssl_tls_prf(prf, ssl.session->master, sizeof ssl.session->master, std::string(what.label).c_str(),
                             data(byte_view(seed)), seed.size(), reinterpret_cast<unsigned char*>(out.data()),
                             out.size());
}

/// 2.28 tells secrets through its configuration, where nothing says which connection they belong to: they are looked
/// for in `master_secret` instead.
template <class Connection>
void tell_secrets(mbedtls_ssl_context&, Connection&) noexcept {}

#else

inline byte_view master_secret(const mbedtls_ssl_context&) noexcept { return {}; }

struct kept_randoms {
  void keep(const detail::hello_facts&) noexcept {}
};

inline int export_keying_material(mbedtls_ssl_context& ssl, const kept_randoms&, const exporter_label& what,
                                  std::span<std::byte> out) noexcept {
#if defined(MBEDTLS_SSL_KEYING_MATERIAL_EXPORT)
  const byte_view context = what.context.value_or(byte_view());
  return mbedtls_ssl_export_keying_material(&ssl, reinterpret_cast<unsigned char*>(out.data()), out.size(),
                                            what.label.data(), what.label.size(), data(context), context.size(),
                                            what.context ? 1 : 0);
#else
  static_cast<void>(ssl), static_cast<void>(what), static_cast<void>(out);
  return MBEDTLS_ERR_SSL_FEATURE_UNAVAILABLE;
#endif
}

/// Has every secret of a connection told to its `log_key(label, client random, secret)`.
template <class Connection>
void tell_secrets(mbedtls_ssl_context& ssl, Connection& to) noexcept {
  mbedtls_ssl_set_export_keys_cb(
      &ssl,
      [](void* self, mbedtls_ssl_key_export_type type, const unsigned char* secret, std::size_t size,
         const unsigned char* client_random, const unsigned char*, mbedtls_tls_prf_types) {
        std::string_view label;
        switch (type) {
          case MBEDTLS_SSL_KEY_EXPORT_TLS12_MASTER_SECRET: label = "CLIENT_RANDOM"; break;
#if defined(MBEDTLS_SSL_PROTO_TLS1_3)
          case MBEDTLS_SSL_KEY_EXPORT_TLS1_3_CLIENT_EARLY_SECRET: label = "CLIENT_EARLY_TRAFFIC_SECRET"; break;
          case MBEDTLS_SSL_KEY_EXPORT_TLS1_3_EARLY_EXPORTER_SECRET: label = "EARLY_EXPORTER_SECRET"; break;
          case MBEDTLS_SSL_KEY_EXPORT_TLS1_3_CLIENT_HANDSHAKE_TRAFFIC_SECRET:
            label = "CLIENT_HANDSHAKE_TRAFFIC_SECRET";
            break;
          case MBEDTLS_SSL_KEY_EXPORT_TLS1_3_SERVER_HANDSHAKE_TRAFFIC_SECRET:
            label = "SERVER_HANDSHAKE_TRAFFIC_SECRET";
            break;
          case MBEDTLS_SSL_KEY_EXPORT_TLS1_3_CLIENT_APPLICATION_TRAFFIC_SECRET:
            label = "CLIENT_TRAFFIC_SECRET_0";
            break;
          case MBEDTLS_SSL_KEY_EXPORT_TLS1_3_SERVER_APPLICATION_TRAFFIC_SECRET:
            label = "SERVER_TRAFFIC_SECRET_0";
            break;
#endif
          default: return;
        }
        static_cast<Connection*>(self)->log_key(label, std::as_bytes(std::span(client_random, 32)),
                                                std::as_bytes(std::span(secret, size)));
      },
      &to);
}

#endif

}  // namespace plugtls::mbedtls::compat
