// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <climits>
#include <utility>

#include "plugtls/detail/key_line.hpp"
#include "plugtls/detail/on_demand.hpp"
#include "plugtls/mbedtls/context.hpp"
#include "plugtls/mbedtls/keying/compat.hpp"
#include "plugtls/mbedtls/verify.hpp"

namespace plugtls::mbedtls {

/// One connection as mbedTLS holds it.
class connection {
 public:
  connection() = default;
  connection(const connection&) = delete;
  connection& operator=(const connection&) = delete;

  errc open(const context& c, const std::string& server_name, wire& w, peer_verifier& verifier, error_info& info) {
    context_ = &c;
    wire_ = &w;
    verifier_ = &verifier;
    int e = mbedtls_ssl_setup(ssl_.get(), c.native_handle());
    if (e != 0) return refuse(info, e, errc::unsupported, "mbedTLS cannot make a connection");
    // One call sets SNI and the name that mbedTLS compares; its comparison is ignored. From 3.6.3 on a client must call
    // it even if there is no name.
    if (is_client()) e = mbedtls_ssl_set_hostname(ssl_.get(), server_name.empty() ? nullptr : server_name.c_str());
    if (e != 0) return refuse(info, e, errc::invalid_argument, "mbedTLS cannot send this server name");
    w.belong_to(this);
    use<port>();
    mbedtls_ssl_set_verify(ssl_.get(), on_certificate, this);
    is_key_due_ = static_cast<bool>(c.plan().key_log);
    if (is_key_due_) compat::tell_secrets(*ssl_.get(), *this);
    return errc::success;
  }

  /// Has mbedTLS call back what is made for one type of port.
  template <class P>
  bool use() noexcept {
    mbedtls_ssl_set_bio(ssl_.get(), wire_, send<P>, receive<P>, nullptr);
    return true;
  }

  errc offer(byte_view bytes) {
    session_handle session;
    const int e = mbedtls_ssl_session_load(session.get(), mbedtls::data(bytes), bytes.size());
    return e == 0 && mbedtls_ssl_set_session(ssl_.get(), session.get()) == 0 ? errc::success : errc::bad_session;
  }
  unsigned session_count() const noexcept { return session_count_; }
  bool session(native_session& out) {
    if (newest_->bytes.empty() && session_count_ != 0) take_session();
    out = *newest_;
    return !out.bytes.empty();
  }
  // No version tells.
  bool resumed() const noexcept { return wire_->observer().facts().says_resumed(); }

  // mbedtls_ssl_handshake() is this loop too; between its steps we look at what OPTIONAL verification let pass.
  native_status handshake() {
    if (wire_->observer().awaits_first_alert()) return take_first_alert();
    handshake_scope scope(*verifier_, *wire_, newest_);
    while (!compat::is_over(*ssl_.get())) {
      const int step = compat::state(*ssl_.get());
      alert_passed_ = false;
      const int e = mbedtls_ssl_handshake_step(ssl_.get());
      if (is_key_due_) log_master_secret();
      if (e != 0) return end_of_step(scope, step, e);
      if (!check_peer()) return native_status::failed;
    }
    if (!is_peer_settled()) return refuse_peer(errc::bad_certificate, alert::internal_error);
    // In TLS 1.3 sessions come later.
    if (is_client() && context_->plan().sessions && compat::version(*ssl_.get()) == tls_version::tls1_2)
      session_count_ = 1;
    randoms_.keep(wire_->observer().facts());
    return native_status::done;
  }

  [[gnu::always_inline]] std::ptrdiff_t read(std::byte* out, std::size_t size) noexcept {
    return mbedtls_ssl_read(ssl_.get(), reinterpret_cast<unsigned char*>(out), size);
  }
  native_status read_ended(std::ptrdiff_t n) noexcept {
    if (n == 0 && !wire_->ended()) return native_status::again;  // two records without contents
    const native_status s = status(n == 0 ? MBEDTLS_ERR_SSL_CONN_EOF : static_cast<int>(n));
    if (s == native_status::failed) answer_record();
    return s;
  }
  [[gnu::always_inline]] std::ptrdiff_t write(const std::byte* in, std::size_t size) noexcept {
    return mbedtls_ssl_write(ssl_.get(), reinterpret_cast<const unsigned char*>(in), size);
  }
  native_status write_ended(std::ptrdiff_t n) noexcept { return status(static_cast<int>(n)); }

