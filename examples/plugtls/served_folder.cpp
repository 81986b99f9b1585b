// SPDX-License-Identifier: BSL-1.0
#include "served_folder.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>
#include <vector>

namespace cli {

namespace {

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

// Splits a path at its slashes before anything is decoded. False for what names nothing here.
bool split_path(std::string_view target, std::vector<std::string>& parts) {
  target = target.substr(0, target.find_first_of("?#"));
  if (!target.starts_with('/')) return false;
  while (!target.empty()) {
    target.remove_prefix(1);
    const std::string_view encoded = target.substr(0, target.find('/'));
    target.remove_prefix(encoded.size());
    std::string part;
    for (std::size_t i = 0; i < encoded.size(); ++i) {
      if (encoded[i] != '%') {
        part += encoded[i];
        continue;
      }
      if (encoded.size() - i < 3 || hex_value(encoded[i + 1]) < 0 || hex_value(encoded[i + 2]) < 0) return false;
      part += static_cast<char>(hex_value(encoded[i + 1]) * 16 + hex_value(encoded[i + 2]));
      i += 2;
    }
    const bool is_last = target.empty();
    if (part.empty() && is_last) part = "index.html";
    if (part.empty() || part.front() == '.' || part.find('/') != std::string::npos ||
        part.find('\0') != std::string::npos)
      return false;
    parts.push_back(part);
    if (parts.size() > 64) return false;
  }
  return true;
}

std::string_view type_of(std::string_view name) {
  static constexpr std::pair<std::string_view, std::string_view> types[] = {{".html", "text/html; charset=utf-8"},
                                                                            {".txt", "text/plain; charset=utf-8"},
                                                                            {".css", "text/css; charset=utf-8"},
                                                                            {".js", "text/javascript"},
                                                                            {".json", "application/json"},
                                                                            {".svg", "image/svg+xml"},
                                                                            {".png", "image/png"},
                                                                            {".jpg", "image/jpeg"},
                                                                            {".pdf", "application/pdf"}};
  for (const auto& [ending, type] : types)
    if (name.ends_with(ending)) return type;
  return "application/octet-stream";
}

}  // namespace

file_descriptor::~file_descriptor() {
  if (fd_ >= 0) ::close(fd_);
}

served_folder::served_folder(const std::string& path) : top_(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)) {
  if (!top_)
    refuse(tls::errc::file_error,
           "--mode files: cannot open the folder '" + one_line(path) + "': " + std::strerror(errno));
}

served_folder::file served_folder::open(std::string_view target) const {
  std::vector<std::string> parts;
  if (!split_path(target, parts)) return {};
  file_descriptor at;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const int below = at ? at.get() : top_.get();
    const int kind = i + 1 < parts.size() ? O_DIRECTORY : O_NONBLOCK | O_NOCTTY;
    at = file_descriptor(::openat(below, parts[i].c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC | kind));
    if (!at) return {};
  }
  struct ::stat about {};
  if (::fstat(at.get(), &about) != 0 || !S_ISREG(about.st_mode)) return {};
  return {std::move(at), static_cast<std::uint64_t>(about.st_size), type_of(parts.back())};
}

}  // namespace cli
