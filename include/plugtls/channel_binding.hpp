// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstdint>
#include <string_view>

#include "plugtls/bytes.hpp"
#include "plugtls/certificate_view.hpp"
#include "plugtls/detail/algorithm.hpp"
#include "plugtls/detail/sha2.hpp"
#include "plugtls/errc.hpp"

namespace plugtls {

/// What an authentication above TLS can be bound to, so that nobody in the middle can pass it on (RFC 5056). Both ends
/// of a connection compute the same bytes.
enum class channel_binding_type : std::uint8_t {
  tls_exporter,          ///< 32 bytes of keying material (RFC 9266)
  tls_server_end_point,  ///< digest of the server's certificate (RFC 5929 §4)
  tls_unique,            ///< the first Finished message, TLS 1.2 only (RFC 5929 §3); capability tls_unique
};

/// Returns the name of a type as IANA registers it, which is also what SCRAM writes.
constexpr std::string_view name(channel_binding_type type) noexcept {
  switch (type) {
    case channel_binding_type::tls_exporter: return "tls-exporter";
    case channel_binding_type::tls_server_end_point: return "tls-server-end-point";
    case channel_binding_type::tls_unique: return "tls-unique";
  }
  return "";
}

/// Computes the channel binding `tls-server-end-point` of a server's certificate: its digest by the hash of its own
/// signature, SHA-256 in place of MD5 and SHA-1 (RFC 5929 §4.1). `unsupported` where the signature's algorithm has no
/// hash of its own, or none that is known: for Ed25519, say, the binding is not defined.
inline byte_vector server_end_point(const certificate_view& server, errc& e) {
  const auto bytes = [](const auto& digest) { return byte_vector(digest.begin(), digest.end()); };
  e = errc::success;
  switch (detail::digest_bits(server.signature_algorithm())) {
    case 224: return bytes(detail::sha224(server.der()));
    case 128:
    case 160:
    case 256: return bytes(detail::sha256(server.der()));
    case 384: return bytes(detail::sha384(server.der()));
    case 512: return bytes(detail::sha512(server.der()));
    default: e = errc::unsupported; return {};
  }
}

}  // namespace plugtls
