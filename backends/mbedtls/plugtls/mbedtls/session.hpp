// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <array>
#include <cstring>
#include <optional>

#include "plugtls/concepts.hpp"
#include "plugtls/detail/on_demand.hpp"
#include "plugtls/mbedtls/compat.hpp"
#include "plugtls/mbedtls/handle.hpp"
#include "plugtls/mbedtls/verify.hpp"

namespace plugtls::mbedtls {

/// Bytes that are wiped at their end.
class wiped_bytes {
 public:
  explicit wiped_bytes(std::size_t size) : bytes_(size) {}
  wiped_bytes(const wiped_bytes&) = delete;
  wiped_bytes& operator=(const wiped_bytes&) = delete;
  ~wiped_bytes() { detail::wipe(bytes_.data(), bytes_.size()); }
  std::byte* data() noexcept { return bytes_.data(); }
  unsigned char* raw() noexcept { return reinterpret_cast<unsigned char*>(bytes_.data()); }
  byte_view view() const noexcept { return bytes_; }

 private:
  byte_vector bytes_;
};

/// Writes a session in mbedTLS's own form, with the library's version and configuration in front; empty where it fails.
inline secret write_session(const mbedtls_ssl_session& session) {
  std::size_t size = 0;
  static_cast<void>(mbedtls_ssl_session_save(&session, nullptr, 0, &size));
  wiped_bytes room(size);
  if (size == 0 || mbedtls_ssl_session_save(&session, room.raw(), size, &size) != 0) return {};
  return secret(room.view().first(size));
}

/// A ticket (RFC 5077 §4): the key's name, a nonce, what is sealed by AES-256-GCM, its tag. Sealed are the moment, the
/// session, and what the verifier wants to see again of the client.
class ticket {
 public:
  /// Returns how many bytes were written; 0 where there is not enough room, or something fails.
  static std::size_t seal(const detail::ticket_rules& rules, std::string_view server_name,
                          const mbedtls_ssl_session& session, unix_time moment, byte_view client,
                          std::span<std::byte> out) {
    detail::ticket_key key;
    if (!rules.seal(server_name, key)) return 0;
    detail::field_writer content;
    content.raw({});
    content.number(static_cast<std::uint64_t>(moment), 8);
    const secret saved = write_session(session);
    content.field(saved.bytes());
    content.field(client);
    const byte_view plain = content.view();
    if (saved.empty() || out.size() < overhead + plain.size()) return 0;
    std::memcpy(out.data(), key.name.data(), key.name.size());
    const std::span<std::byte> nonce = out.subspan(name_size, nonce_size);
    std::byte* sealed = out.data() + name_size + nonce_size;
    if (!compat::fill_random(nonce) ||
        !compat::gcm(true, key.encryption, nonce, key.name, plain, sealed, sealed + plain.size()))
      return 0;
    return overhead + plain.size();
  }

  /// Opens one. False where it is another's, has expired, or the client is not accepted any more.
  static bool open(const detail::ticket_rules& rules, std::string_view server_name, byte_view sealed,
                   mbedtls_ssl_session& session, detail::resumable_peer& client) {
    detail::ticket_key key;
    if (sealed.size() <= overhead ||
        rules.open(server_name, sealed.first(name_size), key) == detail::ticket_find::unknown)
      return false;
    const byte_view nonce = sealed.subspan(name_size, nonce_size);
    const byte_view body = sealed.subspan(name_size + nonce_size, sealed.size() - overhead);
    std::array<std::byte, tag_size> tag;
    std::memcpy(tag.data(), sealed.last(tag_size).data(), tag_size);
    wiped_bytes plain(body.size());
    if (!compat::gcm(false, key.encryption, nonce, key.name, body, plain.data(), tag.data())) return false;
    detail::field_reader in(plain.view());
    const auto made = static_cast<unix_time>(in.number(8));
    const byte_view saved = in.field(), state = in.field();
    client.moment = made;
    return in.ended() && rules.keys->is_timely(made) &&
           mbedtls_ssl_session_load(&session, mbedtls::data(saved), saved.size()) == 0 && client.decide_ticket(state);
  }

 private:
  static constexpr std::size_t name_size = 16, nonce_size = 12, tag_size = 16;
  static constexpr std::size_t overhead = name_size + nonce_size + tag_size;
};

/// What a call of the handshake takes. Tells mbedTLS's callbacks about sessions whose handshake runs in this thread:
/// they are told the configuration alone.
class handshake_scope {
 public:
  handshake_scope(peer_verifier& own, const wire& w, detail::on_demand<native_session>& newest) noexcept
      : verifier(own), made(newest), wire_(w), outer_(current()) {
    current() = this;
  }
  handshake_scope(const handshake_scope&) = delete;
  handshake_scope& operator=(const handshake_scope&) = delete;
  ~handshake_scope() { current() = outer_; }

