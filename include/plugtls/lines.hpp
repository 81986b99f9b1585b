// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "plugtls/buffer.hpp"
#include "plugtls/detail/exceptions.hpp"
#include "plugtls/error_info.hpp"

/// Text by lines over a stream: readline, readlines and writelines of 1996.
namespace plugtls {

/// Reads lines from a stream, or from whatever has its `read_some`. Refers to the stream, which must outlive it, and
/// reads ahead of the line: what else is to be read from the stream goes through `read_some` here. One thread at a
/// time.
///
/// A line ends with LF or CRLF, which is not part of it. The last one may lack its end where the peer ended in order.
template <class Stream>
class line_reader {
 public:
  /// `limit`: most bytes in a line, its end not counted.
  explicit line_reader(Stream& from, std::size_t limit = 65536) noexcept : from_(from), limit_(limit) {}

  /// Reads the next line. False with an error, or without one at the orderly end. Errors are the stream's, and
  /// `too_long`. Nothing that came is lost by an error: after `would_block` or `timed_out` call it again; after
  /// `truncated` and `too_long` the beginning of the line is `buffered()`.
  bool read_line(std::string& line, std::error_code& ec) {
    ec.clear();
    for (;;) {
      const std::string_view ahead = buffered();
      const std::size_t end = ahead.find('\n', searched_);
      if (end != std::string_view::npos) return take_line(end, end + 1, line, ec);
      searched_ = ahead.size();
      if (searched_ > limit_ && searched_ - limit_ > 1) return refuse(ec);  // a CR may be the last of it
      if (!fill(ec)) {
        if (ec || ahead.empty()) return false;
        return take_line(ahead.size(), ahead.size(), line, ec);
      }
    }
  }

  /// Reads all lines up to the orderly end. Gives those that came also with an error: `too_long` when there is more
  /// than `total` bytes of them, each line's end counted as one byte.
  std::vector<std::string> read_lines(std::size_t total, std::error_code& ec) {
    std::vector<std::string> lines;
    std::string line;
    while (read_line(line, ec)) {
      if (line.size() >= total) {
        refuse(ec);
        break;
      }
      total -= line.size() + 1;
      lines.push_back(std::move(line));
    }
    return lines;
  }

  /// Reads bytes as the stream's `read_some` does: first what was read ahead.
  std::size_t read_some(mutable_buffer out, std::error_code& ec) {
    const std::span<std::byte> room = out.bytes();
    const std::string_view ahead = buffered();
    if (ahead.empty() && !ended_) return from_.read_some(room, ec);
    ec.clear();
    if (ahead.empty()) ec = errc::closed;
    const std::size_t n = ahead.size() < room.size() ? ahead.size() : room.size();
    const byte_view bytes = as_bytes(ahead);
    for (std::size_t i = 0; i < n; ++i) room[i] = bytes[i];
    consume(n);
    return n;
  }

  /// What was read ahead; valid until the next call.
  std::string_view buffered() const noexcept { return std::string_view(ahead_).substr(begin_); }

  // The same; throw tls_error, and what a callback of the settings has thrown.
  bool read_line(std::string& line) requires detail::has_exceptions {
    std::error_code ec;
    const bool good = read_line(line, ec);
    raise_if(ec);
    return good;
  }
  std::vector<std::string> read_lines(std::size_t total) requires detail::has_exceptions {
    std::error_code ec;
    std::vector<std::string> lines = read_lines(total, ec);
    raise_if(ec);
    return lines;
  }

 private:
  bool take_line(std::size_t size, std::size_t with_end, std::string& line, std::error_code& ec) {
    const std::string_view ahead = buffered();
    if (with_end != size && size != 0 && ahead[size - 1] == '\r') --size;
    if (size > limit_) return refuse(ec);
    line.assign(ahead.substr(0, size));
    consume(with_end);
    return true;
  }

  bool refuse(std::error_code& ec) const noexcept {
    ec = errc::too_long;
    return false;
  }

  // False at the end, and with an error.
  bool fill(std::error_code& ec) {
    if (ended_) return false;
    char block[4096];
    const std::size_t n = from_.read_some(block, ec);
    ended_ = ec == errc::closed;
    if (ended_) ec.clear();
    ahead_.append(block, n);
    return n != 0;
  }

  void consume(std::size_t n) {
    begin_ += n;
    searched_ = 0;
    if (begin_ == ahead_.size() || begin_ > 65536) {
      ahead_.erase(0, begin_);
      begin_ = 0;
    }
  }

  void raise_if(const std::error_code& ec) const {
    if (!ec) return;
    error_info info;
    if constexpr (requires { from_.read_error(); })  // two threads' streams
      from_.with_engine([&](auto& e) { rethrow(e), info = from_.read_error(); });
    else if constexpr (requires { from_.engine(); })
      rethrow(from_.engine()), info = from_.error();
    if (ec != info.code) {
      info = {};
      const bool is_ours = ec == errc::too_long;
      info.set(static_cast<errc>(ec.value()), is_ours ? "a line is longer than the limit, or there are too many" : "");
    }
    detail::raise_error(info);
  }
  // What a callback has thrown comes out as it is.
  static void rethrow(auto& from) {
    if (auto* thrown = from.callback_exception()) thrown->rethrow();
  }

  Stream& from_;
  std::size_t limit_;
  std::string ahead_;
  std::size_t begin_ = 0;
  std::size_t searched_ = 0;  // of buffered(), without a line's end in it
  bool ended_ = false;
};

/// Writes each line with `ending` after it, in as few records as they fit. Returns how many bytes were taken before an
/// error, endings counted; errors are the stream's. `Lines` is a range of what converts to std::string_view.
template <class Stream, class Lines>
std::size_t write_lines(Stream& to, const Lines& lines, std::error_code& ec, std::string_view ending = "\r\n") {
  constexpr std::size_t block = 16384;
  std::string text;
  std::size_t taken = 0;
  ec.clear();
  const auto send = [&](std::string_view part) {
    if (!ec) taken += to.write(part, ec);
  };
  for (const auto& line : lines) {
    text += std::string_view(line);
    text += ending;
    if (text.size() < block) continue;
    const std::size_t whole = text.size() - text.size() % block;
    send(std::string_view(text).substr(0, whole));
    text.erase(0, whole);
    if (ec) return taken;
  }
  if (!text.empty()) send(text);
  return taken;
}

}  // namespace plugtls
