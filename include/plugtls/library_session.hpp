// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "plugtls/secret.hpp"

namespace plugtls {

/// A session as a library holds it, which costs less to offer again than one that is written and read. Never changes;
/// may be used in several threads.
struct library_session {
  virtual ~library_session() = default;
  /// Writes what `offer` takes in another process; nothing where the library has no memory. May throw std::bad_alloc.
  virtual secret write() const = 0;
};

}  // namespace plugtls
