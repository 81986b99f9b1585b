// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "plugtls/detail/hello_reader.hpp"
#include "plugtls/error_info.hpp"
#include "plugtls/secret.hpp"

namespace plugtls {

/// A key that both ends share beforehand, and the name that it goes by (RFC 4279, RFC 8446 §2.2). It is used with a
/// Diffie-Hellman exchange only, so that connections stay secret when the key is lost later, and with SHA-256.
///
/// The name is sent in the clear. The key is to be random bytes: a password is none, whoever watches one handshake can
/// try passwords for ever (RFC 9257 §4).
struct external_psk {
  std::string identity;  ///< 1 to 127 bytes, none of them NUL
  secret key;            ///< 16 to 64 bytes; backends may end at 32 and refuse more
};

namespace detail {

/// Returns the key of that name, null without.
inline const external_psk* find_psk(std::span<const external_psk> list, std::string_view identity) noexcept {
  for (const external_psk& psk : list)
    if (psk.identity == identity) return &psk;
  return nullptr;
}

/// Returns the key that a handshake was made with, null where it was none of the list. It goes by what both ends said
/// in the clear, which their Finished vouch for: in TLS 1.2 a suite with PSK and the name; in TLS 1.3 the name that the
/// server picked from the client's, with a key share (psk_dhe_ke). A session that is resumed goes by another name.
inline const external_psk* psk_in_use(std::span<const external_psk> list, const hello_facts& facts) noexcept {
  if (list.empty() || facts.psk_identity.empty() || facts.group == named_group::none) return nullptr;
  const bool is_agreed = facts.version == tls_version::tls1_3 ? facts.psk_selected : is_psk(facts.suite);
  return is_agreed ? find_psk(list, facts.psk_identity) : nullptr;
}

inline errc check_psks(std::span<const external_psk> list, error_info& info) {
  for (const external_psk& psk : list) {
    if (psk.identity.empty() || psk.identity.size() > 127 || psk.identity.find('\0') != std::string::npos)
      return info.set(errc::invalid_argument, "the identity of a PSK is 1 to 127 bytes, none of them NUL");
    if (psk.key.size() < 16 || psk.key.size() > 64)
      return info.set(errc::invalid_argument, "a PSK is 16 to 64 bytes of randomness (RFC 9257 §6)");
    if (find_psk(list, psk.identity) != &psk)
      return info.set(errc::invalid_argument, "two PSKs have the same identity");
  }
  return errc::success;
}

}  // namespace detail
}  // namespace plugtls
