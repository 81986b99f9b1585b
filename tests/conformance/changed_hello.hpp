// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <string>
#include <string_view>

#include "client_hello.hpp"

/// First flights that no sane client sends: made from those of one, by code of this test's own.
namespace plugtls_test {

inline std::string be16(std::size_t n) {
  return {static_cast<char>(static_cast<unsigned char>(n >> 8 & 0xff)),
          static_cast<char>(static_cast<unsigned char>(n & 0xff))};
}
inline std::string vector16(const std::string& content) { return be16(content.size()) + content; }

/// One entry of a server_name extension (RFC 6066 §3).
inline std::string name_entry(const std::string& host, char type = '\0') { return type + vector16(host); }

/// Splits a handshake message over records of at most `most` bytes each.
inline std::string in_records(const std::string& message, std::size_t most = 16384) {
  std::string out;
  for (std::size_t at = 0; at < message.size(); at += most)
    out += std::string("\x16\x03\x01") + vector16(message.substr(at, most));
  return out;
}

/// The extensions of a ClientHello that came as one record, and what stands before them.
struct hello_parts {
  explicit hello_parts(const std::string& flight) {
    std::size_t at = 5 + 4 + 2 + 32;
    const auto byte = [&flight](std::size_t i) {
      return static_cast<std::size_t>(static_cast<unsigned char>(flight.at(i)));
    };
    at += 1 + byte(at);
    at += 2 + (byte(at) << 8 | byte(at + 1));
    at += 1 + byte(at);
    before = flight.substr(9, at - 9);
    extensions = flight.substr(at + 2);
  }

  /// Takes an extension out.
  hello_parts& without(unsigned type) {
    std::string rest;
    hello_detail::cursor r{extensions};
    while (!r.rest.empty()) {
      const std::string_view start = r.rest;
      const unsigned t = r.u16();
      r.take(r.u16());
      if (t != type) rest += start.substr(0, start.size() - r.rest.size());
    }
    extensions = rest;
    return *this;
  }
  /// Puts one in front.
  hello_parts& with(unsigned type, const std::string& content) {
    extensions = be16(type) + vector16(content) + extensions;
    return *this;
  }
  /// The whole handshake message.
  std::string message() const {
    const std::string body = before + vector16(extensions);
    return std::string("\x01") + static_cast<char>(static_cast<unsigned char>(body.size() >> 16)) +
           be16(body.size() & 0xffff) + body;
  }

  std::string before, extensions;
};

/// A client's hello in which the extension server_name has another content.
inline std::string hello_with_names(const client_settings& s, const std::string& content) {
  return in_records(hello_parts(first_flight(make_client(s))).without(0).with(0, content).message());
}
inline std::string hello_for(const client_settings& s, const std::string& host) {
  return hello_with_names(s, vector16(name_entry(host)));
}

/// The number of the alert that a server sent in the clear, 0 where it sent none as its last record.
inline unsigned alert_in(const endpoint<engine>& e) {
  const std::string_view out = as_text(e.port.output());
  if (out.size() < 7) return 0;
  const std::string_view last = out.substr(out.size() - 7);
  return last.substr(0, 1) == "\x15" && last[5] == 2 ? static_cast<unsigned char>(last[6]) : 0U;
}

/// A server that was sent these bytes, in pieces.
inline endpoint<engine> fed(const context& c, std::string_view bytes, std::size_t piece = 1000000) {
  endpoint<engine> server{engine(c)};
  for (; !bytes.empty(); bytes.remove_prefix(std::min(piece, bytes.size()))) {
    CHECK(server.port.feed(as_bytes(bytes.substr(0, piece))));
    server.step();
  }
  return server;
}

}  // namespace plugtls_test