  static handshake_scope*& current() noexcept {
    static thread_local handshake_scope* innermost = nullptr;
    return innermost;
  }
  /// Whether the server's hello, which has left by now, resumes a session. No version tells.
  bool resumes() const noexcept { return wire_.observer().facts().says_resumed(); }
  /// Whether the session may be resumed at all: in TLS 1.2 it needs the extended master secret (RFC 7627 §5.3), which
  /// mbedTLS does not keep with it.
  bool is_resumable() const noexcept {
    const detail::hello_facts& facts = wire_.observer().facts();
    return facts.version == tls_version::tls1_3 || facts.extended_master_secret;
  }

  const detail::hello_facts& hello() const noexcept { return wire_.observer().facts(); }

  peer_verifier& verifier;
  detail::on_demand<native_session>& made;  // the session that is to be remembered by its id
  chain_check chain;                        // the peer's, where one step reads and judges it

 private:
  const wire& wire_;
  handshake_scope* outer_;
};

// The callbacks, which know a server's ticket_rules.
inline int write_ticket(void* rules, const mbedtls_ssl_session* session, unsigned char* begin, const unsigned char* end,
                        std::size_t* size, std::uint32_t* lifetime) noexcept {
  const auto& own = *static_cast<const detail::ticket_rules*>(rules);
  if (handshake_scope::current() == nullptr) return MBEDTLS_ERR_SSL_INTERNAL_ERROR;
  const handshake_scope& scope = *handshake_scope::current();
  peer_verifier& verifier = scope.verifier;
  const auto room = std::as_writable_bytes(std::span(begin, static_cast<std::size_t>(end - begin)));
  *lifetime = static_cast<std::uint32_t>(own.keys->lifetime_seconds());
  *size = detail::guard(verifier.exception(), std::size_t{0}, [&] {
    const unix_time moment = verifier.ticket_moment(scope.resumes(), own.keys->time());
    const std::string& name = scope.hello().server_name;
    const std::size_t n = scope.is_resumable()
                              ? ticket::seal(own, name, *session, moment, verifier.ticket_state(scope.resumes()), room)
                              : 0;
    // What is not to be resumed, and a chain that does not fit, makes a ticket that will be declined: in TLS 1.3 none
    // at all would end the handshake.
    return n != 0 ? n : ticket::seal(own, name, *session, moment, {}, room);
  });
  return *size != 0 ? 0 : MBEDTLS_ERR_SSL_BUFFER_TOO_SMALL;
}
inline int parse_ticket(void* rules, mbedtls_ssl_session* session, unsigned char* bytes, std::size_t size) noexcept {
  const auto& own = *static_cast<const detail::ticket_rules*>(rules);
  if (handshake_scope::current() == nullptr) return MBEDTLS_ERR_SSL_INTERNAL_ERROR;
  const handshake_scope& scope = *handshake_scope::current();
  const bool good = detail::guard(scope.verifier.exception(), false, [&] {
    const auto sealed = std::as_bytes(std::span(bytes, size));
    return ticket::open(own, scope.hello().server_name, sealed, *session, scope.verifier.resumable());
  });
  return good ? 0 : MBEDTLS_ERR_SSL_INVALID_MAC;
}

// The same for ids; they know a server's session_id_rules. mbedTLS goes on to a full handshake where none is found.
inline int find_session(void* rules, byte_view id, mbedtls_ssl_session* session) noexcept {
  const auto& own = *static_cast<const detail::session_id_rules*>(rules);
  if (handshake_scope::current() == nullptr) return MBEDTLS_ERR_SSL_INTERNAL_ERROR;
  const handshake_scope& scope = *handshake_scope::current();
  return detail::guard(scope.verifier.exception(), MBEDTLS_ERR_SSL_INTERNAL_ERROR, [&] {
    const secret found = own.find(id, scope.hello(), scope.verifier.resumable());
    return found.empty() ? MBEDTLS_ERR_SSL_INTERNAL_ERROR
                         : mbedtls_ssl_session_load(session, mbedtls::data(found.bytes()), found.size());
  });
}
inline int keep_session(void*, const mbedtls_ssl_session* session) noexcept {
  if (handshake_scope::current() == nullptr) return MBEDTLS_ERR_SSL_INTERNAL_ERROR;
  handshake_scope& scope = *handshake_scope::current();
  detail::exception_slot dropped;  // what cannot be written is not remembered
  return detail::guard(dropped, MBEDTLS_ERR_SSL_ALLOC_FAILED, [&] {
    scope.made.make().bytes = write_session(*session);
    return 0;
  });
}

}  // namespace plugtls::mbedtls
