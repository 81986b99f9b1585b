// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <array>
#include <string_view>

#include "plugtls/detail/certificate_message.hpp"
#include "plugtls/mbedtls/error.hpp"
#include "plugtls/mbedtls/handle.hpp"
#include "plugtls/peer_verifier.hpp"

namespace plugtls::mbedtls {

/// Parses a certificate, also one with critical extensions that mbedTLS does not know: the policy decides about those.
inline int parse_any(mbedtls_x509_crt* list, byte_view der) noexcept {
  const auto accept = [](void*, const mbedtls_x509_crt*, const mbedtls_x509_buf*, int, const unsigned char*,
                         const unsigned char*) { return 0; };
  return mbedtls_x509_crt_parse_der_with_ext_cb(list, data(der), der.size(), 0, accept, nullptr);
}

/// Collects what mbedTLS finds about one peer, certificate by certificate, and has it judged at the leaf.
class chain_check {
 public:
  /// Takes one certificate of the path; mbedTLS begins at its end.
  void add(const mbedtls_x509_crt& certificate, int depth, std::uint32_t flags) noexcept {
    if (depth < 0 || static_cast<std::size_t>(depth) >= max_depth) {
      complete_ = false;
      return;
    }
    const auto i = static_cast<std::size_t>(depth);
    if (i >= size_) size_ = i + 1;
    path_[i] = std::as_bytes(std::span(certificate.raw.p, certificate.raw.len));
    if (const errc what = problem_of(flags); what != errc::success) note(what, depth);
  }

  /// Verifies a chain without a connection, as mbedtls_ssl_handshake_step() does, and asks the verifier.
  void run(std::span<const byte_view> chain, mbedtls_x509_crt* anchors, const mbedtls_x509_crt_profile& profile,
           peer_verifier& verifier) noexcept {
    certificates_handle parsed;
    for (const byte_view der : chain) {
      const int e = mbedtls_x509_crt_parse_der_nocopy(parsed.get(), data(der), der.size());
      if (e != 0 && !is_left_out(e)) return judge_unread(chain, e, verifier);
    }
    if (parsed.get()->raw.p == nullptr) return judge_unread(chain, MBEDTLS_ERR_X509_UNKNOWN_SIG_ALG, verifier);
    std::uint32_t flags = 0;
    const int e =
        mbedtls_x509_crt_verify_with_profile(parsed.get(), anchors, nullptr, &profile, nullptr, &flags, collect, this);
    if (e != 0) return judge_unread(chain, e, verifier);
    judge(chain, profile, verifier);
  }

  /// Asks the verifier about the chain that mbedTLS has looked at. Its own list leaves out certificates whose signature
  /// algorithm it does not know, silently (2.28 library/ssl_tls.c, ssl_parse_certificate_chain).
  verify_decision judge(const mbedtls_ssl_context& ssl, const mbedtls_x509_crt_profile& profile,
                        peer_verifier& verifier) noexcept {
    detail::certificate_message presented;
    const bool readable = presented.read(compat::handshake_message(ssl), compat::version(ssl) == tls_version::tls1_3);
    return judge(readable ? presented.items() : std::span<const byte_view>(), profile, verifier);
  }
  verify_decision judge(std::span<const byte_view> presented, const mbedtls_x509_crt_profile& profile,
                        peer_verifier& verifier) noexcept {
    native_verdict verdict;
    verdict.presented = presented;
    // A leaf that was left out is not what was verified.
    const bool same_leaf = !presented.empty() && size_ != 0 && as_text(presented.front()) == as_text(path_[0]);
    verdict.trusted = complete_ && same_leaf && problems_.empty();
    if (verdict.trusted) verdict.path = std::span(path_).first(size_);
    verdict.problems = static_cast<problem_list&&>(problems_);
    verdict.verify_path = verify_path;
    verdict.library = const_cast<mbedtls_x509_crt_profile*>(&profile);
    return verifier.decide(verdict);
  }

  /// Asks about a chain that mbedTLS gave up on before it looked at any certificate. False: not even the list is whole.
  bool judge_unread(const mbedtls_ssl_context& ssl, int error, peer_verifier& verifier) noexcept {
    detail::certificate_message presented;
    if (!presented.read(compat::handshake_message(ssl), compat::version(ssl) == tls_version::tls1_3)) return false;
    judge_unread(presented.items(), error, verifier);
    return true;
  }

 private:
  // Without memory for it the chain counts as one that was not verified.
  void note(errc what, int depth) noexcept {
    detail::exception_slot dropped;
    complete_ = detail::guard(dropped, false, [&] {
      add_problem(problems_, what, depth);
      return complete_;
    });
  }

