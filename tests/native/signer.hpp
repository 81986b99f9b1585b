// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <string>
#include <string_view>

namespace plugtls_test {

/// Signs bytes with an EC key by ECDSA with SHA-256, so that a changed certificate can be made good again. Empty where
/// the key cannot be read.
std::string sign_ecdsa(std::string_view key_pem, std::string_view bytes);

}  // namespace plugtls_test
