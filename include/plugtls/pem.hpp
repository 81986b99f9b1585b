// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <string>
#include <string_view>

#include "plugtls/bytes.hpp"
#include "plugtls/detail/ascii.hpp"
#include "plugtls/detail/base64.hpp"
#include "plugtls/errc.hpp"

namespace plugtls {

/// One block of a PEM text (RFC 7468). `label` and `headers` view the text; `der` is owned, and secret where the block
/// is a private key: whoever takes it wipes it.
struct pem_block {
  std::string_view label;    ///< what stands after BEGIN, for example `CERTIFICATE`
  std::string_view headers;  ///< the header lines of RFC 1421, empty in most blocks
  byte_vector der;

  /// Returns the value of a header such as `Proc-Type` or `DEK-Info` without outer white space, empty if it is absent.
  std::string_view header(std::string_view name) const noexcept;
};

/// Walks over the blocks of a PEM text; text outside of blocks is ignored. The text must outlive the reader and its
/// blocks.
class pem_reader {
 public:
  explicit pem_reader(std::string_view text) noexcept : rest_(text) {}
  explicit pem_reader(byte_view text) noexcept : pem_reader(as_text(text)) {}

  /// Reads the next block. Returns false at the end of the text (`e` is success) and at the first block that is not
  /// terminated, ends in another label or does not decode (`errc::bad_pem`); nothing is read after that.
  bool next(pem_block& out, errc& e);

 private:
  bool take_line(std::string_view& line) noexcept;
  bool read_block(pem_block& out);

  std::string_view rest_;
};

/// Writes one block with lines of 64 characters.
inline std::string to_pem(std::string_view label, byte_view der) {
  std::string out = "-----BEGIN ";
  out += label;
  out += "-----\n";
  out += detail::encode_base64(der, 64);
  out += "-----END ";
  out += label;
  out += "-----\n";
  return out;
}

namespace detail {

inline constexpr std::string_view pem_begin = "-----BEGIN ";
inline constexpr std::string_view pem_end = "-----END ";
inline constexpr std::string_view pem_dashes = "-----";

constexpr bool is_blank(char c) noexcept { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

constexpr std::string_view trim(std::string_view text) noexcept {
  while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
  return text;
}

/// Gives the label of a boundary line; false if the line begins like one and does not end like one.
constexpr bool read_boundary(std::string_view line, std::string_view prefix, std::string_view& label) noexcept {
  line = trim(line);
  if (!line.starts_with(prefix) || !line.ends_with(pem_dashes) || line.size() <= prefix.size() + pem_dashes.size())
    return false;
  label = line.substr(prefix.size(), line.size() - prefix.size() - pem_dashes.size());
  for (const char c : label)
    if (c < ' ' || c > '~' || c == '-') return false;
  return true;
}

}  // namespace detail

inline std::string_view pem_block::header(std::string_view name) const noexcept {
  std::string_view rest = headers;
  while (!rest.empty()) {
    const std::size_t end = rest.find('\n');
    const std::string_view line = rest.substr(0, end);
    rest = end == std::string_view::npos ? std::string_view() : rest.substr(end + 1);
    const std::size_t colon = line.find(':');
    if (colon != std::string_view::npos && detail::equals_ignoring_case(detail::trim(line.substr(0, colon)), name))
      return detail::trim(line.substr(colon + 1));
  }
  return {};
}

inline bool pem_reader::take_line(std::string_view& line) noexcept {
  if (rest_.empty()) return false;
  const std::size_t end = rest_.find('\n');
  line = rest_.substr(0, end);
  rest_ = end == std::string_view::npos ? std::string_view() : rest_.substr(end + 1);
  return true;
}

inline bool pem_reader::next(pem_block& out, errc& e) {
  e = errc::success;
  if (rest_.starts_with("\xef\xbb\xbf")) rest_.remove_prefix(3);  // editors put a byte order mark there
  std::string_view line;
  while (take_line(line)) {
    if (!line.starts_with(detail::pem_begin) && !line.starts_with(detail::pem_end)) continue;
    // An END without its BEGIN means that part of the file is lost.
    if (detail::read_boundary(line, detail::pem_begin, out.label) && read_block(out)) return true;
    e = errc::bad_pem;
    rest_ = {};
  }
  return false;
}

inline bool pem_reader::read_block(pem_block& out) {
  std::string_view line;
  out.headers = {};
  const char* body = rest_.data();
  bool in_headers = false;
  bool first = true;
  for (const char* begin = rest_.data(); take_line(line); begin = rest_.data(), first = false) {
    if (line.starts_with(detail::pem_end)) {
      std::string_view label;
      if (in_headers || !detail::read_boundary(line, detail::pem_end, label) || label != out.label) return false;
      return detail::decode_base64({body, static_cast<std::size_t>(begin - body)}, out.der) && !out.der.empty();
    }
    if (line.starts_with(detail::pem_dashes)) return false;
    if (first && line.find(':') != std::string_view::npos) in_headers = true;
    if (in_headers && detail::trim(line).empty()) {
      out.headers = {body, static_cast<std::size_t>(begin - body)};
      body = rest_.data();
      in_headers = false;
    }
  }
  return false;
}

}  // namespace plugtls
