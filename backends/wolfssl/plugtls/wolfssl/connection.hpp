// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <array>
#include <optional>
#include <string>
#include <vector>

#include "plugtls/wolfssl/context.hpp"
#include "plugtls/wolfssl/exporter.hpp"
#include "plugtls/wolfssl/resumption.hpp"
#include "plugtls/wolfssl/verify.hpp"

namespace plugtls::wolfssl {

/// One connection as wolfSSL holds it. What is marked as cold, here and beside, runs once for a connection or less, and
/// is made small rather than fast.
class connection : private resumption {
 public:
  connection() = default;
  connection(const connection&) = delete;
  connection& operator=(const connection&) = delete;

  [[gnu::cold]] errc open(const context& c, const std::string& server_name, wire& w, peer_verifier& verifier,
                          error_info& info) {
    const bool is_made = bind(c, w, verifier);
    WOLFSSL* ssl = ssl_.get();
    if (!is_made || !c.lend_store(ssl)) return info.set(errc::out_of_memory, "wolfSSL cannot make a connection");

    w.belong_to(this);
    w.set(wire::no_direct, true);
    use<port>();
    wolfSSL_SetIOReadCtx(ssl, &w);
    wolfSSL_SetIOWriteCtx(ssl, &w);
    wolfSSL_KeepArrays(
        ssl);  // what keying material is exported from; builds for OpenSSL's compatibility keep it anyway
    set_verification();
    if (c.external_key() != nullptr) external::install(ssl, c.external_key());
    may_spare_ = !c.plan().psks.empty();
    int e = WOLFSSL_SUCCESS;
    if (!server_name.empty())
      e = wolfSSL_UseSNI(ssl, WOLFSSL_SNI_HOST_NAME, server_name.data(),
                         static_cast<unsigned short>(server_name.size()));
    if (e != WOLFSSL_SUCCESS) return refuse(info, e, errc::invalid_argument, "wolfSSL cannot send this server name");
    std::string alpn = c.alpn();  // the library's parameter is not const
    if (!alpn.empty())
      e = wolfSSL_UseALPN(ssl, alpn.data(), static_cast<unsigned>(alpn.size()), WOLFSSL_ALPN_FAILED_ON_MISMATCH);
    if (e != WOLFSSL_SUCCESS) return refuse(info, e, errc::unsupported, "wolfSSL cannot offer the ALPN protocols");
    return errc::success;
  }

  /// Has wolfSSL call back what is made for one type of port.
  template <class P>
  bool use() noexcept {
    wolfSSL_SSLSetIORecv(ssl_.get(), receive<P>);
    wolfSSL_SSLSetIOSend(ssl_.get(), send<P>);
    return true;
  }
  /// Whose object that is.
  static connection& of(WOLFSSL* ssl) noexcept {
    return *static_cast<connection*>(static_cast<wire*>(wolfSSL_GetIOReadCtx(ssl))->owner());
  }

  /// Whether the client whom this serves offers a suite of TLS 1.3.
  bool is_offered(cipher_suite s) const noexcept { return wire_->observer().facts().offers(s); }

  using resumption::offer;
  using resumption::resumed;
  using resumption::session;
  unsigned session_count() {
    look();
    return count();
  }

  native_status handshake() {
    free_tables_with_thread();
    const int n = is_client() ? wolfSSL_connect(ssl_.get()) : wolfSSL_accept(ssl_.get());
    if (n == WOLFSSL_SUCCESS) {
      if (is_peer_settled()) {
        is_up_ = true;
        wire_->set(wire::no_direct, holds());
        if (mode() != verify_mode::none) forget_peer();                  // the verifier has it
        if (has_store_) has_store_ = !context_->lend_store(ssl_.get());  // no more certificates can come
        return native_status::done;
      }
      reason_ = errc::bad_certificate;
      return native_status::failed;
    }
    const native_status s = stopped(n);
    if (s != native_status::failed) return s;
    // A client may refuse in the clear (OpenSSL's do), which wolfSSL takes for an error at the alert's header.
    if (error_ == PARSE_ERROR) wire_->hear_alert();
    explain_unread();
    say_why();
    return native_status::failed;
  }

