// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "plugtls/alert.hpp"
#include "plugtls/detail/exceptions.hpp"
#include "plugtls/errc.hpp"
#include "plugtls/problem.hpp"

namespace plugtls {

/// Tells everything about one failure. `code` is the same on every backend; the rest helps a person.
///
/// Factories (contexts, identities, trust stores) fill one, because there is no object yet that could be asked; streams
/// and engines keep theirs, see `error()`. Converts to `std::error_code`.
struct error_info {
  errc code = errc::success;
  problem_list problems;  ///< all that verification found, of every certificate
  std::vector<std::string>
      reasons;         ///< a sentence for each problem, in their order; empty where there is no more to say
  std::string detail;  ///< what to do, in one sentence; empty: `describe(code)` says it all
  std::optional<alert> alert_sent;      ///< the fatal alert that we sent
  std::optional<alert> alert_received;  ///< the fatal alert that the peer sent
  long native = 0;                      ///< the library's or the system's own code, for a bug report; 0: none
  std::string native_text;              ///< its text

  explicit operator bool() const noexcept { return code != errc::success; }
  operator std::error_code() const noexcept { return make_error_code(code); }

  /// Sets the condition and its sentence, and returns the condition.
  errc set(errc what, std::string text = {}) {
    code = what;
    detail = static_cast<std::string&&>(text);
    return what;
  }
};

/// Returns one line for a person that is the same on every backend: the condition's name, what it means here, and what
/// else is wrong.
[[gnu::cold]] inline std::string explain_reason(const error_info& info) {
  constexpr std::size_t most = 8;
  std::string text(name(info.code));
  text += ": ";
  text += info.detail.empty() ? std::string(describe(info.code)) : info.detail;
  const bool has_reasons = info.reasons.size() == info.problems.size();
  bool has_said = false;  // what leads
  std::size_t told = 0;
  for (std::size_t i = 0; i < info.problems.size(); ++i) {
    const problem& p = info.problems[i];
    if (p.what == info.code && !has_said && (has_reasons || (info.problems.size() == 1 && p.depth == 0))) {
      has_said = true;
      continue;
    }
    if (++told > most) continue;
    text += "; ";
    text += name(p.what);
    text += has_reasons    ? ": " + info.reasons[i]
            : p.depth == 0 ? std::string(" (leaf)")
                           : " (depth " + std::to_string(p.depth) + ")";
  }
  if (told > most) text += "; and " + std::to_string(told - most) + " more";
  return text;
}

/// Returns the same, and in brackets what the backends do not have in common: alerts, the library's own code and text.
inline std::string explain(const error_info& info) {
  std::string aside;
  const auto add = [&aside](std::string_view what, std::string_view value) {
    aside += aside.empty() ? " [" : "; ";
    aside += what;
    aside += value;
  };
  if (info.alert_received) add("the peer sent alert ", name(*info.alert_received));
  if (info.alert_sent) add("we sent alert ", name(*info.alert_sent));
  if (info.native != 0) add(std::to_string(info.native) + (info.native_text.empty() ? "" : " "), info.native_text);
  if (info.native == 0 && !info.native_text.empty()) add("", info.native_text);
  return explain_reason(info) + aside + (aside.empty() ? "" : "]");
}

/// What throwing overloads throw: a `std::system_error` whose text is `explain()`.
class tls_error : public std::system_error {
 public:
  explicit tls_error(error_info info)
      : std::system_error(make_error_code(info.code)), info_(static_cast<error_info&&>(info)), text_(explain(info_)) {}
  const char* what() const noexcept override { return text_.c_str(); }
  const error_info& info() const noexcept { return info_; }

 private:
  error_info info_;
  std::string text_;
};

namespace detail {
[[noreturn, gnu::cold, gnu::noinline]] inline void raise_error(const error_info& info) { raise(tls_error(info)); }

/// Ends a throwing overload: nothing happens on success.
inline void raise_if(const error_info& info) {
  if (info) raise_error(info);
}
}  // namespace detail

}  // namespace plugtls
