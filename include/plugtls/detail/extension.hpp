// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "plugtls/bytes.hpp"
#include "plugtls/detail/der.hpp"
#include "plugtls/general_names.hpp"

/// Extensions (RFC 5280 §4.1.2.9), the same in certificates, CRLs and the entries of CRLs.
namespace plugtls::detail {

struct extension_item {
  byte_view oid;
  byte_view value;
  bool critical = false;
};

[[gnu::cold]] inline bool next_extension(der::reader& in, extension_item& out) noexcept {
  byte_view content;
  if (!in.next(der::tag::sequence, content)) return false;
  der::reader fields(content);
  if (!fields.next(der::tag::oid, out.oid) || !der::is_oid(out.oid)) return false;
  out.critical = false;
  byte_view flag;
  // FALSE is the default and should not be written; certificates that write it are common and do no harm.
  if (fields.next_is(der::tag::boolean) &&
      (!fields.next(der::tag::boolean, flag) || !der::read_boolean(flag, out.critical)))
    return false;
  return fields.next(der::tag::octet_string, out.value) && fields.at_end();
}

/// Calls `read(item)` for each extension; false where one is malformed, occurs twice, or `read` says so. `most` keeps
/// the search for duplicates, which allocates nothing, cheap.
template <class Read>
[[gnu::cold]] bool read_extensions(byte_view content, int most, Read&& read) noexcept {
  int count = 0;
  der::reader in(content);
  while (!in.at_end()) {
    extension_item item;
    if (++count > most || !next_extension(in, item)) return false;
    der::reader later = in;
    while (!later.at_end()) {
      extension_item other;
      if (!next_extension(later, other) || der::equal(item.oid, other.oid)) return false;
    }
    if (!read(item)) return false;
  }
  return true;
}

/// Reads authorityKeyIdentifier (RFC 5280 §4.2.1.1): the key's identifier, and the issuer's issuer and serial number.
[[gnu::cold]] inline bool read_authority_key_id(byte_view value, byte_view& key_id, general_names& issuer,
                                                byte_view& serial) noexcept {
  byte_view content, list;
  if (!der::read_single(value, der::tag::sequence, content)) return false;
  der::reader in(content);
  if (in.next_is(der::tag::context(0)) && !in.next(der::tag::context(0), key_id)) return false;
  if (in.next_is(der::tag::constructed(1)) &&
      (!in.next(der::tag::constructed(1), list) || !general_names::parse(list, issuer)))
    return false;
  if (in.next_is(der::tag::context(2)) && (!in.next(der::tag::context(2), serial) || !der::is_integer(serial)))
    return false;
  return in.at_end() && issuer.empty() == serial.empty();  // RFC 5280 appendix A.2: both, or neither
}

}  // namespace plugtls::detail
