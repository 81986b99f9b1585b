// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <string>
#include <system_error>
#include <utility>

#include "plugtls/detail/callback.hpp"
#include "plugtls/detail/exceptions.hpp"
#include "plugtls/detail/on_demand.hpp"
#include "plugtls/error_info.hpp"

namespace plugtls::detail {

/// What a stream tells of its last failure, whatever it runs over. Takes no memory before there is one.
class stream_failure {
 public:
  const error_info& operator*() const noexcept { return *info_; }

  /// Fails an operation for a reason of the stream's own.
  [[gnu::cold]] void set(std::error_code& ec, errc what, std::string text) { ec = renew().set(what, std::move(text)); }

  /// Fails an operation because the transport could not be waited for.
  [[gnu::cold]] void set_waiting(std::error_code& ec, const std::error_code& why) {
    set(ec, why == errc::timed_out ? errc::timed_out : errc::io_error, {});
    if (ec != errc::io_error) return;
    info_.make().native = why.value();
    info_.make().native_text = why.message();
  }

  /// Takes over what an engine tells of the end that it gave as `what`.
  [[gnu::cold]] void copy(std::error_code& ec, errc what, const error_info& told) {
    ec = what;
    if (told.code == what)
      info_.make() = told;
    else
      renew().code = what;
  }

  /// Takes over what a call tells of itself; success leaves what there was.
  [[gnu::cold]] void take(std::error_code& ec, error_info&& told) {
    ec.clear();
    if (told.code == errc::success) return;
    ec = told.code;
    info_.make() = std::move(told);
  }

  /// Throws what a callback has thrown, else `tls_error`.
  [[noreturn, gnu::cold, gnu::noinline]] void raise(const std::error_code& ec, exception_slot* thrown) const {
    if (thrown != nullptr) thrown->rethrow();
    if (const errc known = (*info_).code; known != errc::success && ec == known) detail::raise_error(*info_);
    error_info only;  // what is no failure (`would_block`) leaves the last one's details alone
    only.code = static_cast<errc>(ec.value());
    detail::raise_error(only);
  }

 private:
  [[gnu::noinline]] error_info& renew() {
    info_.reset();
    return info_.make();
  }

  on_demand<error_info> info_;
};

}  // namespace plugtls::detail
