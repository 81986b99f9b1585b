// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "plugtls/certificate.hpp"
#include "plugtls/detail/sha2.hpp"
#include "plugtls/library_session.hpp"
#include "plugtls/protocol.hpp"
#include "plugtls/secret.hpp"
#include "plugtls/unix_time.hpp"

namespace plugtls::detail {

/// Writes length-prefixed fields, big-endian, and wipes what it wrote at its end.
class field_writer {
 public:
  field_writer() = default;
  field_writer(const field_writer&) = delete;
  field_writer& operator=(const field_writer&) = delete;
  ~field_writer() { wipe(bytes_.data(), bytes_.size()); }

  void number(std::uint64_t value, int bytes) {
    for (int shift = 8 * (bytes - 1); shift >= 0; shift -= 8) bytes_ += static_cast<char>(value >> shift & 0xff);
  }
  void raw(byte_view bytes) {
    // Growing would leave a copy behind.
    if (bytes_.size() + bytes.size() + 64 > bytes_.capacity()) {
      std::string larger;
      larger.reserve(2 * (bytes_.size() + bytes.size()) + 1024);
      larger = bytes_;
      wipe(bytes_.data(), bytes_.size());
      bytes_.swap(larger);
    }
    bytes_ += as_text(bytes);
  }
  void field(byte_view bytes) {
    raw({});
    number(bytes.size(), 4);
    raw(bytes);
  }
  void field(std::string_view text) { field(as_bytes(text)); }
  byte_view view() const noexcept { return as_bytes(bytes_); }

 private:
  std::string bytes_;
};

/// Reads what `field_writer` wrote; after a read past the end it stays empty.
class field_reader {
 public:
  explicit field_reader(byte_view bytes) noexcept : rest_(bytes) {}
  std::uint64_t number(std::size_t bytes) noexcept {
    std::uint64_t value = 0;
    for (const std::byte b : take(bytes)) value = value << 8 | std::to_integer<std::uint64_t>(b);
    return value;
  }
  byte_view field() noexcept { return take(static_cast<std::size_t>(number(4))); }
  std::string text() { return std::string(as_text(field())); }
  byte_view take(std::size_t size) noexcept {
    if (size > rest_.size()) {
      ok_ = false;
      rest_ = {};
      return {};
    }
    const byte_view head = rest_.first(size);
    rest_ = rest_.subspan(size);
    return head;
  }
  bool ok() const noexcept { return ok_; }
  bool ended() const noexcept { return ok_ && rest_.empty(); }

 private:
  byte_view rest_;
  bool ok_ = true;
};

/// What a session is made of. In bytes: a magic with the envelope's version, the fields, and the SHA-256 of all before
/// it, which tells what was cut or changed by accident before a library has to read it.
struct session_envelope {
  static constexpr std::string_view magic = "plugtls session 1\n";
  static constexpr std::size_t max_size = std::size_t{1} << 20;
  static constexpr unix_time max_lifetime = 604800;  // RFC 8446 §4.6.1: seven days

  std::string backend;
  std::string format;  ///< the library, as far as its versions read each other's sessions
  secret native;       ///< the library's own bytes, where it is not held by the library
  std::shared_ptr<const library_session> held;
  tls_version version = tls_version::automatic;
  std::string peer_name;
  std::string server_name;
  std::vector<std::string> alpn;
  sha256_digest policy{};
  unix_time created = 0;
  std::uint32_t lifetime = 0;
  std::vector<certificate> chain;
  byte_vector staple;  ///< the OCSP response that came with the chain; empty without one

  unix_time expires() const noexcept { return created + (lifetime < max_lifetime ? lifetime : max_lifetime); }

  secret native_bytes() const { return held ? held->write() : native; }

  /// Nothing where the library cannot write its session.
  secret write() const {
    const secret own = native_bytes();
    if (own.empty()) return own;
    field_writer out;
    out.raw(as_bytes(magic));
    out.field(backend);
    out.field(format);
    out.field(own.bytes());
    out.number(static_cast<std::uint64_t>(version), 2);
    out.field(peer_name);
    out.field(server_name);
    out.number(alpn.size(), 2);
    for (const std::string& protocol : alpn) out.field(protocol);
    out.raw(policy);
    out.number(static_cast<std::uint64_t>(created), 8);
    out.number(lifetime, 4);
    out.number(chain.size(), 2);
    for (const certificate& c : chain) out.field(c.der());
    out.field(staple);
    out.raw(sha256(out.view()));
    return secret(out.view());
  }

  /// False, with some fields set, for what is no such envelope.
  bool read(byte_view bytes) {
    sha256_digest sum{};
    if (bytes.size() < magic.size() + sum.size() || bytes.size() > max_size) return false;
    const byte_view body = bytes.first(bytes.size() - sum.size());
    sum = sha256(body);
    if (as_text(body.first(magic.size())) != magic || as_text(sum) != as_text(bytes.last(sum.size()))) return false;
    field_reader in(body.subspan(magic.size()));
    backend = in.text();
    format = in.text();
    native = secret(in.field());
    version = static_cast<tls_version>(in.number(2));
    peer_name = in.text();
    server_name = in.text();
    for (std::uint64_t n = in.number(2); n != 0 && in.ok(); --n) alpn.push_back(in.text());
    const byte_view digest = in.take(policy.size());
    for (std::size_t i = 0; i < digest.size(); ++i) policy[i] = digest[i];
    created = static_cast<unix_time>(in.number(8));
    lifetime = static_cast<std::uint32_t>(in.number(4));
    for (std::uint64_t n = in.number(2); n != 0 && in.ok(); --n) {
      errc e = errc::success;
      auto one = certificate::from_der(in.field(), e);
      if (!one) return false;
      chain.push_back(*std::move(one));
    }
    const byte_view response = in.field();
    staple.assign(response.begin(), response.end());
    // A moment far off would make `expires` overflow.
    return in.ended() && !native.empty() && created > earliest_time && created < latest_time;
  }
};

}  // namespace plugtls::detail