  native_status shutdown() {
    const int e = mbedtls_ssl_close_notify(ssl_.get());
    return e == 0 ? native_status::done : status(e);
  }

  std::size_t pending() const noexcept { return mbedtls_ssl_get_bytes_avail(ssl_.get()); }

  std::size_t max_write() const noexcept {
    const int n = mbedtls_ssl_get_max_out_record_payload(ssl_.get());
    return n > 0 ? static_cast<std::size_t>(n) : 512;
  }

  // Group and scheme are told by no version.
  void negotiated(negotiated_values& values) const {
    values.version = compat::version(*ssl_.get());
    values.suite = static_cast<cipher_suite>(compat::suite(*ssl_.get()));
    if (const char* protocol = mbedtls_ssl_get_alpn_protocol(ssl_.get())) values.alpn = protocol;
  }

  void peer_chain(std::vector<byte_vector>& chain) const {
    for (const mbedtls_x509_crt* c = mbedtls_ssl_get_peer_cert(ssl_.get()); c != nullptr; c = c->next) {
      const auto der = std::as_bytes(std::span(c->raw.p, c->raw.len));
      if (!der.empty()) chain.emplace_back(der.begin(), der.end());
    }
  }

  errc export_keying_material(const exporter_label& what, std::span<std::byte> out) {
    const int e = compat::export_keying_material(*ssl_.get(), randoms_, what, out);
    return e == 0 ? errc::success : translate(e, errc::unsupported);
  }

  bool finished(bool own, byte_vector& out) const {
    const byte_view told = compat::finished(*ssl_.get(), own);
    out.assign(told.begin(), told.end());
    return !out.empty();
  }

  void failure(error_info& info) {
    const bool is_open = compat::is_over(*ssl_.get());
    info.set(reason_ != errc::success ? reason_
                                      : translate(error_, is_open ? errc::bad_record : errc::handshake_failed));
    const bool is_ours = verifier_->decided() && !verifier_->decision().accept;
    if (!is_ours && error_ != io_failed) describe(error_, info);
    if (error_ == MBEDTLS_ERR_SSL_FATAL_ALERT_MESSAGE)
      info.alert_received = static_cast<alert>(compat::received_alert(*ssl_.get()));
    if (own_alert_) info.alert_sent = own_alert_;
    if (!is_open && info.code == errc::handshake_failed) blame_size(info);
    if (wire_->observer().alert_sent() == alert::no_application_protocol) info.code = errc::no_application_protocol;
  }

  // Called by mbedTLS.
  void log_key(std::string_view label, byte_view client_random, byte_view secret) noexcept {
    detail::log_key(context_->plan().key_log, verifier_->exception(), label, client_random, secret);
  }

  /// mbedTLS's object; belongs to this.
  mbedtls_ssl_context* native_handle() noexcept { return ssl_.get(); }

 private:
  bool is_client() const noexcept { return context_->plan().own == role::client; }
  verify_mode mode() const noexcept { return context_->plan().verify.mode; }

  // A client that offers a session holds its secret from the start: which one counts is settled when the client's
  // Finished is due.
  void log_master_secret() noexcept {
    if (compat::state(*ssl_.get()) < MBEDTLS_SSL_CLIENT_FINISHED) return;
    const byte_view master = compat::master_secret(*ssl_.get());
    if (master.empty()) return;
    is_key_due_ = false;
    log_key("CLIENT_RANDOM", wire_->observer().facts().client_random, master);
  }

