// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "../../support/ring.hpp"

namespace bench {

/// An expert's callbacks on a socket: small reads come out of 4 KiB read ahead, large ones go straight to their place.
/// Functions return 0 where they would block, -1 when the connection is gone.
class socket_end {
 public:
  explicit socket_end(int fd) noexcept : fd_(fd) {}
  long read(void* out, std::size_t n) noexcept {
    if (begin_ == end_) {
      if (n >= sizeof buffer_) return outcome(::recv(fd_, out, n, 0));
      const long got = outcome(::recv(fd_, buffer_, sizeof buffer_, 0));
      if (got <= 0) return got;
      begin_ = 0;
      end_ = static_cast<std::size_t>(got);
    }
    n = std::min(n, end_ - begin_);
    std::memcpy(out, buffer_ + begin_, n);
    begin_ += n;
    return static_cast<long>(n);
  }
  long write(const void* data, std::size_t n) noexcept { return outcome(::send(fd_, data, n, MSG_NOSIGNAL)); }

 private:
  static long outcome(ssize_t n) noexcept {
    if (n > 0) return n;
    return n < 0 && (errno == EAGAIN || errno == EINTR) ? 0 : -1;
  }
  int fd_;
  std::size_t begin_ = 0, end_ = 0;
  unsigned char buffer_[4096];
};

/// The same over memory.
class memory_end {
 public:
  template <class Rings>
  explicit memory_end(const Rings& rings) noexcept : in_(rings.in), out_(rings.out) {}
  long read(void* out, std::size_t n) noexcept { return static_cast<long>(in_->read(out, n)); }
  long write(const void* data, std::size_t n) noexcept { return static_cast<long>(out_->write(data, n)); }

 private:
  ring* in_;
  ring* out_;
};

}  // namespace bench
