// SPDX-License-Identifier: BSL-1.0
#include "insight.hpp"

#include <fcntl.h>
#include <sys/uio.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <plugtls/trace_json.hpp>

namespace cli {

using tls::errc;

namespace {

struct descriptor {
  explicit descriptor(int opened) noexcept : fd(opened) {}
  descriptor(const descriptor&) = delete;
  descriptor& operator=(const descriptor&) = delete;
  ~descriptor() { ::close(fd); }
  int fd;
};

std::string why(const std::string& path, int error) { return "'" + one_line(path) + "': " + std::strerror(error); }

// One write for line and end, so that several threads and processes can share the file, and no copy is made.
void append(const descriptor& file, std::string_view line) {
  char end = '\n';
  const iovec parts[2] = {{const_cast<char*>(line.data()), line.size()}, {&end, 1}};
  const ssize_t n = ::writev(file.fd, parts, 2);
  if (n < 0 || static_cast<std::size_t>(n) != line.size() + 1)
    refuse(errc::file_error, "cannot write the key log: " + std::string(std::strerror(n < 0 ? errno : ENOSPC)));
}

}  // namespace

tls::key_log_callback open_key_log(const std::optional<std::string>& option, const tls::backend_entry& backend) {
  const char* variable = std::getenv("SSLKEYLOGFILE");
  if (!option && (variable == nullptr || *variable == '\0')) return {};
  const std::string path = option ? *option : variable;
  if (!backend.capabilities.has(tls::capability::key_log)) {
    const std::string text = std::string(backend.name) + " does not tell the secrets of connections";
    if (option) refuse(errc::unsupported, "--keylog: " + text);
    remark("SSLKEYLOGFILE is not written: " + text);
    return {};
  }
  const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOCTTY, 0600);
  if (fd < 0) {
    if (option) refuse(errc::file_error, why(path, errno));
    remark("SSLKEYLOGFILE is not written: " + why(path, errno));
    return {};
  }
  return [file = std::make_shared<const descriptor>(fd)](std::string_view line) { append(*file, line); };
}

trace_file::trace_file(const std::optional<std::string>& path) {
  if (!path) return;
  fd_ = ::open(path->c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOCTTY, 0666);
  if (fd_ < 0) refuse(errc::file_error, why(*path, errno));
}

trace_file::~trace_file() {
  if (fd_ >= 0) ::close(fd_);
}

void trace_file::watch(tls::any_engine& engine) {
  if (fd_ >= 0) engine.tap(&trace_);
}

void trace_file::update(const tls::any_engine& engine) {
  if (fd_ >= 0 && (engine.established() || text_.empty())) text_ = to_json(trace_, engine) + "\n";
}

void trace_file::write() {
  if (fd_ < 0 || text_.empty()) return;
  if (const int error = write_all(fd_, text_); error != 0)
    refuse(errc::file_error, "cannot write the trace: " + std::string(std::strerror(error)));
}

}  // namespace cli