  [[gnu::always_inline]] std::ptrdiff_t read(std::byte* out, std::size_t size) noexcept {
    return wolfSSL_read(ssl_.get(), out, static_cast<int>(size));
  }
  native_status read_ended(std::ptrdiff_t n) noexcept { return stopped(static_cast<int>(n)); }
  // wolfSSL is told that all is well where the transport takes nothing more.
  [[gnu::always_inline]] std::ptrdiff_t write(const std::byte* in, std::size_t size) noexcept {
    const int n = wolfSSL_write(ssl_.get(), in, static_cast<int>(size));
    return is_cut_off_ ? 0 : n;
  }
  native_status write_ended(std::ptrdiff_t n) noexcept {
    return is_cut_off_ ? native_status::failed : stopped(static_cast<int>(n));
  }

  native_status update_keys() {
    const int n = wolfSSL_update_keys(ssl_.get());
    return n == WOLFSSL_SUCCESS ? native_status::done : stopped(n);
  }

  native_status shutdown() {
    const int n = wolfSSL_shutdown(ssl_.get());
    return n == WOLFSSL_SUCCESS || n == WOLFSSL_SHUTDOWN_NOT_DONE ? native_status::done : stopped(n);
  }

  /// Whether bytes of the transport's wait here, behind what a resumption took.
  bool holds_input() const noexcept { return has_bytes(); }
  std::size_t pending() const noexcept {
    const int n = wolfSSL_pending(ssl_.get());
    return n > 0 ? static_cast<std::size_t>(n) : 0;
  }

  std::size_t max_write() const noexcept {
    const int n = wolfSSL_GetMaxOutputSize(ssl_.get());
    return n > 0 ? static_cast<std::size_t>(n) : 512;
  }

  // Group and scheme are not told by all versions.
  void negotiated(negotiated_values& values) const {
    values.version = static_cast<tls_version>(wolfSSL_version(ssl_.get()));
    values.suite = static_cast<cipher_suite>(wolfSSL_get_current_cipher_suite(ssl_.get()));
    char* protocol = nullptr;
    unsigned short size = 0;
    if (wolfSSL_ALPN_GetProtocol(ssl_.get(), &protocol, &size) == WOLFSSL_SUCCESS && protocol != nullptr)
      values.alpn.assign(protocol, size);
  }

  void peer_chain(std::vector<byte_vector>& chain) const {
    chain.insert(chain.end(), rare_->peer.presented().begin(), rare_->peer.presented().end());
  }

  errc export_keying_material(const exporter_label& what, std::span<std::byte> out) {
    if (wolfSSL_version(ssl_.get()) != static_cast<int>(tls_version::tls1_2))
      return export_tls1_3(ssl_.get(), what, out);
    const auto suite = static_cast<cipher_suite>(wolfSSL_get_current_cipher_suite(ssl_.get()));
    const int hash = name(suite).ends_with("SHA384") ? sha384_mac : sha256_mac;  // RFC 5246 §5
    return export_tls1_2(ssl_.get(), hash, what, out);
  }

  bool finished(bool own, byte_vector& out) const {
    out.resize(64);
    const auto tell = own ? wolfSSL_get_finished : wolfSSL_get_peer_finished;
    const std::size_t size = tell(ssl_.get(), out.data(), out.size());
    if (size < out.size()) out.resize(size);
    return !out.empty();
  }

