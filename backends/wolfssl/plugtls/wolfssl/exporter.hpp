// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <span>
#include <string_view>

#include "plugtls/detail/exporter_seed.hpp"
#include "plugtls/exporter.hpp"
#include "plugtls/wolfssl/compat.hpp"
#include "plugtls/wolfssl/handle.hpp"

namespace plugtls::wolfssl {

/// Exports keying material of TLS 1.2 (RFC 5705 §4). wolfSSL's own function takes label and context of 62 bytes in all
/// (5.5 to 5.9 wolfcrypt/src/kdf.c, MAX_PRF_LABSEED); its PRF takes any.
[[gnu::cold]] inline errc export_tls1_2(WOLFSSL* ssl, int hash, const exporter_label& what, std::span<std::byte> out) {
  unsigned char *master = nullptr, *server = nullptr, *client = nullptr;  // wolfSSL's; nothing is copied
  unsigned master_size = 0, server_size = 0, client_size = 0;
  if (wolfSSL_get_keys(ssl, &master, &master_size, &server, &server_size, &client, &client_size) != WOLFSSL_SUCCESS)
    return errc::unsupported;
  byte_vector seed = detail::exporter_seed(std::as_bytes(std::span(client, client_size)),
                                           std::as_bytes(std::span(server, server_size)), what.context);
  const byte_view label = as_bytes(what.label);
  seed.insert(seed.begin(), label.begin(), label.end());
  const int e = wc_PRF(reinterpret_cast<unsigned char*>(out.data()), static_cast<word32>(out.size()), master,
                       master_size, data(byte_view(seed)), size(byte_view(seed)), hash, nullptr, INVALID_DEVID);
  return e == 0 ? errc::success : e == MEMORY_E ? errc::out_of_memory : errc::unsupported;
}

[[gnu::cold]] inline errc export_tls1_3(WOLFSSL* ssl, const exporter_label& what, std::span<std::byte> out) {
  const byte_view context = what.context.value_or(byte_view());
  return compat::export_keying_material(ssl, reinterpret_cast<unsigned char*>(out.data()), out.size(), what.label,
                                        data(context), context.size()) == WOLFSSL_SUCCESS
             ? errc::success
             : errc::unsupported;
}

}  // namespace plugtls::wolfssl
