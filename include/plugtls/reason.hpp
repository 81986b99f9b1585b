// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <string>

#include "plugtls/problem.hpp"
#include "plugtls/verify.hpp"

namespace plugtls {

/// Says in one sentence what a problem is about: which certificate, which name, date, key or extension, and what to do.
/// Made from the certificates alone, so that it is the same on every backend. At most a few hundred bytes of UTF-8,
/// whatever the peer sent, with no control character in it. Meant for people: the wording may change, `problem` stays.
///
///     for (const problem& p : seen.problems) log(explain(p, seen));   // in a verify callback
std::string explain(const problem& what, const verify_context& seen);

}  // namespace plugtls

#include "plugtls/detail/reason_writer.hpp"