  [[gnu::cold]] void failure(error_info& info) {
    info.set(reason_ != errc::success ? reason_
                                      : translate(error_, is_up_ ? errc::bad_record : errc::handshake_failed));
    // Also what it takes for the length of a message after the handshake (an empty record, the half of a header).
    if (is_up_ && error_ == HANDSHAKE_SIZE_ERROR) info.code = errc::bad_record;
    // A server that has both versions says so where TLS 1.3 is offered with none of its suites; whether the versions
    // meet, the wire has seen to (RFC 8446 §4.1.1).
    const detail::handshake_observer& seen = wire_->observer();
    if (!is_client() && error_ == VERSION_ERROR && seen.facts().client_hello_seen && !seen.facts().server_hello_seen &&
        seen.alert_sent() == alert::handshake_failure)
      info.code = errc::no_shared_cipher;
    // An identity of more than MAX_PSK_ID_LEN, a long ticket of anybody's, ends the reading of a hello.
    for (const std::string& identity : seen.facts().psk_offers)
      if (error_ == BUFFER_E && identity.empty() && !seen.facts().server_hello_seen)
        info.code = errc::handshake_too_large;
    const bool is_ours = verifier_->decided() && !verifier_->decision().accept;
    if (!is_ours) describe(error_, info);
    WOLFSSL_ALERT_HISTORY history{};
    wolfSSL_get_alert_history(ssl_.get(), &history);
    // In TLS 1.3 an error is one whatever its level (RFC 8446 §6); 5.5 and 5.7 go on after it.
    const auto heard = static_cast<alert>(history.last_rx.code);
    const bool is_1_3 = wolfSSL_version(ssl_.get()) == static_cast<int>(tls_version::tls1_3);
    const bool is_fatal = history.last_rx.level == alert_fatal || error_ == FATAL_ERROR ||
                          (is_1_3 && heard != alert::close_notify && heard != alert::user_canceled);
    if (is_fatal && history.last_rx.level >= 0) {
      info.alert_received = heard;
      if (info.code == errc::truncated) info.code = errc::alert_received;
    }
    if (history.last_tx.level == alert_fatal && !is_alert_kept_)
      info.alert_sent = static_cast<alert>(history.last_tx.code);
  }

  /// wolfSSL's object; belongs to this.
  WOLFSSL* native_handle() const noexcept { return ssl_.get(); }
  /// For the callbacks about sessions.
  resumption& sessions() noexcept { return *this; }
  /// Whether the server may ask for a certificate now. Else nothing but an alert leaves from here on.
  bool may_be_asked() noexcept {
    if (is_up_) {
      reason_ = errc::bad_record;
      wire_->set(wire::no_direct, true);
    }
    return !is_up_;
  }

 private:
  static constexpr int alert_fatal = 2;
  static constexpr int alert_record = 5 + 2 + 1 + 16;  // in bytes, of TLS 1.3

  verify_mode mode() const noexcept { return context_->plan().verify.mode; }

  void set_verification() noexcept {
    int flags = WOLFSSL_VERIFY_NONE;
    if (mode() != verify_mode::none) flags = WOLFSSL_VERIFY_PEER;
    // In TLS 1.2 the library would want a certificate besides a PSK; WOLFSSL_VERIFY_FAIL_EXCEPT_PSK wants none in 1.3.
    is_spared_ = is_psk(wire_->observer().facts().suite);
    if (mode() == verify_mode::required && !is_client() && !is_spared_) flags |= WOLFSSL_VERIFY_FAIL_IF_NO_PEER_CERT;
    wolfSSL_set_verify(ssl_.get(), flags, on_certificate);
    wolfSSL_set_verify_depth(ssl_.get(), 100);  // the verifier counts, with its own errc
  }

  // Once the handshake is over all that is sent is encrypted.
  template <class P>
  static int send(WOLFSSL*, char* bytes, int size, void* to) noexcept {
    wire& w = *static_cast<wire*>(to);
    if (!w.is_direct<P>()) [[unlikely]]
      return static_cast<connection*>(w.owner())->send_carefully(bytes, size);
    const std::size_t n = w.push_some<P>(reinterpret_cast<const std::byte*>(bytes), static_cast<unsigned>(size));
    if (n != 0) [[likely]]
      return static_cast<int>(n);
    return static_cast<connection*>(w.owner())->not_sent();
  }
  // wolfSSL reads nothing more after an error here. What the peer sent may tell why it takes nothing more.
  [[gnu::noinline]] int not_sent() noexcept {
    is_cut_off_ = wire_->write_broken();
    return is_cut_off_ ? static_cast<int>(wire_->pushed_size()) : WOLFSSL_CBIO_ERR_GENERAL;
  }

