// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <algorithm>
#include <optional>
#include <utility>

#include "null_protocol.hpp"
#include "plugtls/concepts.hpp"
#include "plugtls/pem.hpp"

namespace plugtls_test {

using namespace plugtls;

/// Turns the null backend's outcomes: one per process, put back by `null_scripted`.
struct null_script {
  errc start = errc::success;
  errc open_context = errc::success;
  errc open_connection = errc::success;
  bool hide_public_key = false;
  bool trusted = true;             ///< what the library says about every chain
  bool tells_path = false;         ///< gives the presented chain as the accepted path
  problem_list problems;           ///< what it finds beside
  bool asks_twice = false;         ///< calls decide() twice
  bool forgets_to_ask = false;     ///< a chain without a connection goes past the verifier
  int chains = 0;                  ///< chains without a connection that the library got to see
  errc signature = errc::success;  ///< of verify_signature
  int idle = 0;                    ///< so many times every call answers `again` without having been blocked
  errc failure = errc::handshake_failed;
  bool fail_handshake = false;
  bool fail_read = false;
  bool fail_write = false;
  std::size_t max_write = 16384;
  std::optional<role> hears_first;  ///< before each write this end must take in a record, as in the middle of a message
  bool tells_negotiated = true;
  unsigned sessions = 0;        ///< that a connection has received
  bool claims_resumed = false;  ///< says that every connection is
  bool skips_judge = false;     ///< a handshake goes past the verifier
  bool prefers_chacha20 = false;
  named_group fastest_group = named_group::x25519;
  bool no_random = false;
  unsigned char randoms = 0;  ///< how often random bytes were asked for, and what they are
};
inline null_script the_script;

struct null_scripted {
  null_scripted() = default;
  null_scripted(const null_scripted&) = delete;
  null_scripted& operator=(const null_scripted&) = delete;
  ~null_scripted() { the_script = {}; }
  null_script* operator->() const { return &the_script; }
};

namespace null {

/// Finds the point of an unencrypted P-256 key. An encrypted one is taken for `spare`, if the password is "secret".
struct private_key {
  inline static std::string_view spare;  ///< PEM

  errc load(const key_material& m, error_info& info) {
    point.clear();
    byte_vector der;
    if (m.encrypted && m.password.text() != "secret") return info.set(errc::bad_password);
    if (const errc e = decode(m, der); e != errc::success) return info.set(e);
    static constexpr unsigned char mark[] = {0x03, 0x42, 0x00, 0x04};
    const std::size_t at = as_text(der).find({reinterpret_cast<const char*>(mark), sizeof mark});
    if (at == std::string_view::npos || der.size() < at + 68) return info.set(errc::unsupported, "not a P-256 key");
    point.assign(der.begin() + static_cast<std::ptrdiff_t>(at) + 3, der.begin() + static_cast<std::ptrdiff_t>(at) + 68);
    return errc::success;
  }

  bool public_key(byte_vector& out) const {
    static constexpr unsigned char head[] = {0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48,
                                             0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x86, 0x48,
                                             0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00};
    out = writer().raw(std::as_bytes(std::span(head))).raw(point).bytes;
    return !the_script.hide_public_key && !point.empty();
  }

  byte_vector point;

 private:
  static errc decode(const key_material& m, byte_vector& der) {
    if (!m.is_pem && !m.encrypted) return der.assign(m.bytes.bytes().begin(), m.bytes.bytes().end()), errc::success;
    const std::string_view pem = m.encrypted ? spare : m.bytes.text();
    pem_reader r(pem);
    pem_block block;
    errc e = errc::success;
    if (!r.next(block, e)) return errc::bad_pem;
    der = block.der;
    return errc::success;
  }
};

/// What the scripted library says about a chain, told to the verifier as often as scripted.
inline verify_decision judge_by_script(std::span<const byte_view> presented, peer_verifier& verifier) {
  native_verdict verdict{presented, {}, the_script.trusted, the_script.problems};
  if (the_script.tells_path) verdict.path = presented;
  if (the_script.asks_twice) verifier.decide(verdict);
  return verifier.decide(verdict);
}

struct context {
  errc open(const context_plan& p, std::span<loaded_identity<private_key>> ids, error_info& info) {
    plan = &p;
    identities = ids;
    return the_script.open_context == errc::success ? errc::success : info.set(the_script.open_context, "scripted");
  }
  void effective(effective_settings& e) const { e.versions_read_back = true; }
  void verify_chain(std::span<const byte_view> chain, peer_verifier& verifier) const {
    ++the_script.chains;
    if (!the_script.forgets_to_ask) judge_by_script(chain, verifier);
  }

