// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <plugtls/any.hpp>
#include <string>
#include <string_view>

namespace cli {

namespace tls = plugtls;

/// How far a command came.
enum class stage { setup, connect, handshake, read, write, shutdown, done };
std::string_view name(stage s) noexcept;

/// The program's exit status for what a command ended with: the one place that knows.
int exit_status(tls::errc error, stage at) noexcept;

/// Ends the command: throws `tls_error`.
[[noreturn]] void refuse(tls::errc error, std::string text);

/// Throws when a factory of plugtls has failed.
void check(const tls::error_info& info);

/// Returns text as one line that is safe on a terminal.
std::string one_line(std::string_view text);
/// The same, as it stands in a page.
std::string escape_html(std::string_view text);

/// Writes one diagnostic line on standard error: `plugtls: NAME: EXPLANATION`.
void complain(const tls::error_info& info);
/// Writes one line on standard error that is no failure.
void remark(std::string_view text);

/// Writes everything; returns 0 or an errno value. Waits for descriptors that are non-blocking.
int write_all(int fd, std::string_view text) noexcept;
/// Writes everything on standard output, or throws.
void print(std::string_view text);

/// Reads a whole file, or throws.
std::string read_file(const std::string& path);

std::string_view default_backend_name() noexcept;
/// Finds a backend by its name, the build's own for an empty one, or throws.
const tls::backend_entry& choose_backend(const std::string& name);

}  // namespace cli