  [[gnu::noinline]] int send_carefully(const char* bytes, int size) noexcept {
    if (size <= 0) return 0;
    const auto type = static_cast<unsigned char>(bytes[0]);
    const bool is_fatal = type == 21 && size == 7 && bytes[5] == alert_fatal;
    // For one failure it may send two, and the wire may have refused the peer already.
    if (is_fatal && alert_passed_) return size;
    is_alert_kept_ = is_alert_kept_ || wire_->ended() || wire_->fault() != errc::success || has_heard_alert();
    if (is_alert_kept_) return size;
    // What 5.7 says of a certificate that it cannot read waits for the verifier's reason: see say_why.
    is_unsaid_ = is_fatal && static_cast<alert>(bytes[6]) == alert::decode_error && mode() != verify_mode::none &&
                 !verifier_->decided() && presented_count() > 0;
    if (is_unsaid_) return size;
    alert_passed_ = alert_passed_ || is_fatal;
    is_encrypted_ = is_encrypted_ || type == 20 || type == 23;
    if (is_up_ && reason_ != errc::success && size > alert_record) return WOLFSSL_CBIO_ERR_GENERAL;
    if (!is_up_ && type == 22 && !is_client() && !is_curve_ours(bytes, size)) return WOLFSSL_CBIO_ERR_GENERAL;
    const bool sent = wire_->push(reinterpret_cast<const std::byte*>(bytes), static_cast<std::size_t>(size));
    is_cut_off_ = wire_->write_broken();
    return (sent || is_cut_off_) && (type != 22 || is_group_ours()) ? size : WOLFSSL_CBIO_ERR_GENERAL;
  }

  // Where a client of TLS 1.2 names no groups, a server of wolfSSL's takes P-256.
  bool is_group_ours() noexcept {
    const named_group chosen = wire_->observer().facts().group;
    if (is_client() || chosen == named_group::none) return true;
    for (const named_group g : context_->plan().groups)
      if (g == chosen) return true;
    reason_ = errc::no_shared_cipher;
    return false;
  }

  // In TLS 1.2 the curve of the own certificate is to be one of the client's groups (RFC 8422 §5.1), which wolfSSL's
  // server does not look at. Asked before the flight leaves that begins with a ServerHello.
  [[gnu::cold]] bool is_curve_ours(const char* bytes, int size) noexcept {
    constexpr int headers = 5 + 4;
    const detail::key_profile& own = context_->own_key();
    if (own.kind != key_kind::ec || size <= headers || bytes[5] != 2 || wolfSSL_session_reused(ssl_.get()) == 1)
      return true;
    detail::hello_facts hello;
    detail::read_server_hello(std::as_bytes(std::span(bytes + headers, static_cast<std::size_t>(size - headers))),
                              hello);
    if (hello.version != tls_version::tls1_2 || !detail::authenticates(hello.suite, own)) return true;
    if (wire_->observer().facts().takes_curve(own.curve)) return true;
    reason_ = errc::no_shared_cipher;
    return false;
  }
  // And of the peer's, which is good otherwise, one of ours (RFC 8422 §5.3, §5.6).
  [[gnu::cold]] bool is_curve_accepted(const certificate_view& leaf) noexcept {
    const public_key_view& key = leaf.public_key();
    if (wire_->observer().facts().version != tls_version::tls1_2 || key.kind() != key_kind::ec ||
        detail::is_in(context_->plan().groups, detail::profile_of(key).curve))
      return true;
    return wire_->refuse(alert::illegal_parameter, errc::no_shared_cipher);
  }