  const context_plan* plan = nullptr;
  std::span<loaded_identity<private_key>> identities;
};

/// The connection: flights of messages, each end waits for the other's.
class connection {
 public:
  errc open(const context& c, const std::string& server_name, wire& w, peer_verifier& v, error_info& info) {
    context_ = &c;
    server_name_ = server_name;
    wire_ = &w;
    verifier_ = &v;
    idle_ = the_script.idle;
    return the_script.open_connection == errc::success ? errc::success : info.set(the_script.open_connection);
  }

  // It resumes nothing: only the scripted one can be read.
  errc offer(byte_view bytes) { return as_text(bytes) == "null session" ? errc::success : errc::bad_session; }
  unsigned session_count() const { return done_ ? the_script.sessions : 0; }
  bool session(native_session& out) {
    if (the_script.sessions == 0) return false;
    out = {secret("null session"), 100};
    return true;
  }
  bool resumed() const { return the_script.claims_resumed; }

  native_status handshake() {
    if (idle_-- > 0) return native_status::again;
    if (the_script.fail_handshake) return refuse(the_script.failure, std::nullopt);
    if (is_client() && step_ == 0) send_client_hello();
    while (!done_) {
      unsigned type = 0;
      byte_vector body;
      const native_status s = next_message(type, body);
      if (s != native_status::done) return s;
      if (!take(type, body)) return native_status::failed;
    }
    return native_status::done;
  }

  std::ptrdiff_t read(std::byte* out, std::size_t size) noexcept { return told(read_some(out, size)); }
  native_status read_ended(std::ptrdiff_t) const { return ended_; }
  std::ptrdiff_t write(const std::byte* in, std::size_t size) noexcept { return told(write_some(in, size)); }
  native_status write_ended(std::ptrdiff_t) const { return ended_; }

  native_result read_some(std::byte* out, std::size_t size) {
    if (idle_-- > 0) return {0, native_status::again};
    if (the_script.fail_read) return {0, refuse(the_script.failure, alert::bad_record_mac)};
    while (plain_.empty()) {
      unsigned type = 0;
      byte_vector body;
      const native_status s = next_record(type, body);
      if (s != native_status::done) return {0, s};
      ++heard_;
      if (type == alert_record && body.size() == 2) {
        if (body[1] == std::byte{0}) return {0, native_status::closed};
        received_ = static_cast<alert>(body[1]);
        return {0, refuse(errc::alert_received, std::nullopt)};
      }
      if (type == application) plain_ = std::move(body);
      if (type == handshake_record) answer(body);
    }
    const std::size_t n = size < plain_.size() ? size : plain_.size();
    std::copy_n(plain_.begin(), n, out);
    plain_.erase(plain_.begin(), plain_.begin() + static_cast<std::ptrdiff_t>(n));
    return {n, native_status::done};
  }

  native_result write_some(const std::byte* in, std::size_t size) {
    if (idle_-- > 0) return {0, native_status::again};
    if (the_script.fail_write) return {0, refuse(the_script.failure, std::nullopt)};
    while (the_script.hears_first == context_->plan->own && heard_ == 0) {
      unsigned type = 0;
      byte_vector body;
      if (const native_status s = next_record(type, body); s != native_status::done) return {0, s};
      ++heard_;
      plain_.insert(plain_.end(), body.begin(), body.end());
    }
    heard_ = 0;
    if (!push(sealed_record(application, application, {in, size}))) return {0, native_status::failed};
    return {size, native_status::done};
  }

