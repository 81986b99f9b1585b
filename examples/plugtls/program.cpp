// SPDX-License-Identifier: BSL-1.0
#include "program.hpp"

#include <poll.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>
#include <plugtls/backend.hpp>

namespace cli {

using tls::errc;

std::string_view name(stage s) noexcept {
  constexpr std::string_view names[] = {"setup", "connect", "handshake", "read", "write", "shutdown", "done"};
  return names[static_cast<std::size_t>(s)];
}

int exit_status(errc error, stage at) noexcept {
  switch (error) {
    case errc::success: return 0;
    case errc::unsupported: return 4;
    case errc::file_error:
    case errc::io_error:
    case errc::timed_out:
    case errc::out_of_memory: return 3;
    case errc::invalid_argument:
    case errc::peer_name_required:
    case errc::password_required:
    case errc::bad_password:
    case errc::key_mismatch: return 2;
    default: return at == stage::setup ? 2 : 1;  // what does not parse: an option's value, or what is under test
  }
}

void refuse(errc error, std::string text) {
  tls::error_info info;
  info.set(error, std::move(text));
  throw tls::tls_error(std::move(info));
}

void check(const tls::error_info& info) {
  if (info) throw tls::tls_error(info);
}

std::string one_line(std::string_view text) {
  std::string line(text);
  for (char& c : line)
    if (static_cast<unsigned char>(c) < ' ' || c == '\x7f') c = ' ';
  return line;
}

std::string escape_html(std::string_view text) {
  std::string out;
  for (const char c : one_line(text)) {
    switch (c) {
      case '<': out += "&lt;"; break;
      case '>': out += "&gt;"; break;
      case '&': out += "&amp;"; break;
      case '"': out += "&quot;"; break;
      default: out += c;
    }
  }
  return out;
}

void remark(std::string_view text) { write_all(STDERR_FILENO, "plugtls: " + one_line(text) + "\n"); }

void complain(const tls::error_info& info) { remark(explain(info)); }

int write_all(int fd, std::string_view text) noexcept {
  while (!text.empty()) {
    const ssize_t n = ::write(fd, text.data(), text.size());
    if (n >= 0) {
      text.remove_prefix(static_cast<std::size_t>(n));
    } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
      pollfd polled{fd, POLLOUT, 0};
      ::poll(&polled, 1, -1);
    } else if (errno != EINTR) {
      return errno;
    }
  }
  return 0;
}

void print(std::string_view text) {
  if (const int error = write_all(STDOUT_FILENO, text))
    refuse(errc::io_error, std::string("cannot write to standard output: ") + std::strerror(error));
}

std::string read_file(const std::string& path) {
  constexpr std::size_t limit = std::size_t{16} << 20;
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(path.c_str(), "rb"),
                                                             [](std::FILE* f) { return std::fclose(f); });
  const auto fail = [&path](int error) {
    refuse(errc::file_error, "cannot read '" + path + "': " + std::strerror(error));
  };
  if (!file) fail(errno);
  std::string text;
  char block[8192];
  errno = 0;
  for (std::size_t n = 1; n != 0 && text.size() <= limit;)
    text.append(block, n = std::fread(block, 1, sizeof block, file.get()));
  if (std::ferror(file.get()) != 0) fail(errno != 0 ? errno : EIO);
  if (text.size() > limit) refuse(errc::file_error, "'" + path + "' is larger than 16 MiB");
  return text;
}

std::string_view default_backend_name() noexcept { return tls::default_backend::name; }

const tls::backend_entry& choose_backend(const std::string& name) {
  const std::string wanted = name.empty() ? std::string(default_backend_name()) : name;
  if (const tls::backend_entry* found = tls::find_backend(wanted)) return *found;
  std::string known;
  for (const tls::backend_entry& entry : tls::registered_backends())
    known += (known.empty() ? "" : ", ") + std::string(entry.name);
  refuse(errc::invalid_argument, "there is no backend '" + wanted + "' in this program; it has: " + known);
}

}  // namespace cli
