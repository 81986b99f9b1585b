// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <climits>
#include <ctime>
#include <utility>
#include <vector>

#include "plugtls/detail/certificate_message.hpp"
#include "plugtls/openssl/handle.hpp"
#include "plugtls/peer_verifier.hpp"

namespace plugtls::openssl {

/// Names the neutral condition behind a verification error. Dates and names are decided elsewhere: `success`. So are
/// name constraints, which the policy applies to the very path: OpenSSL looks at the subject's e-mail address even
/// where subjectAltName has one (RFC 5280 §4.2.1.10), and takes a host's trailing dot for a part of its name.
inline errc translate_verify(int error) noexcept {
  switch (error) {
    case X509_V_OK:
    case X509_V_ERR_CERT_HAS_EXPIRED:
    case X509_V_ERR_CERT_NOT_YET_VALID:
    case X509_V_ERR_HOSTNAME_MISMATCH:
    case X509_V_ERR_IP_ADDRESS_MISMATCH:
    case X509_V_ERR_PERMITTED_VIOLATION:
    case X509_V_ERR_EXCLUDED_VIOLATION:
    case X509_V_ERR_UNSUPPORTED_CONSTRAINT_TYPE:
    case X509_V_ERR_UNSUPPORTED_CONSTRAINT_SYNTAX:
    case X509_V_ERR_UNSUPPORTED_NAME_SYNTAX:
    case X509_V_ERR_SUBTREE_MINMAX: return errc::success;
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
    case X509_V_ERR_CERT_UNTRUSTED:
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN: return errc::unknown_issuer;
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT: return errc::self_signed;
    case X509_V_ERR_CERT_SIGNATURE_FAILURE: return errc::bad_signature;
    case X509_V_ERR_INVALID_CA:
    case X509_V_ERR_KEYUSAGE_NO_CERTSIGN: return errc::not_a_ca;
    case X509_V_ERR_PATH_LENGTH_EXCEEDED:
    case X509_V_ERR_CERT_CHAIN_TOO_LONG: return errc::path_length_exceeded;
    case X509_V_ERR_UNHANDLED_CRITICAL_EXTENSION: return errc::unsupported_critical_extension;
    case X509_V_ERR_CERT_REVOKED: return errc::revoked;
    case X509_V_ERR_INVALID_PURPOSE: return errc::invalid_purpose;
    case X509_V_ERR_EE_KEY_TOO_SMALL:
    case X509_V_ERR_CA_KEY_TOO_SMALL:
    case X509_V_ERR_CA_MD_TOO_WEAK: return errc::weak_algorithm;
    case X509_V_ERR_ERROR_IN_CERT_NOT_BEFORE_FIELD:
    case X509_V_ERR_ERROR_IN_CERT_NOT_AFTER_FIELD:
    case X509_V_ERR_INVALID_EXTENSION:
    case X509_V_ERR_UNABLE_TO_DECODE_ISSUER_PUBLIC_KEY: return errc::malformed_certificate;
    default: return errc::bad_certificate;
  }
}

/// Returns the verification error for which OpenSSL sends that alert (its table in ssl/statem/statem_lib.c; what stands
/// not in it becomes certificate_unknown).
constexpr int verify_error_for(alert a) noexcept {
  switch (a) {
    case alert::certificate_expired: return X509_V_ERR_CERT_HAS_EXPIRED;
    case alert::certificate_revoked: return X509_V_ERR_CERT_REVOKED;
    case alert::unknown_ca: return X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY;
    case alert::unsupported_certificate: return X509_V_ERR_INVALID_PURPOSE;
    case alert::certificate_unknown: return X509_V_ERR_SUBTREE_MINMAX;
    case alert::internal_error: return X509_V_ERR_OUT_OF_MEM;
    default: return X509_V_ERR_CERT_REJECTED;
  }
}

inline x509_handle parse(byte_view der) noexcept { return read_der<x509_handle>(d2i_X509, der); }

/// Certificates of OpenSSL's in DER, all in one allocation.
class der_list {
 public:
  void add(const X509* certificate) {
    const int size = i2d_X509(certificate, nullptr);
    if (size <= 0) return;
    ends_.push_back(bytes_.size() + static_cast<std::size_t>(size));
    bytes_.resize(ends_.back());
    auto* out = reinterpret_cast<unsigned char*>(bytes_.data() + (bytes_.size() - static_cast<std::size_t>(size)));
    i2d_X509(certificate, &out);
  }
  void add(const STACK_OF(X509) * certificates) {
    for (int i = 0; i < sk_X509_num(certificates); ++i) add(sk_X509_value(certificates, i));
  }
  std::vector<byte_view> views() const {
    std::vector<byte_view> out;
    std::size_t begin = 0;
    for (std::size_t end : ends_) {
      out.push_back(byte_view(bytes_).subspan(begin, end - begin));
      begin = end;
    }
    return out;
  }

