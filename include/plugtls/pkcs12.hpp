// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "plugtls/detail/password_cost.hpp"
#include "plugtls/detail/pkcs12.hpp"
#include "plugtls/detail/read_file.hpp"
#include "plugtls/identity.hpp"

namespace plugtls {

namespace detail {

/// Opens every part of a container.
inline errc open_parts(const pkcs12::container& container, const secret& password, const container_tools& tools,
                       pkcs12::contents& out, error_info& info) {
  for (const pkcs12::part& p : container.parts) {
    secret opened;
    if (!p.algorithm.empty()) {
      if (password.empty()) return info.set(errc::password_required);
      algorithm_identifier algorithm;
      der::reader in(p.algorithm);
      if (!read_algorithm(in, algorithm)) return refuse_password_cost(info);
      if (const errc e = check_password_cost(algorithm, info); e != errc::success) return e;
      switch (tools.decrypt(p.algorithm, password, p.bytes, opened)) {
        case errc::success: break;
        case errc::unsupported:
          return info.set(errc::unsupported, std::string(tools.backend) +
                                                 " lacks the algorithm that the PKCS#12 container is encrypted with; "
                                                 "one that all backends have: openssl pkcs12 -export "
                                                 "-keypbe PBE-SHA1-3DES -certpbe PBE-SHA1-3DES");
        default:
          if (!container.mac.empty()) {
            // The MAC has shown that it is the right one.
            return info.set(errc::unsupported, std::string(tools.backend) +
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
    next = 0;
    while (next < all.size() && !(all[next].subject() == chain.back().issuer())) ++next;
  }
  return chain;
}

inline errc open_pkcs12(identity& id, const container_tools& tools, error_info& info) {
  if (tools.decrypt == nullptr)
    return info.set(errc::unsupported, std::string(tools.backend) +
                                           " reads no PKCS#12: take the key and certificates out " +
                                           "(openssl pkcs12 -nodes) and give them as PEM");
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
  if (const errc e = open_parts(container, password, tools, found, info); e != errc::success) return e;
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
  std::size_t leaf = 0;
  if (const errc e = tools.find_leaf(source, all, leaf, info); e != errc::success) return e;
  if (leaf == all.size())
    return info.set(errc::key_mismatch, "no certificate of the PKCS#12 container belongs to its private key");
  id.open(order_chain(std::move(all), leaf), std::move(source));
  return errc::success;
}

}  // namespace detail

inline identity identity::from_pkcs12(byte_view container, error_info& info, password_callback password) {
  identity id;
  detail::pkcs12::container parsed;
  if (parsed.parse(container, info) != errc::success) return id;
  id.container_ = secret(container);
  id.container_password_ = std::move(password);
  id.opener_ = detail::open_pkcs12;
  return id;
}

inline identity identity::from_pkcs12_file(const std::string& path, error_info& info, password_callback password) {
  std::string bytes;
  if (detail::read_file(path, bytes, info) != errc::success) return {};
  identity id = from_pkcs12(as_bytes(bytes), info, std::move(password));
  if (info) info.detail = "'" + path + "': " + info.detail;
  detail::wipe(bytes.data(), bytes.size());
  return id;
}

}  // namespace plugtls
