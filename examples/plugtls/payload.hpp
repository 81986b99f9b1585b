// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace cli {

/// Where what the peer sends goes: standard output, a file, or nowhere. Failures throw `tls_error`.
class payload_sink {
 public:
  /// Opens the file, which keeps what it held until `begin`; one that was not there is gone again where that never
  /// comes. Without a file: standard output, or nowhere.
  payload_sink(const std::optional<std::string>& file, bool nowhere);
  payload_sink(const payload_sink&) = delete;
  payload_sink& operator=(const payload_sink&) = delete;
  ~payload_sink();

  bool is_file() const noexcept { return owned_; }
  int native_handle() const noexcept { return fd_; }
  /// Empties the file: the connection stands, and new content comes.
  void begin();
  void write(std::string_view bytes);

 private:
  [[noreturn]] void fail(int error) const;

  std::string name_ = "standard output";
  std::string unused_;  // the file's name, if it was made for this and `begin` has not come
  int fd_ = -1;
  bool owned_ = false;
};

/// Takes an HTTP response as it comes and passes its body on, decoded when it is chunked (RFC 9112 §7.1). What is no
/// HTTP response is passed on as it is.
class http_body {
 public:
  explicit http_body(payload_sink& out) : out_(out) {}
  void feed(std::string_view bytes);
  /// The peer has ended; passes on what was held back.
  void finish();

 private:
  enum class part { head, plain, chunk_size, chunk_data, chunk_end, trailer };
  void read_head();
  bool take_line(std::string_view& bytes, std::string& line);
  void read_chunk_size(const std::string& line);

  payload_sink& out_;
  part part_ = part::head;
  std::string held_;
  std::uint64_t left_ = 0;
};

}  // namespace cli
