// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "plugtls/detail/exceptions.hpp"
#include "plugtls/error_info.hpp"
#include "plugtls/public_key_view.hpp"
#include "plugtls/signer.hpp"

namespace plugtls::detail {

/// A key that is elsewhere: its public half, and who signs. Shared by key sources, contexts and connections.
struct external_key {
  byte_vector spki;
  public_key_view view;  ///< of `spki`
  signer how;
  std::vector<signature_scheme> schemes;  ///< settled: all fit the key, each once

  bool makes(signature_scheme s) const noexcept {
    for (const signature_scheme own : schemes)
      if (own == s) return true;
    return false;
  }

  /// Whether the schemes of TLS 1.3 have one that this key can use (RFC 8446 §4.2.3).
  static bool fits_1_3(signature_scheme s, const public_key_view& key) noexcept {
    if (key.kind() == key_kind::rsa) return is_pss(s);
    const unsigned hash_bits = static_cast<unsigned>(digest_size(s)) * 8;
    return is_ecdsa(s) && (key.bits() == 521 ? hash_bits == 512 : key.bits() == hash_bits);
  }

  /// Settles what the signer was given with. Gives `bad_der`, `invalid_argument`, `unsupported`.
  errc settle(error_info& info) {
    if (!how.sign) return info.set(errc::invalid_argument, "the signer has no function that signs");
    if (!public_key_view::parse(spki, view))
      return info.set(errc::bad_der, "the signer's public key is no SubjectPublicKeyInfo in DER (RFC 5280 §4.1.2.7)");
    const bool is_rsa = view.kind() == key_kind::rsa;
    const bool is_named_curve = view.bits() == 256 || view.bits() == 384 || view.bits() == 521;
    if (!is_rsa && !(view.kind() == key_kind::ec && is_named_curve))
      return info.set(errc::unsupported,
                      "a signer signs with RSA, or ECDSA on P-256, P-384 or P-521; its key is " + view.description());
    const auto fits = [&](signature_scheme s) { return digest_size(s) != 0 && is_ecdsa(s) != is_rsa; };
    schemes.clear();
    for (const signature_scheme s : how.schemes) {
      if (!fits(s))
        return info.set(errc::invalid_argument, "the signer's scheme " + std::string(name(s)) +
                                                    " is none that its key, " + view.description() + ", can make");
      if (!makes(s)) schemes.push_back(s);
    }
    using enum signature_scheme;
    if (how.schemes.empty() && is_rsa)
      schemes = {rsa_pkcs1_sha256,    rsa_pss_rsae_sha256, rsa_pkcs1_sha384,
                 rsa_pss_rsae_sha384, rsa_pkcs1_sha512,    rsa_pss_rsae_sha512};
    if (how.schemes.empty() && !is_rsa)
      schemes = {ecdsa_secp256r1_sha256, ecdsa_secp384r1_sha384, ecdsa_secp521r1_sha512};
    return errc::success;
  }
};

/// The place of one connection where signatures are asked for: what came of it is told here, since a library tells
/// only that signing failed. The thread that drives a handshake has at most one at a time.
class signing_desk {
 public:
  /// Makes a desk the thread's while it lives.
  class scope {
   public:
    explicit scope(signing_desk& desk) noexcept : before_(std::exchange(current(), &desk)) {}
    ~scope() { current() = before_; }
    scope(const scope&) = delete;
    scope& operator=(const scope&) = delete;

   private:
    signing_desk* before_;
  };

  explicit signing_desk(exception_slot& exception) noexcept : exception_(exception) {}
  signing_desk(const signing_desk&) = delete;
  signing_desk& operator=(const signing_desk&) = delete;

  /// What went wrong with a signature, `success` while nothing did.
  const error_info& error() const noexcept { return error_; }

  /// Who lets a step stop while its signature is not there; null: nobody.
  void set_runner(step_runner* runner) noexcept { runner_ = runner; }
  /// The signer that a paused step waits for, null while none does.
  const signer* awaited() const noexcept { return awaited_; }

