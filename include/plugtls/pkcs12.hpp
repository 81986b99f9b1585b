// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "plugtls/detail/password_cost.hpp"
#include "plugtls/detail/pkcs12.hpp"
#include "plugtls/identity.hpp"
#include "plugtls/private_key.hpp"

namespace plugtls {

namespace detail {

/// Opens every part of a container.
template <class B>
errc open_parts(const pkcs12::container& container, const secret& password, pkcs12::contents& out, error_info& info) {
  for (const pkcs12::part& p : container.parts) {
    secret opened;
    if (!p.algorithm.empty()) {
      if (password.empty()) return info.set(errc::password_required);
      algorithm_identifier algorithm;
      der::reader in(p.algorithm);
      if (!read_algorithm(in, algorithm)) return refuse_password_cost(info);
      if (const errc e = check_password_cost(algorithm, info); e != errc::success) return e;
      switch (B::decrypt_pbe(p.algorithm, password, p.bytes, opened)) {
        case errc::success: break;
        case errc::unsupported:
          return info.set(errc::unsupported, std::string(B::name) +
                                                 " lacks the algorithm that the PKCS#12 container is encrypted with; "
                                                 "one that all backends have: openssl pkcs12 -export "
                                                 "-keypbe PBE-SHA1-3DES -certpbe PBE-SHA1-3DES");
        default:
          if (!container.mac.empty()) {
            // The MAC has shown that it is the right one.
            return info.set(errc::unsupported, std::string(B::name) +
                                                   " does not take this password, which is the PKCS#12 container's: "
                                                   "it may be too long for it");
          }
          return info.set(errc::bad_password, "the PKCS#12 container does not open with this password");
      }
    }
    if (!pkcs12::read_bags(p.algorithm.empty() ? p.bytes : opened.bytes(), out))
      return p.algorithm.empty()
                 ? info.set(errc::bad_der, "a part of the PKCS#12 container does not decode")
                 : info.set(errc::bad_password, "what the password makes of the PKCS#12 container is not its contents");
  }
  return errc::success;
}

/// Puts the leaf first, and each issuer after what it issued, by their names; what nobody needs is left out.
inline std::vector<certificate> order_chain(std::vector<certificate> all, std::size_t leaf) {
  std::vector<certificate> chain;
  for (std::size_t next = leaf; next < all.size();) {
    chain.push_back(std::move(all[next]));
    all.erase(all.begin() + static_cast<std::ptrdiff_t>(next));
    const auto issuer = std::find_if(all.begin(), all.end(),
                                     [&](const certificate& c) { return c.subject() == chain.back().issuer(); });
    next = static_cast<std::size_t>(issuer - all.begin());
  }
  return chain;
}

template <class B>
errc open_pkcs12(identity& id, error_info& info) {
  if constexpr (!has<B, capability::pkcs12>) {
    return info.set(errc::unsupported, std::string(B::name) + " reads no PKCS#12: take the key and certificates out " +
                                           "(openssl pkcs12 -nodes) and give them as PEM");
  } else {
    pkcs12::container container;
    pkcs12::contents found;
    if (const errc e = container.parse(id.container().bytes(), info); e != errc::success) return e;
    const secret password = id.container_password() ? id.container_password()() : secret();
    for (const char c : password.text())
      if (static_cast<unsigned char>(c) > 0x7e)
        return info.set(errc::unsupported,
                        "the password of a PKCS#12 container must be ASCII: libraries differ in what "
                        "they make of other characters");
    if (!container.mac.empty()) {
      if (password.empty()) return info.set(errc::password_required);
      if (const errc e = pkcs12::check_mac(container, password, info); e != errc::success) return e;
    }
    if (const errc e = open_parts<B>(container, password, found, info); e != errc::success) return e;
    if (found.keys.size() != 1)
      return info.set(errc::invalid_argument, found.keys.empty()
                                                  ? "the PKCS#12 container holds no private key"
                                                  : "the PKCS#12 container holds " + std::to_string(found.keys.size()) +
                                                        " private keys: which one is meant is not known");
    std::vector<certificate> all;
    for (byte_vector& der : found.certificates) {
      errc e = errc::success;
      auto c = certificate::from_der(std::move(der), e);
      if (!c) return info.set(e, "a certificate of the PKCS#12 container does not decode");
      all.push_back(*std::move(c));
    }
    if (all.empty()) return info.set(errc::no_certificates_found, "the PKCS#12 container holds no certificate");
    key_source source = key_source::from_der(found.keys.front().bytes(), [password] { return password; });
    const auto key = basic_private_key<B>::load(source, info);
    if (!key) return info.code;
    std::size_t leaf = 0;
    while (leaf < all.size() && !key.matches(all[leaf])) ++leaf;
    if (leaf == all.size())
      return info.set(errc::key_mismatch, "no certificate of the PKCS#12 container belongs to its private key");
    id.open(order_chain(std::move(all), leaf), std::move(source));
    return errc::success;
  }
}

}  // namespace detail
}  // namespace plugtls