 private:
  byte_vector bytes_;
  std::vector<std::size_t> ends_;
};

/// The certificates as they were sent, or as OpenSSL wrote them where that is not known.
class presented_chain {
 public:
  presented_chain(byte_vector&& message, bool is_tls1_3, const STACK_OF(X509) * known) : message_(std::move(message)) {
    if (sent_.read(message_, is_tls1_3)) items_ = sent_.items();
    if (!items_.empty()) return;
    written_.add(known);
    views_ = written_.views();
    items_ = views_;
  }
  presented_chain(const presented_chain&) = delete;
  presented_chain& operator=(const presented_chain&) = delete;
  std::span<const byte_view> items() const noexcept { return items_; }

 private:
  byte_vector message_;
  detail::certificate_message sent_;
  der_list written_;
  std::vector<byte_view> views_;
  std::span<const byte_view> items_;
};

/// One verification of a chain: OpenSSL's, and the neutral one after it.
class chain_check {
 public:
  /// Takes the peer's Certificate message. OpenSSL reads BER and writes it anew as DER, so that its own list would hide
  /// what was sent.
  void keep(byte_view message, bool is_tls1_3) {
    message_.assign(message.begin(), message.end());
    is_tls1_3_ = is_tls1_3;
  }
  /// Whether it has not been judged.
  bool holds_message() const noexcept { return !message_.empty(); }

  /// The whole-chain hook of a handshake; returns what OpenSSL's callback must return.
  int run(X509_STORE_CTX* store, peer_verifier& verifier) {
    const presented_chain presented(std::move(message_), is_tls1_3_, X509_STORE_CTX_get0_untrusted(store));
    if (verifier.decide_known(presented.items())) return answer(store, verifier.decision());
    return run(store, presented.items(), verifier);
  }

  /// What the hook does, after OpenSSL has passed it by, or given up before it. Nothing where not even the list is
  /// whole.
  void run_late(const SSL* ssl, peer_verifier& verifier) {
    const presented_chain presented(std::move(message_), is_tls1_3_, SSL_get_peer_cert_chain(ssl));
    if (!presented.items().empty() && !verifier.decide_known(presented.items()))
      run(SSL_get_SSL_CTX(ssl), presented.items(), verifier);
  }

  /// The same without a connection, with the values that a handshake sets (3.0 ssl/ssl_cert.c, ssl_verify_cert_chain).
  void run(SSL_CTX* ctx, std::span<const byte_view> chain, peer_verifier& verifier) {
    const x509_stack_handle untrusted(sk_X509_new_null());
    const store_ctx_handle store(X509_STORE_CTX_new());
    native_verdict unread{chain, {}, false, {{errc::out_of_memory, 0}}};
    if (!store || !untrusted) return static_cast<void>(verifier.decide(unread));
    for (std::size_t i = 0; i < chain.size(); ++i) {
      const x509_handle one = parse(chain[i]);
      unread.problems = {{errc::malformed_certificate, static_cast<int>(i)}};
      if (!one || X509_add_cert(untrusted.get(), one.get(), X509_ADD_FLAG_UP_REF) != 1)
        return static_cast<void>(verifier.decide(unread));
    }
    X509* leaf = sk_X509_value(untrusted.get(), 0);
    unread.problems = {{errc::out_of_memory, 0}};
    if (X509_STORE_CTX_init(store.get(), SSL_CTX_get_cert_store(ctx), leaf, untrusted.get()) != 1)
      return static_cast<void>(verifier.decide(unread));
    X509_VERIFY_PARAM* param = X509_STORE_CTX_get0_param(store.get());
    X509_VERIFY_PARAM_set_auth_level(param, SSL_CTX_get_security_level(ctx));
    X509_STORE_CTX_set_default(store.get(), verifier.usage() == purpose::server_auth ? "ssl_server" : "ssl_client");
    X509_VERIFY_PARAM_set1(param, SSL_CTX_get0_param(ctx));
    detail::guard(verifier.exception(), 0, [&] { return run(store.get(), chain, verifier); });
    ERR_clear_error();
  }

 private:
  // Every error goes through `on_problem`, which adds it here and lets OpenSSL go on, so that all are known.
  int run(X509_STORE_CTX* store, std::span<const byte_view> presented, peer_verifier& verifier) {
    problems_.clear();
    verifier_ = &verifier;
    X509_STORE_CTX_set_app_data(store, this);
    X509_VERIFY_PARAM* param = X509_STORE_CTX_get0_param(store);
    // The time steers between paths; what it says of one is ignored. A clock that throws is the verdict's matter.
    const unix_time now = detail::guard(verifier.exception(), unix_time{}, [&] { return verifier.now(); });
    X509_VERIFY_PARAM_set_time(param, static_cast<std::time_t>(now));
    X509_VERIFY_PARAM_set_flags(param, X509_V_FLAG_PARTIAL_CHAIN | X509_V_FLAG_TRUSTED_FIRST);
    // A common name is no host's name, to name constraints neither. Purposes are the policy's: OpenSSL knows no
    // anyExtendedKeyUsage, wants the anchor's to fit too, and minds Netscape's of 1996.
    X509_VERIFY_PARAM_set_hostflags(param, never_check_subject);
    X509_VERIFY_PARAM_set_purpose(param, purpose_any);
    X509_STORE_CTX_set_verify_cb(store, on_problem);
    const bool complete = X509_verify_cert(store) == 1;

    der_list path;
    native_verdict verdict;
    verdict.trusted = complete && problems_.empty();
    if (verdict.trusted) path.add(X509_STORE_CTX_get0_chain(store));
    const std::vector<byte_view> path_views = path.views();
    verdict.presented = presented;
    verdict.path = path_views;
    verdict.problems = problems_;
    verdict.verify_path = verify_path;
    verdict.library = store;
    return answer(store, verifier.decide(verdict));
  }