  native_status shutdown() {
    const unsigned outer = chosen_.versions[0] == tls_version::tls1_3 ? application : alert_record;
    push(sealed_record(outer, alert_record, writer().u8(1).u8(0).bytes));
    return native_status::done;
  }

  std::size_t pending() const { return plain_.size(); }
  std::size_t max_write() const { return the_script.max_write; }
  void negotiated(negotiated_values& v) const {
    v.alpn = chosen_.alpn.empty() ? "" : chosen_.alpn[0];
    if (!the_script.tells_negotiated) return;
    v.version = chosen_.versions[0];
    v.suite = chosen_.suites[0];
  }
  void peer_chain(std::vector<byte_vector>& chain) const { chain = peer_; }
  void failure(error_info& info) const {
    info.code = code_;
    info.native = 4711;
    info.native_text = "null error";
    info.alert_received = received_;
  }

 private:
  std::ptrdiff_t told(native_result r) {
    ended_ = r.status;
    return r.status == native_status::done ? static_cast<std::ptrdiff_t>(r.bytes) : 0;
  }
  native_status ended_ = native_status::done;

  bool is_client() const { return context_->plan->own == role::client; }
  bool sealed() const {
    return step_ > 0 && chosen_.versions.size() == 1 && chosen_.versions[0] == tls_version::tls1_3;
  }
  bool push(const byte_vector& bytes) { return wire_->push(bytes.data(), bytes.size()); }

  bool send(const byte_vector& message) {
    for (byte_view rest = message; !rest.empty();) {
      const byte_view part = rest.first(rest.size() < 16000 ? rest.size() : 16000);
      rest = rest.subspan(part.size());
      if (!push(sealed() ? sealed_record(application, handshake_record, part) : plain_record(handshake_record, part)))
        return false;
    }
    return true;
  }

  native_status refuse(errc code, std::optional<alert> a) {
    code_ = code;
    if (a) {
      const byte_vector body = writer().u8(2).u8(static_cast<unsigned>(*a)).bytes;
      push(sealed() || done_ ? sealed_record(done_ && !sealed() ? alert_record : application, alert_record, body)
                             : plain_record(alert_record, body));
    }
    return native_status::failed;
  }
  bool refused(errc code, alert a) { return refuse(code, a), false; }

  // Gives one record, opened where it is sealed; the outer type of TLS 1.2 tells which are.
  native_status next_record(unsigned& type, byte_vector& body) {
    for (;;) {
      if (in_.size() >= 5) {
        const std::size_t size = static_cast<std::size_t>(in_[3]) << 8 | static_cast<std::size_t>(in_[4]);
        if (size > 16384 + 2) return refuse(errc::bad_record, alert::record_overflow);
        if (in_.size() >= 5 + size) {
          type = static_cast<unsigned>(in_[0]);
          const byte_view payload(in_.data() + 5, size);
          const bool opened = type == application || done_ || peer_sealed_;
          if (opened && !open_record(payload, type, body)) return refuse(errc::bad_record, alert::bad_record_mac);
          if (!opened) body.assign(payload.begin(), payload.end());
          in_.erase(in_.begin(), in_.begin() + static_cast<std::ptrdiff_t>(5 + size));
          if (type == change_cipher_spec) {
            peer_sealed_ = true;
            continue;
          }
          return native_status::done;
        }
      }
      std::byte block[2048];
      const io_result r = wire_->pull(block, sizeof block);
      if (r.status == io_status::would_block) return native_status::again;
      if (r.status != io_status::ok) return native_status::failed;
      in_.insert(in_.end(), block, block + r.bytes);
    }
  }

