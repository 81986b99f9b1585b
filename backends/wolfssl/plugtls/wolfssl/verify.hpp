// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <algorithm>
#include <vector>

#include "plugtls/path_builder.hpp"
#include "plugtls/peer_verifier.hpp"
#include "plugtls/wolfssl/error.hpp"
#include "plugtls/wolfssl/handle.hpp"

namespace plugtls::wolfssl {

/// Has wolfSSL verify a path, link by link from its anchor down, with nothing else in view: each certificate is loaded
/// only after its issuer has vouched for it. Dates are decided elsewhere.
inline bool accepts(std::span<const certificate_view> path) {
  free_tables_with_thread();
  const ctx_handle scratch(wolfSSL_CTX_new(wolfSSLv23_client_method()));
  if (!scratch || path.empty()) return false;
  WOLFSSL_CERT_MANAGER* manager = wolfSSL_CTX_GetCertManager(scratch.get());
  const auto trust = [&](byte_view der) {
    return wolfSSL_CTX_load_verify_buffer_ex(scratch.get(), data(der), static_cast<long>(der.size()),
                                             WOLFSSL_FILETYPE_ASN1, 0,
                                             WOLFSSL_LOAD_FLAG_DATE_ERR_OKAY) == WOLFSSL_SUCCESS;
  };
  if (!trust(path.back().der())) return false;
  for (std::size_t i = path.size() - 1; i-- > 0;) {
    const byte_view der = path[i].der();
    const int e =
        wolfSSL_CertManagerVerifyBuffer(manager, data(der), static_cast<long>(der.size()), WOLFSSL_FILETYPE_ASN1);
    if (e != WOLFSSL_SUCCESS && e != ASN_BEFORE_DATE_E && e != ASN_AFTER_DATE_E) return false;
    if (i != 0 && !trust(der)) return false;
  }
  return true;
}

/// Collects one peer's certificates as wolfSSL goes through them, and has them judged.
///
/// What wolfSSL itself verifies during the handshake counts for nothing: its certificate manager remembers
/// intermediates from earlier handshakes, takes one in whose error a callback has overridden, and does not tell the
/// path. So each connection has an empty one, and the path is found from this handshake's certificates and this
/// context's anchors; then wolfSSL verifies that path.
class chain_check {
 public:
  /// Takes the certificate at `depth`; wolfSSL begins at the end of the list.
  void add(int depth, byte_view der) {
    const auto i = static_cast<std::size_t>(depth);
    if (i >= presented_.size()) presented_.resize(i + 1);
    presented_[i].assign(der.begin(), der.end());
  }
  /// Takes an entry of the peer's message, whose certificate may have come here without what follows it.
  void restore(byte_view entry) {
    for (byte_vector& der : presented_)
      if (entry.size() > der.size() && !der.empty() && std::equal(der.begin(), der.end(), entry.begin()))
        der.assign(entry.begin(), entry.end());
  }
  void clear() noexcept { presented_.clear(); }
  bool empty() const noexcept { return presented_.empty(); }
  const std::vector<byte_vector>& presented() const noexcept { return presented_; }

  /// `is_read`: wolfSSL can use the leaf.
  verify_decision judge(const verify_rules& rules, peer_verifier& verifier, bool is_read) const {
    const std::vector<byte_view> ders(presented_.begin(), presented_.end());
    native_verdict verdict;
    verdict.presented = ders;
    path_result found;
    if (is_read && !verifier.decided()) verdict.trusted = find(rules, found);
    std::vector<byte_view> path;
    if (verdict.trusted)
      for (const certificate_view& c : found.path) path.push_back(c.der());
    verdict.path = path;
    return verifier.decide(verdict);
  }

 private:
  bool find(const verify_rules& rules, path_result& found) const {
    if (static_cast<int>(presented_.size()) > rules.max_chain_length) return false;
    std::vector<certificate_view> presented, anchors;
    for (const byte_vector& der : presented_) {
      errc e = errc::success;
      const auto view = certificate_view::parse(der, e);
      if (!view) return false;
      presented.push_back(*view);
    }
    for (const certificate& c : rules.anchors) anchors.push_back(c.view());
    bool accepted = false;
    found = build_path(presented, anchors, path_limits{}, rules.verify_signature,
                       [&](std::span<const certificate_view> path) { return accepted = accepts(path); });
    return accepted;
  }

  std::vector<byte_vector> presented_;
};

}  // namespace plugtls::wolfssl
