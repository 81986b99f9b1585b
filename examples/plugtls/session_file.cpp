// SPDX-License-Identifier: BSL-1.0
#include "session_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

namespace cli {

using tls::errc;

tls::session load_session(const std::string& path, const tls::backend_entry& backend) {
  if (::access(path.c_str(), F_OK) != 0 && errno == ENOENT) return {};
  std::string text = read_file(path);
  errc e = errc::success;
  tls::session session = tls::session::from_bytes(tls::as_bytes(text), e);
  tls::detail::wipe(text.data(), text.size());
  if (e != errc::success) refuse(e, "--session '" + one_line(path) + "' holds no session; remove it to begin anew");
  if (session.backend() != backend.name)
    refuse(errc::bad_session, "--session '" + one_line(path) + "' is of the " + one_line(session.backend()) +
                                  " backend, and this is " + std::string(backend.name));
  return session;
}

void save_session(const std::string& path, const tls::session& session) {
  if (session.empty()) {
    ::unlink(path.c_str());
    return;
  }
  const tls::secret bytes = session.to_bytes();
  std::string place = path + ".XXXXXX";
  const int fd = ::mkstemp(place.data());  // with mode 0600
  const auto fail = [&](int error) {
    if (fd >= 0) ::close(fd), ::unlink(place.c_str());
    refuse(errc::file_error, "cannot write --session '" + one_line(path) + "': " + std::strerror(error));
  };
  if (fd < 0) fail(errno);
  for (tls::byte_view rest = bytes.bytes(); !rest.empty();) {
    const ::ssize_t n = ::write(fd, rest.data(), rest.size());
    if (n < 0 && errno != EINTR) fail(errno);
    if (n > 0) rest = rest.subspan(static_cast<std::size_t>(n));
  }
  if (::fsync(fd) != 0 || std::rename(place.c_str(), path.c_str()) != 0) fail(errno);
  ::close(fd);
}

void resume_sessions(tls::server_settings& settings, const tls::backend_entry& backend, const resumption& by) {
  if (settings.verify == tls::verify_mode::none || backend.capabilities.has(tls::capability::client_auth_resumption))
    settings.tickets = by.tickets;
  if (backend.capabilities.has(tls::capability::session_ids)) settings.session_ids = by.ids;
}

}  // namespace cli