  template <class P>
  static int receive(WOLFSSL*, char* out, int size, void* from) noexcept {
    wire& w = *static_cast<wire*>(from);
    auto* to = reinterpret_cast<std::byte*>(out);
    if (size == wire::header_size) return receive_header<P>(w, to);
    if (!w.holds(static_cast<unsigned>(size))) [[unlikely]]
      return static_cast<connection*>(w.owner())->receive_carefully(to, size);
    w.take_held(to, static_cast<unsigned>(size));
    return size;
  }
  template <class P>
  [[gnu::noinline]] static int receive_header(wire& w, std::byte* out) noexcept {
    if (!w.has_free_room()) [[unlikely]]
      return static_cast<connection*>(w.owner())->receive_carefully(out, wire::header_size);
    const io_result r = w.pull_header<P>(out);
    if (r.status == io_status::ok) [[likely]]
      return static_cast<int>(r.bytes);
    return not_received(w, r.status);
  }

  // What wolfSSL would answer to half a record does not leave: nobody is there any more.
  [[gnu::noinline]] static int not_received(wire& w, io_status why) noexcept {
    if (why == io_status::would_block) return WOLFSSL_CBIO_ERR_WANT_READ;
    w.set(wire::no_direct, true);
    return why == io_status::end ? WOLFSSL_CBIO_ERR_CONN_CLOSE  // after 0 it would ask again, for ever
                                 : WOLFSSL_CBIO_ERR_GENERAL;
  }

  // Where nothing more comes in this call, wolfSSL asks ten times in OpenSSL's mode AUTO_RETRY, the default of its
  // layer.
  [[gnu::noinline]] int receive_carefully(std::byte* out, int size) noexcept {
    if (size <= 0) return WOLFSSL_CBIO_ERR_GENERAL;
    if (wire_->blocked_read()) return WOLFSSL_CBIO_ERR_WANT_READ;
    if (may_spare_ && !is_spared_ && is_psk(wire_->observer().facts().suite)) set_verification();
    const auto room = static_cast<std::size_t>(size);
    const io_result r = holds() ? pull(out, room) : wire_->pull(out, room);
    if (is_up_ && reason_ == errc::success && !holds()) wire_->set(wire::no_direct, false);
    if (r.status != io_status::ok) return not_received(*wire_, r.status);
    return static_cast<int>(r.bytes);
  }

  // Called for every certificate, the leaf last; 5.9 calls twice for the leaf, and what it finds between the calls
  // counts.
  [[gnu::cold]] static int on_certificate(int, WOLFSSL_X509_STORE_CTX* store) noexcept {
    auto* ssl =
        static_cast<WOLFSSL*>(wolfSSL_X509_STORE_CTX_get_ex_data(store, wolfSSL_get_ex_data_X509_STORE_CTX_idx()));
    auto& c = of(ssl);
    return detail::guard(c.verifier_->exception(), 0, [&] { return c.look_at(store) ? 1 : 0; });
  }

  [[gnu::cold]] bool look_at(WOLFSSL_X509_STORE_CTX* store) {
    int size = 0;
    const int depth = wolfSSL_X509_STORE_CTX_get_error_depth(store);
    const int error = wolfSSL_X509_STORE_CTX_get_error(store);
    if (depth > 0 && !keeps_to_itself(error)) return false;
    const unsigned char* bytes = wolfSSL_X509_get_der(wolfSSL_X509_STORE_CTX_get_current_cert(store), &size);
    if (bytes == nullptr || size <= 0 || depth < 0 || depth > 64) return depth > 0 || is_anonymous();
    const byte_view der = std::as_bytes(std::span(bytes, static_cast<std::size_t>(size)));
    if (!verifier_->decided()) rare_.make().peer.add(depth, der);
    if (depth > 0) return true;
    if (mode() == verify_mode::none) {
      errc unread = errc::success;
      const auto leaf = certificate_view::parse(der, unread);
      return !leaf || is_curve_accepted(*leaf);
    }
    const bool is_read = is_expected(error);
    leaf_reading reading{is_without_issuer(error)};
    restore_sent();
    const verify_decision decision = rare_.make().peer.judge(*verifier_, is_read ? &reading : nullptr);
    return decision.accept && (is_read || context_->plan().verify.insecure_override) &&
           is_curve_accepted(verifier_->chain().front().view());
  }