  void judge_unread(std::span<const byte_view> presented, int error, peer_verifier& verifier) noexcept {
    native_verdict verdict;
    verdict.presented = presented;
    certificates_handle leaf;
    // Of the others nobody knows whether the path needs them.
    const bool is_leafs = !presented.empty() && parse_any(leaf.get(), presented.front()) == error;
    const errc what = problem_of_error(error);
    note(what == errc::weak_algorithm && !is_leafs ? errc::bad_certificate : what, 0);
    verdict.problems = static_cast<problem_list&&>(problems_);
    verifier.decide(verdict);
  }

  // Has mbedTLS verify one path link by link, each certificate with its issuer alone for an anchor. By itself it seeks
  // an issuer only behind the certificate it issued, goes no second way, and counts a self-issued certificate against
  // the path length of its own issuer (2.28 library/x509_crt.c, x509_crt_find_parent, x509_crt_verify_chain).
  static errc verify_path(void* profile, std::span<const certificate_view> path) noexcept {
    for (std::size_t i = 0; i < path.size(); ++i) {
      if (i + 1 == path.size() && i != 0) break;
      certificates_handle subject, issuer;
      int e = parse_any(subject.get(), path[i].der());
      if (e == 0) e = parse_any(issuer.get(), path[i + 1 == path.size() ? i : i + 1].der());
      chain_check seen;
      std::uint32_t flags = 0;
      if (e == 0)
        e = mbedtls_x509_crt_verify_with_profile(subject.get(), issuer.get(), nullptr,
                                                 static_cast<mbedtls_x509_crt_profile*>(profile), nullptr, &flags,
                                                 collect, &seen);
      if (e != 0) return problem_of_error(e);
      if (!seen.complete_) return errc::out_of_memory;
      // Names that mbedTLS does not take for equal, for the number of blanks in them: the issuer is known.
      const errc why = leading(seen.problems_);
      if (why != errc::success) return why == errc::unknown_issuer ? errc::bad_certificate : why;
    }
    return errc::success;
  }

  static int collect(void* self, mbedtls_x509_crt* certificate, int depth, std::uint32_t* flags) noexcept {
    static_cast<chain_check*>(self)->add(*certificate, depth, *flags);
    *flags = 0;
    return 0;
  }

  // Of what a peer presents, mbedTLS leaves these out (2.28 library/ssl_tls.c, ssl_parse_certificate_chain).
  static bool is_left_out(int error) noexcept { return high_part(error) == MBEDTLS_ERR_X509_UNKNOWN_SIG_ALG; }

  static constexpr std::size_t max_depth = MBEDTLS_X509_MAX_VERIFY_CHAIN_SIZE;

  static std::string_view view(const mbedtls_x509_buf& b) noexcept {
    return {reinterpret_cast<const char*>(b.p), b.len};
  }

  static errc problem_of(std::uint32_t flags) noexcept {
    // Dates and names are decided elsewhere.
    flags &= ~static_cast<std::uint32_t>(MBEDTLS_X509_BADCERT_EXPIRED | MBEDTLS_X509_BADCERT_FUTURE |
                                         MBEDTLS_X509_BADCERT_CN_MISMATCH);
    if (flags == 0) return errc::success;
    if ((flags & MBEDTLS_X509_BADCERT_NOT_TRUSTED) != 0) return errc::unknown_issuer;
    if ((flags & (MBEDTLS_X509_BADCERT_BAD_MD | MBEDTLS_X509_BADCERT_BAD_PK | MBEDTLS_X509_BADCERT_BAD_KEY)) != 0)
      return errc::weak_algorithm;
    if ((flags & (MBEDTLS_X509_BADCERT_KEY_USAGE | MBEDTLS_X509_BADCERT_EXT_KEY_USAGE |
                  MBEDTLS_X509_BADCERT_NS_CERT_TYPE)) != 0)
      return errc::invalid_purpose;
    return errc::bad_certificate;
  }

  // Used where the neutral policy finds nothing wrong, so that only mbedTLS's own limits are left.
  static errc problem_of_error(int error) noexcept {
    if (error == MBEDTLS_ERR_X509_FATAL_ERROR) return errc::path_length_exceeded;
    if (is_one_of(compat::error_point, error)) return errc::weak_algorithm;  // a point beside the curve
    // One that is known is malformed to the core too, but for a pathLenConstraint of 2^31 or more.
    const bool is_too_long = low_part(error) == low_part(MBEDTLS_ERR_ASN1_INVALID_LENGTH);
    if ((high_part(error) == MBEDTLS_ERR_X509_INVALID_EXTENSIONS && !is_too_long) ||
        high_part(error) == MBEDTLS_ERR_X509_FEATURE_UNAVAILABLE)
      return errc::unsupported_critical_extension;
    return translate(error, errc::bad_certificate) == errc::out_of_memory ? errc::out_of_memory : errc::bad_certificate;
  }

  std::array<byte_view, max_depth> path_;
  std::size_t size_ = 0;
  bool complete_ = true;
  problem_list problems_;
};

}  // namespace plugtls::mbedtls
