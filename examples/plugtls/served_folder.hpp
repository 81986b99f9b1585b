// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "program.hpp"

namespace cli {

/// A descriptor that is closed with this.
class file_descriptor {
 public:
  file_descriptor() noexcept = default;
  explicit file_descriptor(int fd) noexcept : fd_(fd) {}
  file_descriptor(file_descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  file_descriptor& operator=(file_descriptor&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~file_descriptor();

  int get() const noexcept { return fd_; }
  explicit operator bool() const noexcept { return fd_ >= 0; }

 private:
  int fd_ = -1;
};

/// The files below one folder, for mode files. Nothing outside is ever opened: each part of a path is opened on its
/// own, below the one before, and neither "..", hidden names nor symbolic links are followed.
class served_folder {
 public:
  struct file {
    file_descriptor descriptor;  ///< none where there is no such file
    std::uint64_t size = 0;
    std::string_view type;  ///< for Content-Type
  };

  /// Throws `tls_error`: `file_error` for what is no folder.
  explicit served_folder(const std::string& path);

  /// Opens what the path of a request names: "/a/b.txt", percent-encoded, with or without a query; index.html in a
  /// folder.
  file open(std::string_view target) const;

 private:
  file_descriptor top_;
};

}  // namespace cli
