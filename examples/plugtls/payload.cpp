// SPDX-License-Identifier: BSL-1.0
#include "payload.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "program.hpp"

namespace cli {

namespace {

constexpr std::size_t max_head = 65536;
constexpr std::size_t max_line = 4096;

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }

bool is_chunked(std::string head) {
  for (char& c : head) c = lower(c);
  const std::size_t field = head.find("\r\ntransfer-encoding:");
  if (field == std::string::npos) return false;
  return head.substr(field, head.find("\r\n", field + 2) - field).find("chunked") != std::string::npos;
}

}  // namespace

payload_sink::payload_sink(const std::optional<std::string>& file, bool nowhere) {
  if (file) {
    name_ = "'" + *file + "'";
    fd_ = ::open(file->c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (fd_ >= 0)
      unused_ = *file;
    else if (errno == EEXIST)
      fd_ = ::open(file->c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0666);
    if (fd_ < 0) fail(errno);
    owned_ = true;
  } else if (!nowhere) {
    fd_ = STDOUT_FILENO;
  }
}

payload_sink::~payload_sink() {
  if (owned_) ::close(fd_);
  if (!unused_.empty()) ::unlink(unused_.c_str());
}

void payload_sink::begin() {
  unused_.clear();
  // What cannot be made shorter, such as /dev/null, has nothing to be emptied of.
  if (owned_ && ::ftruncate(fd_, 0) != 0 && errno != EINVAL) fail(errno);
}

void payload_sink::write(std::string_view bytes) {
  if (fd_ < 0) return;
  if (const int error = write_all(fd_, bytes)) fail(error);
}

void payload_sink::fail(int error) const {
  refuse(owned_ || fd_ < 0 ? tls::errc::file_error : tls::errc::io_error,
         "cannot write to " + name_ + ": " + std::strerror(error));
}

void http_body::feed(std::string_view bytes) {
  std::string line;
  while (!bytes.empty()) {
    switch (part_) {
      case part::plain: out_.write(bytes); return;
      case part::head: held_ += bytes; return read_head();
      case part::chunk_size:
        if (take_line(bytes, line)) read_chunk_size(line);
        break;
      case part::chunk_data: {
        const std::size_t n = bytes.size() < left_ ? bytes.size() : static_cast<std::size_t>(left_);
        out_.write(bytes.substr(0, n));
        bytes.remove_prefix(n);
        left_ -= n;
        if (left_ == 0) part_ = part::chunk_end;
        break;
      }
      case part::chunk_end:
        if (take_line(bytes, line)) part_ = part::chunk_size;
        break;
      case part::trailer: return;
    }
  }
}

void http_body::finish() {
  if (part_ == part::head) out_.write(held_);
  held_.clear();
}

void http_body::read_head() {
  static constexpr std::string_view start = "HTTP/";
  const bool http = std::string_view(held_).substr(0, start.size()) == start.substr(0, held_.size());
  const std::size_t end = held_.find("\r\n\r\n");
  if (http && end == std::string::npos && held_.size() <= max_head) return;
  std::string rest = std::move(held_);
  held_.clear();
  part_ = part::plain;
  if (http && end != std::string::npos) {
    if (is_chunked(rest.substr(0, end + 2))) part_ = part::chunk_size;
    rest.erase(0, end + 4);
  }
  feed(rest);
}

bool http_body::take_line(std::string_view& bytes, std::string& line) {
  const std::size_t end = bytes.find('\n');
  held_ += bytes.substr(0, end);
  if (held_.size() > max_line) refuse(tls::errc::too_long, "the HTTP response has an endless chunk header");
  bytes.remove_prefix(end == std::string_view::npos ? bytes.size() : end + 1);
  if (end == std::string_view::npos) return false;
  line = std::move(held_);
  held_.clear();
  return true;
}

void http_body::read_chunk_size(const std::string& line) {
  left_ = 0;
  std::size_t digits = 0;
  for (; digits < line.size(); ++digits) {
    const char c = lower(line[digits]);
    const int value = c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
    if (value < 0) break;
    if (digits == 15) refuse(tls::errc::too_long, "the HTTP response has an impossible chunk");
    left_ = left_ * 16 + static_cast<unsigned>(value);
  }
  if (digits == 0) refuse(tls::errc::bad_record, "the HTTP response has a chunk without a size");
  part_ = left_ == 0 ? part::trailer : part::chunk_data;
}

}  // namespace cli
