// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstdlib>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "plugtls/certificate.hpp"
#include "plugtls/crl.hpp"
#include "plugtls/detail/read_file.hpp"
#include "plugtls/error_info.hpp"
#include "plugtls/trust_anchors.hpp"

namespace plugtls {

/// Certificates that verification may end at, and CRLs that certificates are looked up in. A value: cheap to copy, and
/// copies may be used in several threads. A directory is read by `load_trust_directory` (trust_directory.hpp).
///
/// The same holds on every backend:
/// - An anchor may be a root, or an intermediate: a path ends at the first anchor that it reaches, and what stands
///   above it is of no interest. What a peer presents is never an anchor for that.
/// - A peer's own certificate that is an anchor is trusted as it stands, as a path of one, whoever issued it. That it
///   may be a CA's holds for self-issued ones only. Its successor is another certificate: to follow renewals of one
///   key, trust its issuer and pin the key (settings, `pins`).
/// - Anchors are checked for dates, keys and key usages as other certificates are. Their own signature and extended key
///   usage are not looked at, and one of version 1 or without extensions may issue.
/// - An expired anchor, or cross certificate, does no harm where another path is good.
class trust_store {
 public:
  /// Trusts nothing: every chain is refused.
  static trust_store none() { return {}; }

  /// Trusts the machine's CA bundle, the same file on every backend: $SSL_CERT_FILE where that is set, else the first
  /// that exists of the places that Debian, Fedora, openSUSE, Alpine, BSD and macOS use. Read once per process, when a
  /// context first needs it.
  static trust_store system() {
    trust_store store;
    store.system_ = true;
    return store;
  }

  /// Trusts the certificates in a PEM bundle or in DER. Gives `no_certificates_found`, `bad_pem`, `bad_der`.
  static trust_store from_memory(byte_view bytes, error_info& info) {
    trust_store store;
    store.add(bytes, info);
    return store;
  }
  static trust_store from_memory(std::string_view pem, error_info& info) { return from_memory(as_bytes(pem), info); }

  /// Trusts the certificates in a file of either form. Gives `file_error` besides.
  static trust_store from_file(const std::string& path, error_info& info) {
    trust_store store;
    store.add_file(path, info);
    return store;
  }

  /// The same; throw `tls_error`.
  template <bool Throws = detail::has_exceptions>
  requires Throws static trust_store from_memory(std::string_view pem) {
    error_info info;
    trust_store store = from_memory(as_bytes(pem), info);
    detail::raise_if(info);
    return store;
  }
  template <bool Throws = detail::has_exceptions>
  requires Throws static trust_store from_file(const std::string& path) {
    error_info info;
    trust_store store = from_file(path, info);
    detail::raise_if(info);
    return store;
  }

  /// Adds what a PEM bundle or DER holds; on failure nothing is added.
  errc add(byte_view bytes, error_info& info) {
    std::vector<certificate> found;
    if (const errc e = load_certificates(bytes, found); e != errc::success) return info.set(e);
    for (certificate& c : found) add(static_cast<certificate&&>(c));
    return errc::success;
  }
  errc add_file(const std::string& path, error_info& info) {
    std::string text;
    if (const errc e = detail::read_file(path, text, info); e != errc::success) return e;
    if (const errc e = add(as_bytes(text), info); e != errc::success)
      return info.set(e, "'" + path + "': " + std::string(describe(e)));
    return errc::success;
  }
  void add(certificate anchor) { add_to(own_, static_cast<certificate&&>(anchor)); }

