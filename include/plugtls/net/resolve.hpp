// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <netdb.h>

#include <cerrno>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "plugtls/detail/ascii.hpp"
#include "plugtls/detail/hex.hpp"
#include "plugtls/error_info.hpp"
#include "plugtls/net/poll.hpp"
#include "plugtls/net/tcp_endpoint.hpp"

namespace plugtls {

namespace detail {

/// No server has more addresses than this that are worth trying.
inline constexpr std::size_t max_addresses = 32;

inline bool is_host_char(char c) noexcept {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || is_ascii_digit(c) || c == '-' || c == '.' || c == '_';
}

/// Whether the system would take the last label for (part of) a number: "127.1", "0x7f000001", "0177.0.0.1".
inline bool ends_in_number(std::string_view host) noexcept {
  if (host.ends_with('.')) host.remove_suffix(1);
  std::string_view label = host.substr(host.rfind('.') + 1);
  const bool hex = label.starts_with("0x") || label.starts_with("0X");
  if (hex) label.remove_prefix(2);
  for (const char c : label)
    if (hex ? hex_digit(c) < 0 : !is_ascii_digit(c)) return false;
  return hex || !label.empty();
}

/// Takes the brackets off and tells whether the rest can be looked up; `numeric`: it is an address.
inline bool clean_host(std::string_view& host, bool& numeric) noexcept {
  const bool brackets = host.starts_with('[');
  if (brackets) {
    if (!host.ends_with(']')) return false;
    host = host.substr(1, host.size() - 2);
  }
  if (host.empty() || host.size() > 254) return false;
  const std::size_t zone = host.find('%');
  const auto address = ip_address::parse(host.substr(0, zone));
  numeric = address.has_value();
  if (brackets && !(numeric && address->is_v6())) return false;
  if (zone != std::string_view::npos && (!numeric || !address->is_v6() || zone + 1 == host.size())) return false;
  for (const char c : numeric ? host.substr(zone == std::string_view::npos ? host.size() : zone + 1) : host)
    if (!is_host_char(c)) return false;
  return numeric || (!host.starts_with('.') && !ends_in_number(host));
}

inline bool check_port(int port, int lowest, error_info& info) {
  if (port >= lowest && port <= 65535) return true;
  info.set(errc::invalid_argument,
           "port " + std::to_string(port) + " is not between " + std::to_string(lowest) + " and 65535");
  return false;
}

/// Whether a name always means this machine (RFC 6761 §6.3).
inline bool is_localhost(std::string_view host) noexcept {
  constexpr std::string_view special = "localhost";
  if (host.ends_with('.')) host.remove_suffix(1);
  if (host.size() < special.size()) return false;
  const std::string_view before = host.substr(0, host.size() - special.size());
  return equals_ignoring_case(host.substr(before.size()), special) && (before.empty() || before.ends_with('.'));
}

inline int look_up(const std::string& host, int flags, addrinfo*& found) noexcept {
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_protocol = IPPROTO_TCP;
  hints.ai_flags = flags;
  return ::getaddrinfo(host.c_str(), nullptr, &hints, &found);
}

/// Puts the two families in turns, the one that the system ranks first leading (RFC 8305 §4).
inline void interleave(std::vector<tcp_endpoint>& list) {
  std::vector<tcp_endpoint> lead;
  std::vector<tcp_endpoint> other;
  for (const tcp_endpoint& e : list) (e.family() == list.front().family() ? lead : other).push_back(e);
  list.clear();
  for (std::size_t i = 0; i < lead.size() || i < other.size(); ++i) {
    if (i < lead.size()) list.push_back(lead[i]);
    if (i < other.size()) list.push_back(other[i]);
  }
}

}  // namespace detail

/// Finds the addresses of a host: a name in A-label form, or an address with or without brackets. They stand in the
/// order in which to try them. Asks the system, which may take its time; nothing here can bound it.
///
/// `localhost`, and names that end in it, are the loopback addresses also where the system does not know them.
///
/// Gives `invalid_argument` for what cannot be a host or a port (an abbreviated address such as "127.1" included),
/// `io_error` with the resolver's code and text for a name that is not found.
inline errc resolve(std::string_view host, int port, std::vector<tcp_endpoint>& out, error_info& info) {
  out.clear();
  bool numeric = false;
  std::string_view bare = host;
  if (!detail::check_port(port, 0, info)) return info.code;
  if (!detail::clean_host(bare, numeric)) {
    std::string shown;
    bool ascii = true;
    for (const char c : host.substr(0, 254)) {
      shown += c > ' ' && c < '\x7f' ? c : '?';
      ascii = ascii && static_cast<unsigned char>(c) < 0x80;
    }
    return info.set(errc::invalid_argument, "'" + shown + "' is not a host name or an address" +
                                                (ascii ? "" : "; write it in A-labels (xn--...)"));
  }
  const std::string name(bare);
  addrinfo* list = nullptr;
  int failed = detail::look_up(name, numeric ? AI_NUMERICHOST : AI_ADDRCONFIG, list);
  // AI_ADDRCONFIG keeps useless IPv6 lookups away, and on machines with only a loopback address useful ones too.
  if (failed != 0 && failed != EAI_AGAIN && failed != EAI_SYSTEM && failed != EAI_MEMORY && !numeric)
    failed = detail::look_up(name, 0, list);
  if (failed != 0 && detail::is_localhost(name)) {
    std::vector<tcp_endpoint> v4;
    if (resolve("::1", port, out, info) == errc::success && resolve("127.0.0.1", port, v4, info) == errc::success)
      out.insert(out.end(), v4.begin(), v4.end());
    return info.code;
  }
  if (failed != 0) {
    info.native = failed == EAI_SYSTEM ? errno : failed;
    info.native_text =
        failed == EAI_SYSTEM ? detail::system_error_code(errno).message() : std::string(::gai_strerror(failed));
    return info.set(failed == EAI_MEMORY ? errc::out_of_memory : errc::io_error,
                    "cannot resolve '" + name + "': " + info.native_text);
  }
  const std::unique_ptr<addrinfo, void (*)(addrinfo*)> owner(list, [](addrinfo* l) { ::freeaddrinfo(l); });
  for (const addrinfo* a = list; a != nullptr && out.size() < detail::max_addresses; a = a->ai_next) {
    if (auto found = tcp_endpoint::from(a->ai_addr, a->ai_addrlen)) {
      found->port(static_cast<std::uint16_t>(port));
      out.push_back(*found);
    }
  }
  if (out.empty()) return info.set(errc::io_error, "'" + name + "' has no IP address");
  detail::interleave(out);
  return errc::success;
}

}  // namespace plugtls
