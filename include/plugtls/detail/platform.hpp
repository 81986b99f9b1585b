// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <unistd.h>

#include <cerrno>
#include <climits>
#include <cstddef>

// Where the systems that net/ runs on differ (Linux, the BSDs, macOS). Nothing else in net/ asks which system it is.
namespace plugtls::detail {

#if defined(MSG_NOSIGNAL)
inline constexpr int no_signal = MSG_NOSIGNAL;
#else
inline constexpr int no_signal = 0;     // prepare_socket() sets SO_NOSIGPIPE instead
#endif

#if defined(MSG_MORE)
inline constexpr int more_follows = MSG_MORE;
#else
inline constexpr int more_follows = 0;  // each piece leaves at once
#endif

#if defined(PIPE_BUF)
inline constexpr std::size_t pipe_room = PIPE_BUF;
#else
inline constexpr std::size_t pipe_room = _POSIX_PIPE_BUF;
#endif

/// Makes a descriptor that was just created close-on-exec and non-blocking, where creation could not do it.
inline bool set_flags(int fd) noexcept {
  const int flags = ::fcntl(fd, F_GETFL);
  return ::fcntl(fd, F_SETFD, FD_CLOEXEC) == 0 && flags >= 0 && ::fcntl(fd, F_SETFL, flags | O_NONBLOCK) == 0;
}

/// Sets what keeps writing to this socket from raising SIGPIPE, where that is a property of the socket.
inline void prepare_socket([[maybe_unused]] int fd) noexcept {
#if !defined(MSG_NOSIGNAL) && defined(SO_NOSIGPIPE)
  const int on = 1;
  ::setsockopt(fd, SOL_SOCKET, SO_NOSIGPIPE, &on, sizeof on);
#endif
}

/// socket(), close-on-exec and non-blocking. -1 and errno on failure.
inline int open_socket(int family, int type, int protocol) noexcept {
#if defined(SOCK_CLOEXEC) && defined(SOCK_NONBLOCK)
  return ::socket(family, type | SOCK_CLOEXEC | SOCK_NONBLOCK, protocol);
#else
  const int fd = ::socket(family, type, protocol);
  if (fd >= 0) set_flags(fd);
  return fd;
#endif
}

/// accept(), close-on-exec and non-blocking. -1 and errno on failure.
inline int accept_socket(int listening) noexcept {
#if defined(SOCK_CLOEXEC) && defined(SOCK_NONBLOCK)
  return ::accept4(listening, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
#else
  const int fd = ::accept(listening, nullptr, nullptr);
  if (fd >= 0) set_flags(fd);
  return fd;
#endif
}

/// pipe(), both ends close-on-exec and non-blocking. False and errno on failure.
inline bool open_pipe(int (&fds)[2]) noexcept {
#if defined(SOCK_CLOEXEC) && defined(SOCK_NONBLOCK)
  return ::pipe2(fds, O_CLOEXEC | O_NONBLOCK) == 0;
#else
  if (::pipe(fds) != 0) return false;
  set_flags(fds[0]);
  set_flags(fds[1]);
  return true;
#endif
}

/// Whether accept() failed for a reason of one connection that is gone by now, so that the next one may do (accept(2)).
inline bool is_lost_connection(int error) noexcept {
  switch (error) {
    case ECONNABORTED:
    case EINTR:
    case EPROTO:
    case ENOPROTOOPT:
    case EHOSTDOWN:
    case EHOSTUNREACH:
    case ENETDOWN:
    case ENETUNREACH:
#if defined(ENONET)
    case ENONET:
#endif
      return true;
    default: return false;
  }
}

}  // namespace plugtls::detail