  /// Asks once, and again after each pause.
  errc ask(const signer& how, const signing_request& request, byte_vector& out, error_info& said) {
    for (;;) {
      const errc e = how.sign(request, out, said);
      if (e != errc::would_block || !how.wait) return e;
      if (runner_ == nullptr) return said.set(errc::would_block, "its answer cannot be waited for after the handshake");
      awaited_ = &how;
      const bool goes_on = runner_->pause();
      awaited_ = nullptr;
      if (!goes_on) return said.set(errc::closed, "the connection was given up while it waited");
      said = {};
      out.clear();
    }
  }

  static signing_desk*& current() noexcept {
    static thread_local signing_desk* desk = nullptr;
    return desk;
  }

 private:
  friend bool make_signature(const external_key&, signature_scheme, byte_view,
                             errc (*)(byte_view, signature_scheme, byte_view, byte_view), byte_vector&) noexcept;
  exception_slot& exception_;
  error_info error_;
  step_runner* runner_ = nullptr;
  const signer* awaited_ = nullptr;
};

inline errc ask_signer(signing_desk& desk, const external_key& key, const signing_request& request,
                       errc (*verify)(byte_view, signature_scheme, byte_view, byte_view), byte_vector& out,
                       error_info& info) {
  const std::string scheme(name(request.scheme));
  if (!key.makes(request.scheme))
    return info.set(errc::no_shared_cipher, "the handshake calls for a signature by " +
                                                (scheme.empty() ? std::string("a scheme without a name") : scheme) +
                                                ", which the signer does not make");
  if (request.digest.size() != digest_size(request.scheme))
    return info.set(errc::signing_failed, "the TLS library gives no digest to sign by " + scheme);
  error_info said;
  errc e = desk.ask(key.how, request, out, said);
  if (e != errc::success) {
    std::string text = "the signer failed: " + (said.detail.empty() ? std::string(describe(e)) : said.detail);
    if (e == errc::would_block && said.detail.empty())
      text = "the signer answers later, and has nothing to wait by (signer::wait)";
    return info.set(errc::signing_failed, std::move(text));
  }
  // An RSA signature is as long as the modulus; the longest of ECDSA, on P-521, has 139 bytes.
  constexpr std::size_t most_ecdsa = 141;
  const bool is_rsa = key.view.kind() == key_kind::rsa;
  const std::size_t whole = is_rsa ? (key.view.bits() + 7) / 8 : most_ecdsa;
  if (is_rsa ? out.size() != whole : out.empty() || out.size() > whole)
    return info.set(errc::signing_failed, "the signer's signature has " + std::to_string(out.size()) +
                                              " bytes, which is none of " + key.view.description());
  e = verify(key.spki, request.scheme, request.digest, out);
  if (e == errc::success) return e;
  return info.set(errc::key_mismatch, "the signer's signature by " + scheme +
                                          " does not verify with the identity's public key (" + key.view.description() +
                                          "); nothing of it was sent: have it sign with the certificate's key");
}

/// Has one signature made, and verifies it: what adapters call from their library's hook. False: nothing is to be sent,
/// and why has been noted. `verify` is the backend's `verify_digest`.
inline bool make_signature(const external_key& key, signature_scheme scheme, byte_view digest,
                           errc (*verify)(byte_view, signature_scheme, byte_view, byte_view),
                           byte_vector& out) noexcept {
  exception_slot unheard;
  signing_desk spare(unheard);
  error_info info;
  signing_desk& desk = signing_desk::current() != nullptr ? *signing_desk::current() : spare;
  exception_slot& slot = desk.exception_;
  out.clear();
  guard(slot, errc::signing_failed, [&] {
    return info.code = ask_signer(desk, key, {scheme, digest}, verify, out, info);
  });
  if (slot && info.code == errc::success) info.code = errc::signing_failed;
  const bool good = info.code == errc::success && !out.empty();
  if (!good) out.clear();
  if (!good && info.code == errc::success) info.code = errc::signing_failed;
  if (!good) desk.error_ = std::move(info);
  return good;
}

}  // namespace plugtls::detail
