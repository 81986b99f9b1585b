// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <span>

#include "plugtls/alert.hpp"
#include "plugtls/bytes.hpp"
#include "plugtls/certificate_view.hpp"
#include "plugtls/errc.hpp"
#include "plugtls/problem.hpp"

namespace plugtls {

/// What a TLS library found about the peer's certificates, as an adapter reports it. Dates and names are none of its
/// business.
struct native_verdict {
  std::span<const byte_view> presented;  ///< DER, leaf first, as the peer sent them
  std::span<const byte_view> path;  ///< DER, leaf first, anchor last: the accepted path; empty where it does not tell
  bool trusted = false;             ///< the library accepts chain and signatures
  problem_list problems;            ///< its reasons, used only where the neutral policy finds none
  /// Has the library verify this one path, leaf first and anchor last, with nothing else in view: `success`, or why it
  /// refuses. Null where the library has already given up on what was presented. `library` is handed through.
  errc (*verify_path)(void* library, std::span<const certificate_view> path) = nullptr;
  void* library = nullptr;
};

/// What the adapter must do: go on, or refuse with that alert.
struct verify_decision {
  bool accept = false;
  errc reason = errc::success;
  plugtls::alert alert = alert::bad_certificate;
};

}  // namespace plugtls
