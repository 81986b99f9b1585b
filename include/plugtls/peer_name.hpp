// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "plugtls/certificate_view.hpp"
#include "plugtls/detail/ascii.hpp"
#include "plugtls/errc.hpp"
#include "plugtls/ip_address.hpp"

namespace plugtls {

/// The name that a peer's certificate must carry: a host name or an address. A value.
class peer_name {
 public:
  /// Reads what a user typed: a host name in ASCII (for others its A-label), of which one trailing dot is dropped, or
  /// an address, IPv6 also in brackets. Gives `errc::invalid_argument` for everything else: empty or over-long names
  /// and labels, wildcards, other characters, names that end in a number without being an address.
  static std::optional<peer_name> parse(std::string_view text, errc& e);

  bool is_address() const noexcept { return address_.has_value(); }
  /// Returns the address; only for names that are one.
  const ip_address& address() const noexcept { return *address_; }
  /// Returns the name in lower case, or the address as RFC 5952 writes it, without brackets.
  const std::string& text() const noexcept { return text_; }
  /// Returns what belongs into the server_name extension: nothing for an address (RFC 6066 §3).
  std::string_view server_name() const noexcept { return is_address() ? std::string_view() : std::string_view(text_); }

  /// Tells whether the certificate names this peer (RFC 9525): a dNSName for a host name, an iPAddress for an address.
  /// A common name never counts. A wildcard stands for one whole left-most label, and at least two labels follow it.
  bool matches(const certificate_view& certificate) const noexcept {
    for (const general_name& name : certificate.subject_alt_names())
      if (matches(name)) return true;
    return false;
  }

  /// The same for one name of a certificate.
  bool matches(const general_name& presented) const noexcept;

  friend bool operator==(const peer_name& a, const peer_name& b) noexcept { return a.text_ == b.text_; }

 private:
  peer_name() = default;
  static bool is_host_name(std::string_view text) noexcept;

  std::string text_;
  std::optional<ip_address> address_;
};

[[gnu::cold]] inline bool peer_name::is_host_name(std::string_view text) noexcept {
  if (text.empty() || text.size() > 253) return false;
  std::size_t label = 0;
  for (std::size_t i = 0; i <= text.size(); ++i) {
    if (i == text.size() || text[i] == '.') {
      if (i == label || i - label > 63) return false;
      if (i != text.size()) label = i + 1;
      continue;
    }
    if (!detail::is_ascii_alnum(text[i]) && text[i] != '-' && text[i] != '_') return false;
  }
  // Resolvers take 127.1, 0x7f.1 or 2130706433 as addresses; no host name ends in a number.
  std::string_view last = text.substr(label);
  const bool hexadecimal = last.size() >= 2 && last[0] == '0' && detail::ascii_lower(last[1]) == 'x';
  if (hexadecimal) last.remove_prefix(2);
  for (const char c : last)
    if (hexadecimal ? detail::hex_digit(c) < 0 : !detail::is_ascii_digit(c)) return true;
  return false;
}

[[gnu::cold]] inline std::optional<peer_name> peer_name::parse(std::string_view text, errc& e) {
  e = errc::success;
  peer_name out;
  const bool in_brackets = text.size() > 2 && text.front() == '[' && text.back() == ']';
  out.address_ = ip_address::parse(in_brackets ? text.substr(1, text.size() - 2) : text);
  if (out.address_ && (!in_brackets || out.address_->is_v6())) {
    out.text_ = out.address_->to_string();
    return out;
  }
  out.address_.reset();
  if (!text.empty() && text.back() == '.') text.remove_suffix(1);
  if (!is_host_name(text)) {
    e = errc::invalid_argument;
    return std::nullopt;
  }
  for (const char c : text) out.text_ += detail::ascii_lower(c);
  return out;
}

[[gnu::cold]] inline bool peer_name::matches(const general_name& presented) const noexcept {
  if (address_) return presented.form == name_form::ip && detail::der::equal(presented.value, address_->bytes());
  if (presented.form != name_form::dns) return false;
  std::string_view pattern = as_text(presented.value);
  if (!pattern.empty() && pattern.back() == '.') pattern.remove_suffix(1);
  std::string_view name = text_;
  if (pattern.starts_with("*.")) {
    pattern.remove_prefix(1);
    const std::size_t dot = name.find('.');
    if (dot == std::string_view::npos || pattern.find('.', 1) == std::string_view::npos) return false;
    name.remove_prefix(dot);
  }
  // The name has host-name characters only: a pattern with a NUL, another asterisk or an empty label equals none.
  return detail::equals_ignoring_case(pattern, name);
}

}  // namespace plugtls