  // The wire belongs to a connection; what is left to say during the handshake is none of it.
  template <class P>
  static int send(void* to, const unsigned char* bytes, std::size_t size) noexcept {
    wire& w = *static_cast<wire*>(to);
    if (!w.is_direct<P>()) [[unlikely]]
      return static_cast<connection*>(w.owner())->send_carefully(bytes, size);
    const std::size_t n = w.push_some<P>(reinterpret_cast<const std::byte*>(bytes), size);
    return n != 0 ? static_cast<int>(n) : io_failed;
  }
  [[gnu::noinline]] int send_carefully(const unsigned char* bytes, std::size_t size) noexcept {
    if (size > INT_MAX) size = INT_MAX;
    if (muted_) return static_cast<int>(size);
    // In TLS 1.3 an encrypted alert looks like data.
    if (bytes[0] == MBEDTLS_SSL_MSG_ALERT || bytes[0] == MBEDTLS_SSL_MSG_APPLICATION_DATA) alert_passed_ = true;
    return wire_->push(reinterpret_cast<const std::byte*>(bytes), size) ? static_cast<int>(size) : io_failed;
  }

  template <class P>
  static int receive(void* from, unsigned char* out, std::size_t size) noexcept {
    wire& w = *static_cast<wire*>(from);
    auto* to = reinterpret_cast<std::byte*>(out);
    if (size == wire::header_size) return receive_header<P>(w, to);
    if (!w.holds(size)) [[unlikely]]
      return receive_more(w, to, size);
    w.take_held(to, size);
    return static_cast<int>(size);
  }
  template <class P>
  [[gnu::noinline]] static int receive_header(wire& w, std::byte* out) noexcept {
    const io_result r = w.pull_header<P>(out);
    if (r.status == io_status::ok) [[likely]]
      return static_cast<int>(r.bytes);
    return received(r);
  }
  [[gnu::noinline]] static int receive_more(wire& w, std::byte* out, std::size_t size) noexcept {
    return received(w.pull_more(out, size > INT_MAX ? INT_MAX : size));
  }
  [[gnu::noinline]] static int received(io_result r) noexcept {
    switch (r.status) {
      case io_status::ok: return static_cast<int>(r.bytes);
      case io_status::would_block: return MBEDTLS_ERR_SSL_WANT_READ;
      case io_status::end: return 0;
      default: return io_failed;
    }
  }

  static int on_certificate(void* self, mbedtls_x509_crt* certificate, int depth, std::uint32_t* flags) noexcept {
    auto& c = *static_cast<connection*>(self);
    if (handshake_scope::current() == nullptr) return MBEDTLS_ERR_X509_FATAL_ERROR;
    chain_check& chain = handshake_scope::current()->chain;
    chain.add(*certificate, depth, *flags);
    *flags = 0;
    if (depth != 0) return 0;
    const verify_decision decision = chain.judge(*c.ssl_.get(), context::profile, *c.verifier_);
    if (decision.accept) return 0;
    c.send_alert(decision.alert);
    return MBEDTLS_ERR_X509_FATAL_ERROR;
  }

  // Sends our own word, and lets mbedTLS talk to itself afterwards.
  void send_alert(alert what) noexcept {
    compat::prepare_alert(*ssl_.get());
    if (mbedtls_ssl_send_alert_message(ssl_.get(), MBEDTLS_SSL_ALERT_LEVEL_FATAL, static_cast<unsigned char>(what)) ==
        0)
      own_alert_ = what;
    muted_ = true;
  }

  native_status refuse_peer(errc why, alert what) noexcept {
    reason_ = why;
    send_alert(what);
    return native_status::failed;
  }

