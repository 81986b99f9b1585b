// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>
#include <string>

#include "plugtls/error_info.hpp"

namespace plugtls::detail {

/// No certificate bundle, key or list of revocations comes near this many bytes.
inline constexpr std::size_t max_file_size = std::size_t{64} << 20;

/// Reads a whole file into text. Gives `errc::file_error` with errno, `errc::too_long` past `max_file_size`.
inline errc read_file(const std::string& path, std::string& text, error_info& info) {
  struct closer {
    void operator()(std::FILE* f) const noexcept { std::fclose(f); }
  };
  const auto failed = [&](int code) {
    info.native = code;
    info.native_text = std::strerror(code);
    return info.set(errc::file_error, "cannot read '" + path + "': " + info.native_text);
  };
  errno = 0;
  const std::unique_ptr<std::FILE, closer> file(std::fopen(path.c_str(), "rb"));
  if (!file) return failed(errno);
  text.clear();
  char block[8192];
  for (;;) {
    const std::size_t n = std::fread(block, 1, sizeof block, file.get());
    text.append(block, n);
    std::memset(block, 0, n);  // it may have been a private key
    if (text.size() > max_file_size) return info.set(errc::too_long, "'" + path + "' is larger than 64 MiB");
    if (n < sizeof block) break;
  }
  if (std::ferror(file.get()) != 0) return failed(errno != 0 ? errno : EIO);
  return errc::success;
}

}  // namespace plugtls::detail
