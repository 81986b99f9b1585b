// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <string>
#include <string_view>

#include "plugtls/bytes.hpp"
#include "plugtls/detail/exceptions.hpp"
#include "plugtls/detail/hex.hpp"
#include "plugtls/key_log.hpp"
#include "plugtls/secret.hpp"

namespace plugtls::detail {

/// Writes a line of the key log, and has it logged: for libraries that tell secrets and write no lines.
inline void log_key(const key_log_callback& to, exception_slot& thrown, std::string_view label, byte_view client_random,
                    byte_view secret) noexcept {
  guard(thrown, 0, [&] {
    std::string line;
    line.reserve(label.size() + 2 + 2 * (client_random.size() + secret.size()));  // so that no copy is left behind
    line += label;
    line += ' ';
    append_hex(line, client_random);
    line += ' ';
    append_hex(line, secret);
    log_line(to, thrown, line);
    wipe(line.data(), line.size());
    return 0;
  });
}

}  // namespace plugtls::detail
