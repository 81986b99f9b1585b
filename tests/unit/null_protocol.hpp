// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "plugtls/bytes.hpp"
#include "plugtls/protocol.hpp"

// The records and messages of the null backend: framed as TLS is, so that everything that looks at ciphertext from
// outside sees what it expects, and encrypted by nothing at all.

namespace plugtls_test::null {

using namespace plugtls;

/// Builds messages.
struct writer {
  byte_vector bytes;
  writer& u8(unsigned v) { return bytes.push_back(static_cast<std::byte>(v)), *this; }
  writer& u16(unsigned v) { return u8(v >> 8 & 0xff).u8(v & 0xff); }
  writer& u24(std::size_t v) { return u8(v >> 16 & 0xff).u16(static_cast<unsigned>(v & 0xffff)); }
  writer& raw(byte_view v) { return bytes.insert(bytes.end(), v.begin(), v.end()), *this; }
  writer& text8(std::string_view v) { return u8(static_cast<unsigned>(v.size())).raw(as_bytes(v)); }
  writer& vector16(const writer& v) { return u16(static_cast<unsigned>(v.bytes.size())).raw(v.bytes); }
  writer& extension(unsigned type, const writer& body) { return u16(type).vector16(body); }
};

/// Takes messages apart; what is not there reads as zero.
struct reader {
  byte_view bytes;
  bool ok = true;
  unsigned u8() {
    if (bytes.empty()) return ok = false, 0U;
    const auto v = static_cast<unsigned>(bytes[0]);
    bytes = bytes.subspan(1);
    return v;
  }
  unsigned u16() {
    const unsigned high = u8();
    return high << 8 | u8();
  }
  std::size_t u24() {
    const std::size_t high = u8();
    return high << 16 | u16();
  }
  byte_view take(std::size_t n) {
    if (n > bytes.size()) return ok = false, byte_view();
    const byte_view head = bytes.first(n);
    bytes = bytes.subspan(n);
    return head;
  }
};

enum content : unsigned { change_cipher_spec = 20, alert_record = 21, handshake_record = 22, application = 23 };
enum message : unsigned {
  client_hello = 1,
  server_hello = 2,
  certificate_list = 11,
  server_key_exchange = 12,
  certificate_request = 13,
  server_hello_done = 14,
  client_key_exchange = 16,
  finished = 20,
  key_update = 24
};

inline byte_vector handshake_message(unsigned type, const writer& body = {}) {
  return writer().u8(type).u24(body.bytes.size()).raw(body.bytes).bytes;
}

inline byte_vector plain_record(unsigned type, byte_view body) {
  return writer().u8(type).u16(0x0303).u16(static_cast<unsigned>(body.size())).raw(body).bytes;
}

/// "Encrypts": every byte changed, the inner type and a check sum behind.
inline byte_vector sealed_record(unsigned outer, unsigned type, byte_view body) {
  writer w;
  w.u8(outer).u16(0x0303).u16(static_cast<unsigned>(body.size() + 2));
  unsigned sum = type;
  for (const std::byte b : body) {
    w.u8(static_cast<unsigned>(b) ^ 0x5a);
    sum = (sum * 31 + static_cast<unsigned>(b)) & 0xff;
  }
  return w.u8(type).u8(sum).bytes;
}

/// The reverse; false when the check sum is wrong.
inline bool open_record(byte_view sealed, unsigned& type, byte_vector& body) {
  if (sealed.size() < 2) return false;
  type = static_cast<unsigned>(sealed[sealed.size() - 2]);
  body.clear();
  unsigned sum = type;
  for (const std::byte b : sealed.first(sealed.size() - 2)) {
    body.push_back(b ^ std::byte{0x5a});
    sum = (sum * 31 + static_cast<unsigned>(body.back())) & 0xff;
  }
  return sum == static_cast<unsigned>(sealed.back());
}

/// What the hello messages carry.
struct hello {
  std::vector<tls_version> versions;
  std::vector<cipher_suite> suites;
  std::vector<named_group> groups;
  std::vector<std::string> alpn;
  std::string server_name;
  bool post_handshake_auth = false;
  byte_vector ticket = {};  // of TLS 1.2
};

inline writer encode_alpn(const std::vector<std::string>& protocols) {
  writer list;
  for (const std::string& p : protocols) list.text8(p);
  return writer().vector16(list);
}

inline std::vector<std::string> decode_alpn(byte_view extension) {
  std::vector<std::string> out;
  reader r{extension};
  reader list{r.take(r.u16())};
  while (list.ok && !list.bytes.empty()) out.emplace_back(as_text(list.take(list.u8())));
  return out;
}

inline byte_vector encode_client_hello(const hello& h) {
  writer suites, groups, versions, extensions;
  for (const auto s : h.suites) suites.u16(static_cast<unsigned>(s));
  for (const auto g : h.groups) groups.u16(static_cast<unsigned>(g));
  for (const auto v : h.versions) versions.u16(static_cast<unsigned>(v));
  if (!h.server_name.empty()) {
    writer name;
    name.u8(0).u16(static_cast<unsigned>(h.server_name.size())).raw(as_bytes(h.server_name));
    extensions.extension(0, writer().vector16(name));
  }
  extensions.extension(10, writer().vector16(groups));
  if (!h.alpn.empty()) extensions.extension(16, encode_alpn(h.alpn));
  extensions.extension(43, writer().u8(static_cast<unsigned>(versions.bytes.size())).raw(versions.bytes));
  if (h.post_handshake_auth) extensions.extension(49, writer());
  if (!h.ticket.empty()) extensions.extension(35, writer().raw(h.ticket));
  writer w;
  w.u16(0x0303).raw(byte_vector(32, std::byte{7})).u8(0).vector16(suites).u8(1).u8(0).vector16(extensions);
  return handshake_message(client_hello, w);
}

inline hello decode_client_hello(byte_view body) {
  hello h;
  reader r{body};
  r.take(2 + 32);
  r.take(r.u8());
  for (reader list{r.take(r.u16())}; list.ok && !list.bytes.empty();)
    h.suites.push_back(static_cast<cipher_suite>(list.u16()));
  r.take(r.u8());
  for (reader extensions{r.take(r.u16())}; extensions.ok && !extensions.bytes.empty();) {
    const unsigned type = extensions.u16();
    reader e{extensions.take(extensions.u16())};
    if (type == 16) h.alpn = decode_alpn(e.bytes);
    if (type == 10)
      for (reader list{e.take(e.u16())}; !list.bytes.empty();) h.groups.push_back(static_cast<named_group>(list.u16()));
    if (type == 43)
      for (reader list{e.take(e.u8())}; !list.bytes.empty();)
        h.versions.push_back(static_cast<tls_version>(list.u16()));
  }
  return h;
}

/// `h` holds one of each.
inline byte_vector encode_server_hello(const hello& h) {
  writer extensions;
  if (h.versions[0] == tls_version::tls1_3) {
    extensions.extension(43, writer().u16(0x0304));
    extensions.extension(51, writer().u16(static_cast<unsigned>(h.groups[0])).u16(0));
  }
  if (!h.alpn.empty()) extensions.extension(16, encode_alpn(h.alpn));
  writer w;
  w.u16(0x0303).raw(byte_vector(32, std::byte{9})).u8(0).u16(static_cast<unsigned>(h.suites[0])).u8(0);
  return handshake_message(server_hello, w.vector16(extensions));
}

inline hello decode_server_hello(byte_view body) {
  hello h{{tls_version::tls1_2}, {}, {}, {}, {}};
  reader r{body};
  r.take(2 + 32);
  r.take(r.u8());
  h.suites.push_back(static_cast<cipher_suite>(r.u16()));
  r.u8();
  for (reader extensions{r.take(r.u16())}; extensions.ok && !extensions.bytes.empty();) {
    const unsigned type = extensions.u16();
    reader e{extensions.take(extensions.u16())};
    if (type == 43) h.versions[0] = static_cast<tls_version>(e.u16());
    if (type == 16) h.alpn = decode_alpn(e.bytes);
  }
  return h;
}

}  // namespace plugtls_test::null