  // Whether what wolfSSL may now take for a CA stays in a store of this connection's own. One that it has no issuer of
  // is not taken, and there are no issuers in any other store; an error that is left is overridden here.
  bool keeps_to_itself(int error) noexcept {
    if (has_store_ || mode() == verify_mode::none || (compat::skips_unknown_issuers && error == 0)) return true;
    has_store_ = context::give_store(ssl_.get());
    if (!has_store_) reason_ = errc::out_of_memory;
    return has_store_;
  }

  // What follows the end of a certificate in its entry of the message is dropped by the callback, and intermediates
  // with a key for Ed25519 never come to it (5.5); the session keeps both.
  void restore_sent() {
    for (int i = 0; i < presented_count(); ++i) rare_.make().peer.restore(presented(i));
  }

  // With nothing to trust, an unknown issuer is all that wolfSSL can complain of; dates it may. Builds for OpenSSL's
  // compatibility translate these errors to positive numbers, and those of signatures and path lengths: all are the
  // core's to judge.
  static bool is_expected(int error) noexcept {
    return error >= 0 || error == ASN_NO_SIGNER_E || error == ASN_SELF_SIGNED_E || error == ASN_BEFORE_DATE_E ||
           error == ASN_AFTER_DATE_E;
  }

  // Whether that is all, told as it is, or as OpenSSL tells it (X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY).
  static bool is_without_issuer(int error) noexcept { return error == ASN_NO_SIGNER_E || error == 20; }

  void forget_peer() noexcept {
    if (rare_->ticket.empty() && rare_->held.empty())
      rare_.reset();
    else
      rare_.make().peer = {};
  }

  // The last line: no verified peer, no connection, whatever the library thinks.
  bool is_peer_settled() const noexcept {
    if (detail::psk_in_use(context_->plan().psks, wire_->observer().facts()) != nullptr) return true;
    if (mode() == verify_mode::none) return true;
    if (verifier_->decided()) return verifier_->decision().accept;
    if (resumed()) return verifier_->resumable().accepted();
    return mode() == verify_mode::optional && is_anonymous();
  }

  // Whether a client had no certificate. wolfSSL calls back all the same, and asks later whether that will do.
  bool is_anonymous() const noexcept { return !is_client() && presented_count() == 0 && rare_->peer.empty(); }

  // The session's list begins with the chain of the session that was offered, if any; what is presented now comes
  // after.
  int presented_count() const noexcept {
    return wolfSSL_get_chain_count(wolfSSL_get_peer_chain(ssl_.get())) - offered_count();
  }
  byte_view presented(int i) const noexcept {
    WOLFSSL_X509_CHAIN* chain = wolfSSL_get_peer_chain(ssl_.get());
    const int at = i + offered_count();
    return std::as_bytes(
        std::span(wolfSSL_get_chain_cert(chain, at), static_cast<std::size_t>(wolfSSL_get_chain_length(chain, at))));
  }

  // Whether the peer has ended the handshake, which has no answer (RFC 8446 §6.2).
  bool has_heard_alert() noexcept {
    if (is_up_) return false;
    wire_->hear_alert();
    return wire_->observer().alert_received().has_value();
  }

