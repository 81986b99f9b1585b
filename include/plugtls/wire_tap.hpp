// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "plugtls/bytes.hpp"

namespace plugtls {

/// Sees the ciphertext of a handshake as it passes, in both directions: what a trace or a capture is made of.
class wire_tap {
 public:
  /// `is_sent`: by us. Bytes that are sent pass when they are made, also while the transport has no room for them.
  /// Called in the thread that drives the handshake, or, with a signer that answers later, in one that it waits for
  /// (`wait_for_signature`); must not throw.
  virtual void pass(bool is_sent, byte_view bytes) noexcept = 0;

 protected:
  ~wire_tap() = default;
};

}  // namespace plugtls