  /// Adds the CRLs in PEM (blocks `X509 CRL`) or DER, from any issuers; on failure nothing is added. What they are used
  /// for is `revocation_policy`'s (revocation.hpp). Contexts that are made from copies share the bytes. Gives
  /// `bad_pem`, `bad_der`; a file `file_error` and `too_long` (64 MiB) besides.
  errc add_crls(byte_view bytes, error_info& info) {
    std::vector<crl> found;
    if (const errc e = load_crls(bytes, found); e != errc::success)
      return info.set(e, "there is no CRL that can be read");
    for (crl& c : found) add(static_cast<crl&&>(c));
    return errc::success;
  }
  errc add_crl_file(const std::string& path, error_info& info) {
    std::string text;
    if (const errc e = detail::read_file(path, text, info); e != errc::success) return e;
    if (const errc e = add_crls(as_bytes(text), info); e != errc::success)
      return info.set(e, "'" + path + "' holds no CRL that can be read: " + std::string(describe(e)));
    return errc::success;
  }
  void add(crl list) { add_to(crls_, static_cast<crl&&>(list)); }

  /// Returns the CRLs in the order in which they were added. Valid until the next is added.
  std::span<const crl> crls() const noexcept { return crls_ ? std::span<const crl>(*crls_) : std::span<const crl>(); }

  bool is_system() const noexcept { return system_; }

  /// Returns all anchors; reads the system's when they are part of it. Gives what `from_file` gives.
  std::vector<certificate> anchors(error_info& info) const { return share(info).all(); }
  /// The same, as contexts hold them. Those of the system are shared by all.
  trust_anchors share(error_info& info) const {
    if (!system_) return own_ ? trust_anchors(*own_) : trust_anchors();
    const bundle& b = system_bundle();
    if (b.info) info = b.info;
    if (!own_) return b.anchors;
    std::vector<certificate> all = b.anchors.all();
    all.insert(all.end(), own_->begin(), own_->end());
    return all;
  }

 private:
  // Copies of a store share what they hold until one of them is changed.
  template <class T>
  static void add_to(std::shared_ptr<std::vector<T>>& list, T&& item) {
    if (!list) list = std::make_shared<std::vector<T>>();
    if (list.use_count() > 1) list = std::make_shared<std::vector<T>>(*list);
    list->push_back(static_cast<T&&>(item));
  }

  struct bundle {
    trust_anchors anchors;
    error_info info;
  };

  static const bundle& system_bundle() {
    static const bundle instance = load_system_bundle();
    return instance;
  }
  static bundle load_system_bundle() {
    static constexpr const char* places[] = {
        "/etc/ssl/certs/ca-certificates.crt",  // Debian, Alpine
        "/etc/pki/tls/certs/ca-bundle.crt",    // Fedora
        "/etc/ssl/ca-bundle.pem",              // openSUSE
        "/etc/ssl/cert.pem",                   // BSD, macOS
    };
    bundle b;
    std::string text;
    const char* chosen = std::getenv("SSL_CERT_FILE");
    if (chosen != nullptr && *chosen != '\0') {
      if (detail::read_file(chosen, text, b.info) != errc::success) return b;
    } else {
      for (const char* place : places) {
        error_info ignored;
        if (detail::read_file(place, text, ignored) == errc::success) break;
      }
      if (text.empty()) {
        b.info.set(errc::file_error, "this machine has no CA bundle; install ca-certificates, or set SSL_CERT_FILE");
        return b;
      }
    }
    // A bundle is other people's: a certificate in it that we cannot read is not trusted, and the others still are.
    b.anchors = load_readable_certificates(as_bytes(text));
    if (b.anchors.empty()) b.info.set(errc::no_certificates_found, "the machine's CA bundle holds no certificate");
    return b;
  }

  // PEM blocks that do not parse are left out.
  static std::vector<certificate> load_readable_certificates(byte_view pem) {
    std::vector<certificate> out;
    pem_reader reader(pem);
    pem_block block;
    for (errc e = errc::success; reader.next(block, e);) {
      if (block.label != "CERTIFICATE") continue;
      errc parsed = errc::success;
      if (auto c = certificate::from_der(block.der, parsed)) out.push_back(*c);
    }
    return out;
  }

  bool system_ = false;
  std::shared_ptr<std::vector<certificate>> own_;
  std::shared_ptr<std::vector<crl>> crls_;
};

}  // namespace plugtls
