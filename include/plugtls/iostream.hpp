// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <algorithm>
#include <istream>
#include <streambuf>
#include <string_view>
#include <system_error>
#include <vector>

#include "plugtls/buffer.hpp"
#include "plugtls/error_info.hpp"

/// A std::iostream over a stream: makefile of 1996.
namespace plugtls {

namespace detail {

/// Buffers a stream both ways, a record's worth each. What is written waits for a full buffer, a flush, or a read.
template <class Stream>
class stream_buffer : public std::streambuf {
 public:
  /// Marks `owner` as bad where the stream fails, for a streambuf by itself can only tell an end.
  stream_buffer(Stream& over, std::ios& owner) : over_(over), owner_(owner), in_(block), out_(block) {
    setp(out_.data(), out_.data() + out_.size());
  }

  const std::error_code& error() const noexcept { return error_; }

 protected:
  int_type underflow() override {
    if (sync() != 0) return traits_type::eof();  // the peer may be waiting for it
    std::error_code ec;
    const std::size_t n = over_.read_some(mutable_buffer(in_), ec);
    if (ec || n == 0) {
      if (ec != errc::closed) fail(ec);
      return traits_type::eof();
    }
    setg(in_.data(), in_.data(), in_.data() + n);
    return traits_type::to_int_type(*gptr());
  }

  int_type overflow(int_type c) override {
    if (sync() != 0) return traits_type::eof();
    if (traits_type::eq_int_type(c, traits_type::eof())) return traits_type::not_eof(c);
    *pptr() = traits_type::to_char_type(c);
    pbump(1);
    return c;
  }

  // What the stream did not take stays.
  int sync() override {
    const auto size = static_cast<std::size_t>(pptr() - pbase());
    if (size == 0) return 0;
    std::error_code ec;
    const std::size_t taken = over_.write(const_buffer(std::string_view(pbase(), size)), ec);
    const std::size_t left = size - taken;
    std::copy(out_.data() + taken, out_.data() + size, out_.data());
    setp(out_.data(), out_.data() + out_.size());
    pbump(static_cast<int>(left));
    if (ec) fail(ec);
    return ec ? -1 : 0;
  }

 private:
  void fail(const std::error_code& ec) {
    error_ = ec;
    owner_.setstate(std::ios_base::badbit);
  }

  static constexpr std::size_t block = 16384;
  Stream& over_;
  std::ios& owner_;
  std::vector<char> in_, out_;
  std::error_code error_;
};

}  // namespace detail

/// Text in and out of a stream, which it refers to and which must outlive it; the stream must be blocking. Buffered
/// both ways: what is written goes out when the buffer is full, by `std::flush`, `std::endl` or the destructor, and
/// before anything is read from the peer.
///
/// The orderly end is `eof()` without `bad()`. Everything else is `bad()`, and `error()` tells what: `truncated`,
/// `timed_out`, ... Nothing is thrown unless `exceptions()` asks for it. The destructor writes what is left and cannot
/// tell how that went: flush first. It does not end the connection.
template <class Stream>
class iostream : public std::iostream {
 public:
  explicit iostream(Stream& over) : std::iostream(nullptr), buffer_(over, *this) { rdbuf(&buffer_); }
  ~iostream() override {
    exceptions(std::ios_base::goodbit);
    // Not flush(), which does nothing after input that did not parse.
    if (!bad()) buffer_.pubsync();
  }
  iostream(const iostream&) = delete;
  iostream& operator=(const iostream&) = delete;

  /// The stream's last failure; none while there was only an orderly end.
  const std::error_code& error() const noexcept { return buffer_.error(); }

 private:
  detail::stream_buffer<Stream> buffer_;
};

}  // namespace plugtls
