// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <utility>

#include "plugtls/signer.hpp"

namespace plugtls_test {

/// Signs as the openssl command does, in a process of its own, with a key of the test PKI.
class openssl_signer {
 public:
  explicit openssl_signer(std::string_view key)
      : path_(std::string(PLUGTLS_TEST_DATA "/pki/") + std::string(key) + "_key.pem") {}

  plugtls::errc operator()(const plugtls::signing_request& request, plugtls::byte_vector& signature,
                           plugtls::error_info& info) const {
    const std::string hash = "sha" + std::to_string(request.digest.size() * 8);
    const std::string_view scheme = name(request.scheme);
    std::string options = " -pkeyopt digest:" + hash;
    if (scheme.starts_with("rsa_pss")) options += " -pkeyopt rsa_padding_mode:pss -pkeyopt rsa_pss_saltlen:digest";
    // The shell's printf takes octal digits.
    std::string bytes;
    for (const std::byte b : request.digest) {
      char digits[8];
      std::snprintf(digits, sizeof digits, "\\%03o", std::to_integer<unsigned>(b));
      bytes += digits;
    }
    const std::string command = "printf '" + bytes + "' | openssl pkeyutl -sign -inkey '" + path_ + "'" + options;
    std::FILE* out = ::popen(command.c_str(), "r");
    if (out == nullptr) return info.set(plugtls::errc::io_error, "no process");
    char block[1024];
    const std::size_t n = std::fread(block, 1, sizeof block, out);
    if (::pclose(out) != 0) return info.set(plugtls::errc::io_error, "the openssl command failed");
    const plugtls::byte_view made = plugtls::as_bytes({block, n});
    signature.assign(made.begin(), made.end());
    return plugtls::errc::success;
  }

 private:
  std::string path_;
};

}  // namespace plugtls_test
