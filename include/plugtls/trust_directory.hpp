// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "plugtls/trust_store.hpp"

namespace plugtls {

/// Trusts every certificate in the files of a directory; subdirectories are not entered, and files that hold no
/// certificate are passed over. Any file names will do, hashed or not. Gives `file_error` for a directory that cannot
/// be read, `no_certificates_found` when there is not one. Its own header, because `<filesystem>` is costly to include.
inline trust_store load_trust_directory(const std::string& path, error_info& info) {
  trust_store store;
  std::error_code ec;
  std::vector<std::string> seen;  // hashed directories name each file twice
  for (std::filesystem::directory_iterator it(path, ec), end; !ec && it != end; it.increment(ec)) {
    std::error_code ignored;
    if (!it->is_regular_file(ignored)) continue;
    const std::string real = std::filesystem::canonical(it->path(), ignored).string();
    bool repeated = false;
    for (const std::string& s : seen) repeated = repeated || s == real;
    if (repeated) continue;
    seen.push_back(real);
    error_info skipped;
    store.add_file(real, skipped);
  }
  if (ec) {
    info.native = ec.value();
    info.native_text = ec.message();
    info.set(errc::file_error, "cannot read directory '" + path + "': " + ec.message());
    return trust_store::none();
  }
  error_info none;
  if (store.anchors(none).empty())
    info.set(errc::no_certificates_found, "no file in '" + path + "' holds a certificate");
  return store;
}

}  // namespace plugtls
