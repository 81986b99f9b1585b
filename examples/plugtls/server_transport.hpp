// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <poll.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <plugtls/net/fd_transport.hpp>
#include <utility>

namespace cli {

/// A socket whose waiting also ends when the server stops: `ECANCELED` once `stop` is readable.
class server_transport {
 public:
  using clock = std::chrono::steady_clock;

  server_transport(plugtls::fd_transport socket, int stop) : socket_(std::move(socket)), stop_(stop) {}

  std::size_t read_some(std::span<std::byte> out, std::error_code& ec) noexcept { return socket_.read_some(out, ec); }
  std::size_t write_some(plugtls::byte_view in, std::error_code& ec) noexcept { return socket_.write_some(in, ec); }

  void wait(plugtls::readiness what, std::error_code& ec) noexcept {
    pollfd polled[2] = {
        {stop_, POLLIN, 0},
        {socket_.native_handle(), static_cast<short>(what == plugtls::readiness::read ? POLLIN : POLLOUT), 0}};
    for (;;) {
      const auto left = std::chrono::ceil<std::chrono::milliseconds>(std::min(end_, last_end_) - clock::now());
      const int wait = static_cast<int>(std::clamp<std::chrono::milliseconds::rep>(left.count(), 0, 1 << 30));
      const int ready = ::poll(polled, 2, wait);
      ec.clear();
      if (polled[0].revents != 0) {
        ec = {ECANCELED, std::system_category()};
      } else if (ready == 0) {
        ec = plugtls::errc::timed_out;
      } else if (ready < 0 && errno == EINTR) {
        continue;
      } else if (ready < 0) {
        ec = {errno, std::system_category()};
      }
      return;
    }
  }

  /// Sets the time that each operation may take from now on, and what all together may take.
  void time_for_each(std::chrono::milliseconds each) noexcept {
    each_ = each;
    last_end_ = clock::time_point::max();
  }
  void time_for_all(std::chrono::milliseconds all) noexcept {
    each_ = all;
    last_end_ = clock::now() + all;
  }
  void begin_operation() noexcept { end_ = clock::now() + each_; }

  plugtls::fd_transport& socket() noexcept { return socket_; }

 private:
  plugtls::fd_transport socket_;
  int stop_;
  std::chrono::milliseconds each_{0};
  clock::time_point end_ = clock::time_point::max();
  clock::time_point last_end_ = clock::time_point::max();
};

static_assert(plugtls::Transport<server_transport>);

}  // namespace cli