  bool check_peer() {
    const std::uint32_t found = mbedtls_ssl_get_verify_result(ssl_.get());
    if (found == 0xffffffff) return true;  // not there yet
    if (!is_client() && mode() == verify_mode::required && !verifier_->decided() &&
        (found & MBEDTLS_X509_BADCERT_MISSING) != 0) {
      verifier_->decide({});
      refuse_peer(errc::certificate_required, compat::version(*ssl_.get()) == tls_version::tls1_3
                                                  ? alert::certificate_required
                                                  : alert::handshake_failure);
      return false;
    }
    // Set after our callback: the leaf's curve is none of the groups (RFC 8422 §5.3).
    if (verifier_->decided() && (found & MBEDTLS_X509_BADCERT_BAD_KEY) != 0) {
      refuse_peer(errc::no_shared_cipher, alert::illegal_parameter);
      return false;
    }
    return true;
  }

  // The last line: no verified peer, no connection, whatever the library thinks.
  bool is_peer_settled() const noexcept {
    if (detail::psk_in_use(context_->plan().psks, wire_->observer().facts()) != nullptr) return true;
    if (mode() == verify_mode::none) return true;
    if (verifier_->decided()) return verifier_->decision().accept;
    if (resumed()) return verifier_->resumable().accepted();
    return !is_client() && mode() == verify_mode::optional && mbedtls_ssl_get_peer_cert(ssl_.get()) == nullptr;
  }

  native_status end_of_step(handshake_scope& scope, int step, int e) {
    const native_status s = status(e);
    if (s == native_status::again) return s;
    if (wire_->observer().awaits_first_alert()) return take_first_alert();
    const bool at_certificate = step == (is_client() ? MBEDTLS_SSL_SERVER_CERTIFICATE : MBEDTLS_SSL_CLIENT_CERTIFICATE);
    if (!is_outside() && at_certificate && mode() != verify_mode::none && !verifier_->decided())
      scope.chain.judge_unread(*ssl_.get(), e, *verifier_);
    // mbedTLS ends many handshakes without a word to the peer (2.28 most, 3.6 some).
    if (!is_outside() && !own_alert_) {
      const alert what = judge_record(e, alert_about(e, errc::handshake_failed));
      alert_passed_ ? note_alert() : send_alert(what);
    }
    return native_status::failed;
  }

  // A server gives up at the header of an alert that comes instead of a ClientHello; what it says is for the wire.
  native_status take_first_alert() noexcept {
    error_ = io_failed;
    return wire_->hear_alert() == io_status::would_block ? native_status::again : native_status::failed;
  }

  // Whether a failure is not the library's own.
  bool is_outside() const noexcept {
    return error_ == MBEDTLS_ERR_SSL_FATAL_ALERT_MESSAGE || wire_->ended() || wire_->fault() != errc::success ||
           wire_->write_broken();
  }

  // Of the records that an open connection fails of, mbedTLS answers those that do not decrypt.
  [[gnu::cold, gnu::noinline]] void answer_record() noexcept {
    if (is_outside()) return;
    const alert what = judge_record(error_, alert_about(error_, errc::bad_record));
    if (compat::own_alert(*ssl_.get(), error_) != 0 && error_ == MBEDTLS_ERR_SSL_INVALID_MAC)
      note_alert();
    else
      send_alert(what);
  }
  void note_alert() noexcept {
    if (const unsigned char said = compat::own_alert(*ssl_.get(), error_); said != 0) own_alert_ = alert{said};
  }

  // What mbedTLS calls a bad record, or one that does not decrypt, may be told from its header, as other libraries do.
  alert judge_record(int e, alert otherwise) noexcept {
    const bool is_1_2 = compat::version(*ssl_.get()) == tls_version::tls1_2;
    const byte_view header = compat::record_header(*ssl_.get());
    const auto number = [&](std::size_t i) { return std::to_integer<unsigned>(header[i]); };
    switch (e) {
      case MBEDTLS_ERR_SSL_INVALID_RECORD:
      case MBEDTLS_ERR_SSL_BAD_INPUT_DATA:  // there is no room for so large a record
      case MBEDTLS_ERR_SSL_INVALID_MAC: break;
      default: return otherwise;
    }
    if (is_1_2 && (number(1) != 3 || number(2) != 3)) {
      reason_ = errc::protocol_version;
      return alert::protocol_version;
    }
    if (number(0) < 20 || number(0) > 23) return alert::unexpected_message;
    // RFC 5246 §6.2.3, RFC 8446 §5.2.
    if ((number(3) << 8 | number(4)) <= 16384 + (is_1_2 ? 2048 : 256)) return otherwise;
    reason_ = errc::bad_record;
    return alert::record_overflow;
  }

