// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "plugtls/protocol.hpp"

namespace plugtls_test {

/// A peer that sends certificates as they are, whatever their bytes hold: no loader of anybody's stands in the way. It
/// verifies nothing, asks clients for a certificate never, and signs with the key that it is given. TLS 1.2, and 1.3
/// where the mbedTLS behind it has it. No I/O of its own.
class presenter {
 public:
  /// `chain`: what to send, leaf first. Empty (see `ready`) where the key cannot be read: EC and RSA only.
  presenter(plugtls::role own, std::vector<std::string> chain, std::string_view key_pem, plugtls::tls_version v);
  presenter(presenter&&) noexcept;
  ~presenter();

  static bool speaks(plugtls::tls_version v) noexcept;
  bool ready() const noexcept { return state_ != nullptr; }

  /// Takes what the other end sent, goes on as far as it can, and returns what to send.
  std::string step(std::string_view received);
  /// Whether the handshake is over, with success or without.
  bool up() const noexcept;
  bool failed() const noexcept;

 private:
  struct state;
  std::unique_ptr<state> state_;
};

}  // namespace plugtls_test