  native_status next_message(unsigned& type, byte_vector& body) {
    for (;;) {
      if (messages_.size() >= 4) {
        reader r{messages_};
        type = r.u8();
        const std::size_t size = r.u24();
        if (const byte_view whole = r.take(size); r.ok) {
          body.assign(whole.begin(), whole.end());
          messages_.erase(messages_.begin(), messages_.begin() + static_cast<std::ptrdiff_t>(4 + size));
          return native_status::done;
        }
      }
      unsigned kind = 0;
      byte_vector record;
      if (const native_status s = next_record(kind, record); s != native_status::done) return s;
      if (kind == alert_record && record.size() == 2) {
        received_ = static_cast<alert>(record[1]);
        return record[1] == std::byte{0} ? native_status::closed : refuse(errc::alert_received, std::nullopt);
      }
      if (kind != handshake_record) return refuse(errc::bad_record, alert::unexpected_message);
      messages_.insert(messages_.end(), record.begin(), record.end());
    }
  }

  void send_client_hello() {
    const context_plan& p = *context_->plan;
    hello h{{}, p.cipher_suites, p.groups, p.alpn, server_name_};
    if (p.max_version == tls_version::tls1_3) h.versions.push_back(tls_version::tls1_3);
    if (p.min_version == tls_version::tls1_2) h.versions.push_back(tls_version::tls1_2);
    h.post_handshake_auth = p.post_handshake_auth;
    send(encode_client_hello(h));
    step_ = 1;
  }

  bool take(unsigned type, const byte_vector& body) {
    if (type == client_hello && !is_client()) return take_client_hello(decode_client_hello(body));
    if (type == server_hello && is_client()) return chosen_ = decode_server_hello(body), true;
    if (type == server_key_exchange || type == client_key_exchange) return true;
    if (type == certificate_request) return asked_ = true;
    if (type == certificate_list) {
      for (reader r{body}; r.ok && !r.bytes.empty();) {
        const byte_view der = r.take(r.u24());
        peer_.emplace_back(der.begin(), der.end());
      }
      return true;
    }
    if (type == server_hello_done && is_client()) return judge() && send_client_flight();
    if (type == finished) return take_finished();
    return refused(errc::bad_record, alert::unexpected_message);
  }

  bool take_client_hello(const hello& offer) {
    const context_plan& p = *context_->plan;
    const auto pick = [](const auto& mine, const auto& theirs, auto& out) {
      for (const auto& m : mine)
        for (const auto& t : theirs)
          if (m == t && out.empty()) out.push_back(m);
      return !out.empty();
    };
    std::vector<tls_version> window{tls_version::tls1_3, tls_version::tls1_2};
    std::erase_if(window, [&](tls_version v) { return v < p.min_version || v > p.max_version; });
    pick(window, offer.versions, chosen_.versions);
    std::vector<cipher_suite> usable = p.cipher_suites;
    std::erase_if(usable, [&](cipher_suite s) { return is_tls1_3(s) != (chosen_.versions[0] == tls_version::tls1_3); });
    if (!pick(usable, offer.suites, chosen_.suites) || !pick(p.groups, offer.groups, chosen_.groups))
      return refused(errc::no_shared_cipher, alert::handshake_failure);
    if (!p.alpn.empty() && !offer.alpn.empty() && !pick(p.alpn, offer.alpn, chosen_.alpn))
      return refused(errc::no_application_protocol, alert::no_application_protocol);
    send(encode_server_hello(chosen_));
    step_ = 1;
    send_certificates();
    const auto group = static_cast<unsigned>(chosen_.groups[0]);
    if (!sealed()) send(handshake_message(server_key_exchange, writer().u8(3).u16(group).u8(0).u16(0x0403).u16(0)));
    if (p.verify.mode != verify_mode::none) send(handshake_message(certificate_request));
    return send(handshake_message(server_hello_done));
  }

  void send_certificates() {
    writer list;
    if (!context_->identities.empty())
      for (const byte_view der : context_->identities[0].chain) list.u24(der.size()).raw(der);
    send(handshake_message(certificate_list, list));
  }

