// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "plugtls/bytes.hpp"
#include "plugtls/error_info.hpp"

namespace plugtls {

/// What both ends must agree on to export the same keying material (RFC 5705 §4, RFC 8446 §7.5).
struct exporter_label {
  std::string_view label;            ///< 1 to 53 characters of ASCII, registered with IANA or beginning "EXPERIMENTAL"
  std::optional<byte_view> context;  ///< up to 512 bytes; in TLS 1.2 none differs from an empty one
};

namespace detail {

/// Most that can be exported under one label: 255 blocks of TLS 1.3's smallest hash (RFC 5869 §2.3).
inline constexpr std::size_t max_exported_size = 8160;

/// Longest label: the RFCs would take 249 characters, wolfSSL has room for as many with a suite of SHA-384
/// (wolfssl/wolfcrypt/kdf.h, MAX_TLS13_HKDF_LABEL_SZ); those that are registered are shorter.
inline constexpr std::size_t max_exporter_label = 53;
/// Longest context. The RFCs would take 65535 bytes; OpenSSL 3.0 has room for 1024 of random values, label and context
/// in TLS 1.2 (providers/implementations/kdfs/tls1_prf.c, TLS1_PRF_MAXBUF), and what one end can export the other must,
/// too.
inline constexpr std::size_t max_exporter_context = 512;

/// Refuses what no version could export, and the labels by which TLS 1.2 makes its own secrets (RFC 5705 §4).
inline errc check_export(const exporter_label& what, std::size_t size, error_info& info) {
  for (const char c : what.label)
    if (c < 0x20 || c > 0x7e) return info.set(errc::invalid_argument, "a label of an exporter is ASCII (RFC 5705 §4)");
  if (what.label.empty()) return info.set(errc::invalid_argument, "an exporter needs a label (RFC 5705 §4)");
  if (what.label.size() > max_exporter_label)
    return info.set(errc::unsupported, "an exporter's label is at most 53 characters long here");
  for (const std::string_view own :
       {"client finished", "server finished", "master secret", "extended master secret", "key expansion"})
    if (what.label == own)
      return info.set(errc::invalid_argument, "'" + std::string(own) + "' is a label of TLS's own (RFC 5705 §4)");
  if (what.context && what.context->size() > max_exporter_context)
    return info.set(errc::unsupported, "an exporter's context is at most 512 bytes long here: give a digest of it");
  if (size == 0 || size > max_exported_size)
    return info.set(errc::invalid_argument, "an exporter gives 1 to 8160 bytes (RFC 5869 §2.3)");
  return errc::success;
}

}  // namespace detail
}  // namespace plugtls
