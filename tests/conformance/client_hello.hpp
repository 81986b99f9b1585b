// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "conformance.hpp"

namespace plugtls_test {

constexpr unsigned renegotiation_scsv = 0x00ff;  // RFC 5746 §3.3: no suite, and asked for by nobody

/// What a ClientHello says (RFC 8446 §4.1.2), read from the bytes on the wire by code of this test's own.
struct client_hello {
  unsigned record_version = 0, legacy_version = 0;
  std::vector<unsigned> suites, groups, versions, schemes, extensions;
  std::vector<std::string> alpn;
  std::string server_name;
  bool is_whole = false;

  bool has(unsigned extension) const {
    for (const unsigned e : extensions)
      if (e == extension) return true;
    return false;
  }
};

namespace hello_detail {
struct cursor {
  std::string_view rest;
  bool ok = true;
  unsigned u8() {
    if (rest.empty()) return ok = false, 0U;
    const unsigned v = static_cast<unsigned char>(rest[0]);
    rest.remove_prefix(1);
    return v;
  }
  unsigned u16() {
    const unsigned high = u8();
    return high << 8 | u8();
  }
  cursor take(std::size_t n) {
    if (n > rest.size()) return ok = false, cursor{};
    cursor c{rest.substr(0, n)};
    rest.remove_prefix(n);
    return c;
  }
  std::vector<unsigned> numbers() {
    std::vector<unsigned> all;
    while (!rest.empty() && ok) all.push_back(u16());
    return all;
  }
};
}  // namespace hello_detail

inline client_hello decode_client_hello(std::string_view wire) {
  client_hello h;
  hello_detail::cursor r{wire};
  if (r.u8() != 22) return h;
  h.record_version = r.u16();
  auto record = r.take(r.u16());
  if (record.u8() != 1 || record.u8() != 0) return h;
  auto m = record.take(record.u16());
  h.legacy_version = m.u16();
  m.take(32);
  m.take(m.u8());
  h.suites = m.take(m.u16()).numbers();
  m.take(m.u8());
  auto all = m.take(m.u16());
  while (all.ok && !all.rest.empty()) {
    const unsigned type = all.u16();
    auto e = all.take(all.u16());
    h.extensions.push_back(type);
    if (type == 0) {
      auto list = e.take(e.u16());
      list.u8();
      h.server_name = list.take(list.u16()).rest;
    } else if (type == 10) {
      h.groups = e.take(e.u16()).numbers();
    } else if (type == 13) {
      h.schemes = e.take(e.u16()).numbers();
    } else if (type == 16) {
      for (auto list = e.take(e.u16()); list.ok && !list.rest.empty();) h.alpn.emplace_back(list.take(list.u8()).rest);
    } else if (type == 43) {
      h.versions = e.take(e.u8()).numbers();
    }
  }
  h.is_whole = r.ok && record.ok && m.ok && all.ok;
  return h;
}

/// Returns the first flight of a client, as it left.
inline std::string first_flight(const context& c, peer_options peer = server_name) {
  endpoint<engine> client(engine(c, std::move(peer)));
  client.step();
  return std::string(as_text(client.port.output()));
}
inline client_hello hello_of(const client_settings& s, peer_options peer = server_name) {
  const client_hello h = decode_client_hello(first_flight(make_client(s), std::move(peer)));
  CHECK(h.is_whole);
  return h;
}

template <class Number>
std::vector<unsigned> numbers(const std::vector<Number>& list) {
  std::vector<unsigned> out;
  for (const Number n : list) out.push_back(static_cast<unsigned>(n));
  return out;
}

}  // namespace plugtls_test
