// SPDX-License-Identifier: BSL-1.0
#include "exchange.hpp"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace cli {

using tls::errc;

void send_all(client_stream& stream, std::string_view text, connection_report& report) {
  report.at = stage::write;
  std::error_code ec;
  report.bytes_written += stream.write(text, ec);
  if (!ec) return;
  const tls::error_info cause = stream.error();
  char dropped[4096];
  if (ec == errc::io_error) do
      stream.read_some(dropped, ec);
    while (!ec);
  throw tls::tls_error(stream.error().alert_received ? stream.error() : cause);
}

namespace {

class hand_over_loop {
 public:
  hand_over_loop(client_stream& stream, payload_sink& out, bool forgive, connection_report& report)
      : stream_(stream), out_(out), forgive_(forgive), report_(report), patient_(::isatty(STDIN_FILENO) != 0) {
    stream_.non_blocking(true);
  }
  ~hand_over_loop() { stream_.non_blocking(false); }

  void run(std::chrono::milliseconds timeout) {
    using clock = std::chrono::steady_clock;
    clock::time_point last = clock::now();
    while (!ended_) {
      moved_ = false;
      receive();
      if (!ended_) send();
      if (moved_) last = clock::now();
      if (moved_ || ended_) continue;
      // Somebody at a terminal may think; a peer that takes nothing, or has nothing to wait for, may not.
      const bool idle_is_fine = patient_ && !input_ended_ && !pending_write_;
      const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(last + timeout - clock::now()).count();
      if (!idle_is_fine && left <= 0) refuse(errc::timed_out, "nothing came or went for the time of --timeout");
      wait(idle_is_fine ? -1 : static_cast<int>(std::min<long long>(left + 1, 1 << 30)));
    }
  }

 private:
  void receive() {
    char block[16384];
    read_waits_for_write_ = false;
    std::error_code ec;
    const std::size_t n = stream_.read_some(block, ec);
    if (ec == errc::would_block) {
      read_waits_for_write_ = stream_.want() == tls::readiness::write;
      return;
    }
    if (ec == errc::closed || ec == errc::truncated) report_.end = ec == errc::closed ? "closed" : "truncated";
    ended_ = ec == errc::closed || (ec == errc::truncated && forgive_);
    if (ended_) return;
    report_.at = stage::read;
    if (ec) throw tls::tls_error(stream_.error());
    report_.bytes_read += n;
    moved_ = true;
    out_.write({block, n});
  }

  void send() {
    pending_write_ = false;
    std::error_code ec;
    if (begin_ != end_) {
      const std::size_t n = stream_.write_some(std::string_view(input_ + begin_, end_ - begin_), ec);
      begin_ += n;
      report_.bytes_written += n;
      moved_ = moved_ || n != 0;
    } else if (input_ended_ && !said_so_) {
      stream_.shutdown_send(ec);
      said_so_ = !ec;
      moved_ = moved_ || said_so_;
    } else if (stream_.engine().has_output()) {
      stream_.flush(ec);
    }
    pending_write_ = ec == errc::would_block;
    if (ec == errc::io_error) {
      // The peer takes no more; why, it may have said already.
      begin_ = end_;
      input_ended_ = said_so_ = true;
      if (write_failed_) return;
      write_failed_ = moved_ = true;
    } else if (ec && !pending_write_) {
      report_.at = stage::write;
      throw tls::tls_error(stream_.error());
    }
  }

  void wait(int milliseconds) {
    const bool wants_input = begin_ == end_ && !input_ended_;
    const bool wants_room = pending_write_ || read_waits_for_write_ || stream_.engine().has_output();
    pollfd polled[2] = {
        {stream_.next_layer().native_handle(), static_cast<short>(wants_room ? POLLIN | POLLOUT : POLLIN), 0},
        {wants_input ? STDIN_FILENO : -1, POLLIN, 0}};
    if (::poll(polled, 2, milliseconds) < 0 && errno != EINTR)
      refuse(errc::io_error, std::string("cannot wait: ") + std::strerror(errno));
    if (polled[1].revents == 0) return;
    const ssize_t n = ::read(STDIN_FILENO, input_, sizeof input_);
    begin_ = 0;
    end_ = n > 0 ? static_cast<std::size_t>(n) : 0;
    if (n == 0 || (n < 0 && errno != EINTR && errno != EAGAIN)) input_ended_ = true;
  }

  client_stream& stream_;
  payload_sink& out_;
  bool forgive_;
  connection_report& report_;
  bool patient_;
  char input_[16384];
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
  bool input_ended_ = false;
  bool said_so_ = false;
  bool pending_write_ = false;
  bool read_waits_for_write_ = false;
  bool write_failed_ = false;
  bool moved_ = false;
  bool ended_ = false;
};

}  // namespace

void hand_over(client_stream& stream, payload_sink& out, std::chrono::milliseconds timeout, bool forgive_truncation,
               connection_report& report) {
  report.at = stage::read;
  hand_over_loop(stream, out, forgive_truncation, report).run(timeout);
}

}  // namespace cli
