// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <string>

#include "plugtls/ip_address.hpp"

namespace plugtls {

/// An IP address and a port: a value.
class tcp_endpoint {
 public:
  /// Copies a socket address; one that is neither IPv4 nor IPv6 gives nothing.
  static std::optional<tcp_endpoint> from(const sockaddr* address, socklen_t size) noexcept {
    const bool v4 = address->sa_family == AF_INET && size >= sizeof(sockaddr_in);
    if (!v4 && (address->sa_family != AF_INET6 || size < sizeof(sockaddr_in6))) return std::nullopt;
    tcp_endpoint out;
    out.size_ = static_cast<socklen_t>(v4 ? sizeof(sockaddr_in) : sizeof(sockaddr_in6));
    std::memcpy(&out.storage_, address, out.size_);
    return out;
  }
  /// Every address of this machine, of IPv4 or of IPv6.
  static tcp_endpoint any(bool v6) noexcept {
    tcp_endpoint out;
    out.storage_.ss_family = v6 ? AF_INET6 : AF_INET;
    out.size_ = static_cast<socklen_t>(v6 ? sizeof(sockaddr_in6) : sizeof(sockaddr_in));
    return out;
  }
  /// Tells where a socket is bound, and to whom it is connected. Nothing: it is not, or it is no IP socket.
  static std::optional<tcp_endpoint> local(int fd) noexcept { return ask(fd, ::getsockname); }
  static std::optional<tcp_endpoint> remote(int fd) noexcept { return ask(fd, ::getpeername); }

  bool is_v6() const noexcept { return storage_.ss_family == AF_INET6; }
  std::uint16_t port() const noexcept { return ntohs(is_v6() ? v6().sin6_port : v4().sin_port); }
  void port(std::uint16_t number) noexcept {
    // The port stands at the same place in both forms.
    static_assert(offsetof(sockaddr_in, sin_port) == offsetof(sockaddr_in6, sin6_port));
    const std::uint16_t network = htons(number);
    std::memcpy(reinterpret_cast<char*>(&storage_) + offsetof(sockaddr_in, sin_port), &network, sizeof network);
  }

  /// Writes "127.0.0.1:443" or "[::1]:443"; an IPv4-mapped address as IPv4, a scope as its number.
  std::string to_string() const {
    const sockaddr_in6 six = v6();
    const sockaddr_in four = v4();
    auto bytes = is_v6() ? std::as_bytes(std::span(&six.sin6_addr, 1)) : std::as_bytes(std::span(&four.sin_addr, 1));
    const bool mapped = is_v6() && IN6_IS_ADDR_V4MAPPED(&six.sin6_addr) != 0;
    if (mapped) bytes = bytes.subspan(12);
    std::string text;
    if (const auto address = ip_address::from_bytes(bytes)) text = address->to_string();
    if (is_v6() && !mapped) {
      if (six.sin6_scope_id != 0) text += '%' + std::to_string(six.sin6_scope_id);
      text = '[' + text + ']';
    }
    return text + ':' + std::to_string(port());
  }

  /// For the system's calls.
  const sockaddr* data() const noexcept { return reinterpret_cast<const sockaddr*>(&storage_); }
  socklen_t size() const noexcept { return size_; }
  int family() const noexcept { return storage_.ss_family; }

  friend bool operator==(const tcp_endpoint& a, const tcp_endpoint& b) noexcept {
    return a.family() == b.family() && a.port() == b.port() &&
           (a.is_v6() ? std::memcmp(&a.storage_, &b.storage_, sizeof(sockaddr_in6)) == 0
                      : a.v4().sin_addr.s_addr == b.v4().sin_addr.s_addr);
  }

 private:
  tcp_endpoint() = default;
  static std::optional<tcp_endpoint> ask(int fd, int (*question)(int, sockaddr*, socklen_t*)) noexcept {
    sockaddr_storage storage{};
    socklen_t size = sizeof storage;
    if (question(fd, reinterpret_cast<sockaddr*>(&storage), &size) != 0) return std::nullopt;
    return from(reinterpret_cast<const sockaddr*>(&storage), size);
  }
  sockaddr_in v4() const noexcept {
    sockaddr_in out;
    std::memcpy(&out, &storage_, sizeof out);
    return out;
  }
  sockaddr_in6 v6() const noexcept {
    sockaddr_in6 out;
    std::memcpy(&out, &storage_, sizeof out);
    return out;
  }

  sockaddr_storage storage_{};
  socklen_t size_ = 0;
};

}  // namespace plugtls