  // wolfSSL gives up on some certificates without a word to the callback; the neutral policy may know the reason.
  [[gnu::cold]] void explain_unread() {
    // 5.5 has the first 9 certificates verified, and minds only then that there are more.
    if (error_ == DECODE_E && presented_count() >= 9) reason_ = errc::handshake_too_large;
    const bool is_outside = error_ == FATAL_ERROR || wire_->ended() || wire_->fault() != errc::success;
    if (is_outside || mode() == verify_mode::none || verifier_->decided()) return;
    if (error_ == NO_PEER_CERT) {
      verifier_->decide({});
      return;
    }
    if (presented_count() <= 0 || error_ == MAX_CHAIN_ERROR) return;
    forget_peer();
    detail::guard(verifier_->exception(), 0, [&] {
      for (int i = 0; i < presented_count(); ++i) rare_.make().peer.add(i, presented(i));
      return 0;
    });
    if (rare_->peer.empty()) return;
    // What is longer than 2 KB is left out there; then a CA may stand where the leaf should.
    errc e = errc::success;
    const auto first = certificate_view::parse(rare_->peer.presented().front(), e);
    if (!first || !first->is_ca())
      rare_.make().peer.judge(*verifier_, nullptr);
    else
      reason_ = errc::bad_certificate;
  }

  // wolfSSL ends some handshakes without an alert. While we still write in the clear, one can be made here.
  [[gnu::cold]] void say_why() noexcept {
    if (alert_passed_ || is_alert_kept_ || is_encrypted_ || error_ == FATAL_ERROR || wire_->ended() ||
        wire_->fault() != errc::success || wire_->write_broken())
      return;
    const bool is_ours = verifier_->decided() && !verifier_->decision().accept;
    alert what = is_unsaid_ ? alert::decode_error : alert::handshake_failure;
    if (is_ours && error_ != NO_PEER_CERT) what = verifier_->decision().alert;
    if (reason_ == errc::bad_certificate) what = alert::bad_certificate;
    if (error_ == BAD_BINDER) what = alert::decrypt_error;
    if (error_ == PSK_KEY_ERROR) what = alert::unknown_psk_identity;
    alert_passed_ = true;
    wire_->push_alert(what);
  }

  native_status stopped(int n) noexcept {
    const int e = wolfSSL_get_error(ssl_.get(), n);
    if (e == WOLFSSL_ERROR_WANT_READ || e == WOLFSSL_ERROR_WANT_WRITE) return native_status::again;
    if (e == WOLFSSL_ERROR_ZERO_RETURN && !wire_->ended()) return native_status::closed;
    error_ = e;
    return native_status::failed;
  }

  int error_ = 0;
  errc reason_ : 24 = errc::success;
  bool alert_passed_ : 1 = false;
  bool is_encrypted_ : 1 = false;
  bool is_up_ : 1 = false;          // the handshake is done
  bool may_spare_ : 1 = false;      // there are PSKs
  bool is_spared_ : 1 = false;      // a suite with PSK was chosen
  bool is_cut_off_ : 1 = false;     // the transport takes nothing more
  bool has_store_ : 1 = false;      // one of its own
  bool is_unsaid_ : 1 = false;      // an alert that is to be another
  bool is_alert_kept_ : 1 = false;  // what the library says has not left
};

inline int context::on_ticket(WOLFSSL* ssl, unsigned char* name, unsigned char* iv, unsigned char* tag, int seals,
                              unsigned char* bytes, int size, int* out_size, void*) noexcept {
  return connection::of(ssl).sessions().on_ticket(name, iv, tag, seals != 0, bytes, size, out_size);
}

inline int context::on_request(WOLFSSL* ssl, void*) noexcept { return connection::of(ssl).may_be_asked() ? 1 : 0; }

inline bool context::is_offered(WOLFSSL* ssl, cipher_suite s) noexcept { return connection::of(ssl).is_offered(s); }

inline WOLFSSL_SESSION* context::on_session_id(WOLFSSL* ssl, const unsigned char* id, int size,
                                               int* is_shared) noexcept {
  *is_shared = 0;  // the library frees it
  return connection::of(ssl).sessions().find(
      std::as_bytes(std::span(id, static_cast<std::size_t>(size < 0 ? 0 : size))));
}

}  // namespace plugtls::wolfssl
