// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <string>
#include <utility>

#include "plugtls/certificate.hpp"
#include "plugtls/concepts.hpp"
#include "plugtls/key_source.hpp"

namespace plugtls {

/// What a backend makes of a key source: a private key in its library's form. Contexts load their identities through
/// it; alone it tells whether a key can be used, and whose it is. Movable; immutable once loaded.
template <Backend B>
class basic_private_key {
 public:
  /// Holds no key.
  basic_private_key() = default;

  /// Loads a key. Gives `bad_pem`, `bad_der`, `password_required`, `bad_password`, `unsupported` (a type or an
  /// encryption that the backend lacks); the result holds no key then.
  static basic_private_key load(const key_source& source, error_info& info) {
    info = {};
    basic_private_key key;
    key_material material;
    byte_vector spki;
    errc e = B::start(info);
    if (e == errc::success && source.empty()) e = info.set(errc::invalid_argument, "there is no private key to load");
    if (e == errc::success && source.external()) return load_external(source, info);
    if (e == errc::success) e = source.prepare(material, info);
    if (e == errc::success) e = key.native_.load(material, info);
    if (e == errc::success && (!key.native_.public_key(spki) || !public_key_view::parse(spki, key.public_)))
      e = info.set(errc::unsupported, std::string(B::name) + " does not tell the public key of this private key");
    key.spki_ = std::move(spki);  // the view stays valid: moving a vector keeps its bytes
    if (e == errc::success) return key;
    info.code = e;
    return {};
  }

  explicit operator bool() const noexcept { return !spki_.empty(); }
  key_kind kind() const noexcept { return public_.kind(); }
  /// The size that a policy looks at: bits of an RSA modulus or of a curve.
  unsigned bits() const noexcept { return public_.bits(); }
  /// `RSA 2048`, `EC P-256`, `Ed25519`, as certificates spell it.
  std::string description() const { return public_.description(); }

  /// Tells whether a certificate was issued for this key. Only the key's bits are compared: one key may be named by
  /// more than one algorithm identifier.
  bool matches(const certificate& c) const noexcept {
    return !spki_.empty() && as_text(public_.key_bytes()) == as_text(c.view().public_key().key_bytes());
  }

  typename B::private_key& native() noexcept { return native_; }

 private:
  static basic_private_key load_external(const key_source& source, error_info& info) {
    basic_private_key key;
    errc e = source.external_error().code;
    if (e != errc::success) {
      info = source.external_error();
      return {};
    }
    const detail::external_key& external = *source.external();
    const capability needed =
        external.view.kind() == key_kind::rsa ? capability::external_rsa_key : capability::external_ec_key;
    if (!B::capabilities.has(needed)) {
      info.set(errc::unsupported, std::string(B::name) + " cannot leave signatures of " + external.view.description() +
                                      " keys to a signer (capability " + std::string(name(needed)) + ")");
      return {};
    }
    if constexpr (has<B, capability::external_rsa_key> || has<B, capability::external_ec_key>)
      e = key.native_.load_external(source.external(), info);
    key.spki_ = external.spki;
    if (e == errc::success && public_key_view::parse(key.spki_, key.public_)) return key;
    info.code = e == errc::success ? errc::bad_der : e;
    return {};
  }

  typename B::private_key native_;
  byte_vector spki_;
  public_key_view public_;
};

}  // namespace plugtls
