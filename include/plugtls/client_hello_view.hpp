// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <string_view>
#include <vector>

#include "plugtls/bytes.hpp"
#include "plugtls/detail/hello_reader.hpp"
#include "plugtls/protocol.hpp"

namespace plugtls {

/// What a client offers in its first message (RFC 8446 §4.1.2, RFC 5246 §7.4.1.2), in the client's order, unknown
/// numbers included. Refers to the message's bytes: valid during the call that gives it.
struct client_hello_view {
  std::string_view server_name;       ///< as sent (RFC 6066 §3), in any letter case; empty without one
  std::vector<tls_version> versions;  ///< numbers that are none of `tls_version`'s are left out
  std::vector<plugtls::cipher_suite> cipher_suites;
  std::vector<named_group> groups;  ///< of TLS 1.2 also the curves of certificates; see `names_groups`
  std::vector<plugtls::signature_scheme> signature_schemes;
  std::vector<std::string_view> alpn;  ///< protocols (RFC 7301), bytes of any value
  bool names_groups = false;           ///< false: a client of TLS 1.2 that leaves the choice to the server
};

namespace detail {

/// Reads the body of a ClientHello; false where it breaks the syntax, or repeats an extension that is read here.
inline bool read_client_hello(byte_view body, client_hello_view& out) {
  const auto list16 = [](byte_view bytes, auto& numbers) {
    wire_reader r(bytes);
    while (r.ok() && !r.empty()) {
      const auto number = static_cast<typename std::decay_t<decltype(numbers)>::value_type>(r.u16());
      if (r.ok()) numbers.push_back(number);
    }
    return r.ok() && !numbers.empty();
  };
  wire_reader r(body);
  const unsigned legacy_version = r.u16();
  r.take(32);
  const std::size_t session = r.vector8().size();
  const byte_view suites = r.vector16();
  const std::size_t compressions = r.vector8().size();
  if (!r.ok() || session > 32 || compressions == 0 || !list16(suites, out.cipher_suites)) return false;
  unsigned seen = 0;
  const auto first_time = [&seen](unsigned bit) {
    const bool is_first = (seen >> bit & 1U) == 0;
    seen |= 1U << bit;
    return is_first;
  };
  if (!r.empty()) {
    wire_reader extensions(r.vector16());
    if (!r.ok() || !r.empty()) return false;
    while (!extensions.empty()) {
      const unsigned type = extensions.u16();
      wire_reader extension(extensions.vector16());
      if (!extensions.ok()) return false;
      bool is_good = true;
      switch (type) {
        case 0: is_good = first_time(0) && read_server_name(extension, out.server_name) == name_fault::none; break;
        case 10: is_good = first_time(1) && list16(extension.vector16(), out.groups) && extension.at_end(); break;
        case 13:
          is_good = first_time(2) && list16(extension.vector16(), out.signature_schemes) && extension.at_end();
          break;
        case 16: {
          wire_reader names(extension.vector16());
          is_good = first_time(3) && extension.at_end() && !names.empty();
          while (is_good && !names.empty()) {
            out.alpn.push_back(as_text(names.vector8()));
            is_good = names.ok() && !out.alpn.back().empty();
          }
          break;
        }
        case 43: is_good = first_time(4) && list16(extension.vector8(), out.versions) && extension.at_end(); break;
        default: break;
      }
      if (!is_good) return false;
    }
  }
  out.names_groups = (seen >> 1 & 1U) != 0;
  if ((seen >> 4 & 1U) == 0 && legacy_version >= 0x0303) out.versions.push_back(tls_version::tls1_2);
  std::erase_if(out.versions, [](tls_version v) { return name(v).empty(); });
  return true;
}

}  // namespace detail
}  // namespace plugtls