  bool judge() {
    const verify_mode mode = context_->plan->verify.mode;
    if (the_script.skips_judge) return true;
    if (mode == verify_mode::none || (mode == verify_mode::optional && peer_.empty())) return true;
    const std::vector<byte_view> presented(peer_.begin(), peer_.end());
    const verify_decision d = judge_by_script(presented, *verifier_);
    return d.accept || refused(errc::bad_certificate, d.alert);
  }

  bool send_client_flight() {
    if (asked_) send_certificates();
    if (!sealed()) send(handshake_message(client_key_exchange));
    return send_finished(chosen_.versions[0] == tls_version::tls1_3);
  }

  bool send_finished(bool last) {
    bool ok = false;
    const byte_vector message = handshake_message(finished);
    if (sealed())
      ok = send(message);
    else
      ok = push(plain_record(change_cipher_spec, writer().u8(1).bytes)) &&
           push(sealed_record(handshake_record, handshake_record, message));
    done_ = last;
    return ok;
  }

  bool take_finished() {
    if (is_client()) return done_ = true;
    if (!judge()) return false;
    if (!sealed()) return send_finished(true);
    return done_ = true;
  }

  // A key update that asks for an answer gets one (RFC 8446 §4.6.3).
  void answer(const byte_vector& body) {
    reader r{body};
    const unsigned type = r.u8();
    r.u24();
    if (type == key_update && r.u8() == 1) send(handshake_message(key_update, writer().u8(0)));
  }

  const context* context_ = nullptr;
  std::string server_name_;
  wire* wire_ = nullptr;
  peer_verifier* verifier_ = nullptr;
  int step_ = 0;
  int idle_ = 0;
  bool done_ = false;
  bool asked_ = false;
  bool peer_sealed_ = false;
  errc code_ = errc::handshake_failed;
  std::optional<alert> received_;
  hello chosen_;
  byte_vector in_, messages_, plain_;
  unsigned heard_ = 0;  // records since the last write
  std::vector<byte_vector> peer_;
};

}  // namespace null

/// Fulfils the contract with a protocol of its own that encrypts nothing. `Has13`: whether it has TLS 1.3.
template <bool Has13>
struct basic_null_backend {
  using private_key = null::private_key;
  using context = null::context;
  using connection = null::connection;

  static constexpr std::string_view name = Has13 ? "null" : "null12";
  static constexpr capability_set capabilities =
      Has13 ? capability_set{capability::tls1_3, capability::exact_certificate_alert, capability::any_alpn_name,
                             capability::long_chain}
            : capability_set{};

  static library_info library() { return {"Null 1.0"}; }
  static errc start(error_info& info) {
    return the_script.start == errc::success ? errc::success : info.set(the_script.start, "scripted");
  }
  static bool supports(tls_version v) { return v == tls_version::tls1_2 || (Has13 && v == tls_version::tls1_3); }
  static bool supports(cipher_suite s) { return !plugtls::name(s).empty() && (Has13 || !is_tls1_3(s)); }
  static bool supports(named_group g) { return g == named_group::x25519 || g == named_group::secp256r1; }
  static bool supports(signature_scheme s) { return s == signature_scheme::ecdsa_secp256r1_sha256; }
  static bool prefers_chacha20() { return the_script.prefers_chacha20; }
  static named_group fastest_group() { return the_script.fastest_group; }
  static bool random(std::span<std::byte> out) {
    std::fill(out.begin(), out.end(), std::byte{++the_script.randoms});
    return !the_script.no_random;
  }
  static std::string session_format() { return "Null 1"; }
  static errc verify_signature(byte_view, byte_view, byte_view, byte_view) { return the_script.signature; }
};

using null_backend = basic_null_backend<true>;
using null12_backend = basic_null_backend<false>;
static_assert(Backend<null_backend> && Backend<null12_backend>);

}  // namespace plugtls_test