  // mbedTLS gives each session away once (3.6), and forgets a ticket when the next one comes. Without memory it is not
  // kept.
  void take_session() noexcept {
    if (!is_client() || !context_->plan().sessions) return;
    detail::exception_slot no_memory;
    detail::guard(no_memory, 0, [&] {
      session_handle session;
      if (mbedtls_ssl_get_session(ssl_.get(), session.get()) != 0 || !compat::is_resumable(*session.get())) return 0;
      newest_.make() = {write_session(*session.get()), compat::ticket_lifetime(*session.get())};
      if (!newest_->bytes.empty() && compat::version(*ssl_.get()) == tls_version::tls1_3) ++session_count_;
      return 0;
    });
  }

  alert alert_about(int e, errc otherwise) const noexcept {
    if (e == compat::error_no_room && !lacks_room()) return alert::illegal_parameter;  // RFC 7301 §3.1
    if (e == MBEDTLS_ERR_SSL_UNEXPECTED_MESSAGE || e == MBEDTLS_ERR_SSL_UNEXPECTED_RECORD)
      return alert::unexpected_message;
    if (is_one_of(compat::error_syntax, high_part(e))) return alert::decode_error;
    switch (translate(e, otherwise)) {
      case errc::bad_record: return alert::bad_record_mac;
      case errc::protocol_version: return alert::protocol_version;
      case errc::out_of_memory: return alert::internal_error;
      case errc::malformed_certificate: return alert::bad_certificate;
      default: return alert::handshake_failure;
    }
  }

  native_status status(int e) noexcept {
    switch (e) {
      case MBEDTLS_ERR_SSL_WANT_READ:
      case MBEDTLS_ERR_SSL_WANT_WRITE:
      case MBEDTLS_ERR_SSL_CRYPTO_IN_PROGRESS: return native_status::again;
      default: break;
    }
    if (compat::error_ticket != 0 && e == compat::error_ticket) {
      take_session();
      return native_status::again;
    }
    error_ = e;
    return e == MBEDTLS_ERR_SSL_PEER_CLOSE_NOTIFY ? native_status::closed : native_status::failed;
  }

  // The same is said of a whole message in which a server of TLS 1.3 chooses an ALPN protocol that was not offered.
  bool lacks_room() const noexcept {
    return error_ == compat::error_no_room && compat::handshake_message(*ssl_.get()).empty();
  }

  // A handshake message that does not fit the input buffer, or before 3.6.3 one that spans records.
  void blame_size(error_info& info) const {
    const bool is_large = wire_->observer().largest_message() > MBEDTLS_SSL_IN_CONTENT_LEN - 4 || lacks_room();
    if (is_large) info.code = errc::handshake_too_large;
    if (is_large || error_ == MBEDTLS_ERR_SSL_FEATURE_UNAVAILABLE)
      info.detail = "this mbedTLS cannot read a handshake message of that size or number of records";
  }

  static constexpr int io_failed = MBEDTLS_ERR_NET_CONN_RESET;  // says nothing: the wire knows what happened

  ssl_handle ssl_;
  const context* context_ = nullptr;
  wire* wire_ = nullptr;
  peer_verifier* verifier_ = nullptr;
  detail::on_demand<native_session> newest_;
  int error_ = 0;
  errc reason_ = errc::success;
  unsigned session_count_ = 0;
  std::optional<alert> own_alert_;
  bool alert_passed_ : 1 = false;
  bool muted_ : 1 = false;
  bool is_key_due_ : 1 = false;
  [[no_unique_address]] compat::kept_randoms randoms_;
};

}  // namespace plugtls::mbedtls