  static int answer(X509_STORE_CTX* store, const verify_decision& decision) noexcept {
    X509_STORE_CTX_set_error(store, decision.accept ? X509_V_OK : verify_error_for(decision.alert));
    return decision.accept ? 1 : 0;
  }

  /// Has OpenSSL verify one path by the parameters of a verification that is under way, with nothing else in view.
  static errc verify_path(void* running, std::span<const certificate_view> path) {
    auto* outer = static_cast<X509_STORE_CTX*>(running);
    auto* self = static_cast<chain_check*>(X509_STORE_CTX_get_app_data(outer));
    self->usual_check_ = X509_STORE_CTX_get_check_issued(outer);
    std::vector<x509_handle> parsed(path.size());
    for (std::size_t i = 0; i < path.size(); ++i)
      if (parsed[i] = parse(path[i].der()); !parsed[i]) return errc::malformed_certificate;
    // What has its issuer's name and no key identifiers that tell otherwise is a root to OpenSSL, which goes no further
    // there (3.0 crypto/x509/x509_vfy.c, build_chain). By RFC 5280 §6.1 it is as good as any: the path goes on above
    // it.
    errc e = errc::success;
    for (std::span<const x509_handle> rest(parsed); e == errc::success && !rest.empty();) {
      std::size_t size = 1;
      while (size < rest.size() && X509_self_signed(rest[size - 1].get(), 0) != 1) ++size;
      e = self->verify_part(X509_STORE_CTX_get0_param(outer), rest.first(size));
      if (e == errc::success && size < rest.size() &&
          X509_verify(rest[size - 1].get(), X509_get0_pubkey(rest[size].get())) != 1)
        e = errc::bad_signature;
      rest = rest.subspan(size);
    }
    return e;
  }

  // The last one is its anchor.
  errc verify_part(const X509_VERIFY_PARAM* param, std::span<const x509_handle> part) {
    const x509_stack_handle untrusted(sk_X509_new_null());
    const store_handle anchor(X509_STORE_new());
    const store_ctx_handle store(X509_STORE_CTX_new());
    if (!untrusted || !anchor || !store) return errc::out_of_memory;
    for (const x509_handle& one : part.first(part.size() - 1))
      if (X509_add_cert(untrusted.get(), one.get(), X509_ADD_FLAG_UP_REF) != 1) return errc::out_of_memory;
    X509_STORE_set_check_issued(anchor.get(), is_next);
    if (X509_STORE_add_cert(anchor.get(), part.back().get()) != 1 ||
        X509_STORE_CTX_init(store.get(), anchor.get(), part.front().get(), untrusted.get()) != 1)
      return errc::out_of_memory;
    X509_VERIFY_PARAM_set1(X509_STORE_CTX_get0_param(store.get()), param);
    X509_STORE_CTX_set_app_data(store.get(), this);
    X509_STORE_CTX_set_verify_cb(store.get(), on_problem);
    problems_.clear();
    part_ = part;
    const bool complete = X509_verify_cert(store.get()) == 1;
    if (complete && problems_.empty()) return errc::success;
    return problems_.empty() ? errc::bad_certificate : leading(problems_);
  }

  // Several certificates of a path may have one name; only the next one issued it.
  static int is_next(X509_STORE_CTX* store, X509* subject, X509* issuer) {
    const auto* self = static_cast<const chain_check*>(X509_STORE_CTX_get_app_data(store));
    std::size_t i = 0;
    while (i + 1 < self->part_.size() && self->part_[i].get() != subject) ++i;
    const bool is_last = i + 1 == self->part_.size();
    return self->part_[is_last ? i : i + 1].get() == issuer ? self->usual_check_(store, subject, issuer) : 0;
  }

  // Without memory to remember a problem it is left to stand.
  static int on_problem(int ok, X509_STORE_CTX* store) {
    auto* self = static_cast<chain_check*>(X509_STORE_CTX_get_app_data(store));
    return ok == 1 ? 1 : detail::guard(self->verifier_->exception(), 0, [&] {
      const errc what = translate_verify(X509_STORE_CTX_get_error(store));
      if (what != errc::success) add_problem(self->problems_, what, X509_STORE_CTX_get_error_depth(store));
      return 1;
    });
  }

  peer_verifier* verifier_ = nullptr;
  problem_list problems_;
  std::span<const x509_handle> part_;
  X509_STORE_CTX_check_issued_fn usual_check_ = nullptr;
  byte_vector message_;
  bool is_tls1_3_ = false;
};

}  // namespace plugtls::openssl
