// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <concepts>
#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "plugtls/capability.hpp"
#include "plugtls/context_plan.hpp"
#include "plugtls/error_info.hpp"
#include "plugtls/key_source.hpp"
#include "plugtls/library_session.hpp"
#include "plugtls/optional_concepts.hpp"
#include "plugtls/peer_verifier.hpp"
#include "plugtls/protocol.hpp"
#include "plugtls/wire.hpp"

// The contract that a backend fulfils. A backend is one empty struct with three nested types and a few static
// functions; this header says of each member what it does, who owns what, and what each result means.
// `tests/unit/null_backend.hpp` is the smallest one that fulfils it.
//
// What holds for all of it:
// - No member throws, except that user callbacks reached through `key_source` may, and that std::bad_alloc may leave
//   those that fill containers: load, public_key, open, effective, verify_chain, negotiated, peer_chain, failure.
//   Nothing of C++ passes through C frames. Memory that runs out inside the library is `errc::out_of_memory`.
// - A backend takes no policy from its library's defaults or configuration files: every value of the plan
//   is set explicitly.
// - A backend never touches a socket. Ciphertext goes through `wire::pull` and `wire::push`, called from the library's
//   I/O callbacks during the calls below and at no other time. Once `pull` has said would_block, a library that asks
//   again in the same call is told so again without another pull.
// - One failure, one fatal alert: where a library sends more, the first is pushed and the others are dropped; once
//   `wire::fault()` is set nothing is pushed, since the wire has said what there was to say. The wire hears alerts that
//   arrive in the clear, also those that a client of TLS 1.3 sends before it has keys: a library that gives up at such
//   a record's header is fed, or the rest pulled, so that the whole of it passes the wire.
// - A backend decides nothing about certificates. It has its library verify chain and signatures, with dates and names
//   ignored and its own CRL checks off, and hands what was found to `peer_verifier::decide`; the answer is final in
//   both directions. Where the library lets it, it asks `peer_verifier::decide_known` first, which spares signatures.
// - Where `plan.verify.revocation.policy.staple` says so, which it does with capability ocsp_stapling only, a client
//   asks for a staple, and gives what came with the leaf to `peer_verifier::staple` before `decide`: in TLS 1.2 it
//   comes in a message of its own after the certificates, so that `decide` waits for it. The library's own view of it
//   is ignored.
// - Renegotiation is refused; a client of TLS 1.2 refuses a server without secure renegotiation (RFC 5746; capability
//   renegotiation_info).
// - Sessions: a client asks for tickets, takes and offers sessions only where `plan.sessions` is set. A server sends
//   and takes tickets only where `plan.tickets` has keys, one ticket per handshake of TLS 1.3, sealed by
//   `plan.tickets.seal` with AES-256 and found by `plan.tickets.open`, both for the name that the hello asks for; there
//   is no other resumption but what follows. In the ticket stands `peer_verifier::ticket_moment`; of one that is opened
//   it is told as `resumable_peer::moment`, and taken only where it is timely. Where it verifies clients (capability
//   client_auth_resumption) it puts `peer_verifier::ticket_state` into the ticket, and takes no ticket but after
//   `resumable_peer::decide_ticket`. A ticket that cannot be opened makes the handshake a full one. In TLS 1.3 a
//   session is resumed with a new key exchange only (psk_dhe_ke). A resumed handshake asks no verifier.
// - Where `plan.session_ids` has memory, which it has with capability session_ids only, a server of TLS 1.2 gives 32
//   random bytes as the id of a session for which it sends no ticket, and resumes by id what `plan.session_ids.find`
//   gives, and nothing else. After a full handshake `session()` writes the server's session; the core keeps it. Without
//   memory a session has no id, or one by which nothing is found.
// - Where `plan.psks` is not empty, a client offers its one, and a server finds keys by `detail::find_psk`: for
//   SHA-256, with psk_dhe_ke in TLS 1.3 and the suites of `is_psk` in TLS 1.2. Whether the connection was made with one
//   is decided by `detail::psk_in_use` and nobody else; then `decide` is not called, and a server needs no certificate
//   of the client's. An identity that is not known, or a key that differs, fails the handshake with a fatal alert. A
//   client that accepts nothing else (`plan.psk_only`) has no trust anchors: a certificate that comes goes to `decide`
//   as ever.
// - Where `plan.post_handshake_auth` is set, which it is with capability post_handshake_auth only, a client says so
//   (RFC 8446 §4.2.6) and answers requests while it reads; without, it ends the connection (unexpected_message where
//   the library can send that) and presents nothing. A server whose `plan.asks_later` is set asks for no certificate
//   in the handshake, whatever the mode.
// - Where `plan.max_fragment_length` is not 0, a client asks for it (RFC 6066 §4), and keeps to it when it is granted.
// - Where `plan.release_buffers` is set, which it is with capability release_buffers only, the library holds no buffer
// for
//   records while a connection has nothing to read or to send.
// - A server's order decides about suites, groups of TLS 1.2 and ALPN; where the library goes by the client's,
//   or by its own, server_suite_order and server_group_order are not declared. In TLS 1.3 a share that the client has
//   sent is taken if the server has its group. A CertificateRequest names no authorities
//   unless `plan.client_ca_names` says so.

namespace plugtls {

/// Which library this is.
struct library_info {
  std::string text;  ///< name and run-time version, for example "OpenSSL 3.0.22"
};

/// How one step of the library ended.
///
/// `again`: it wants more input or more room; the engine asks `wire` whether something really blocked, waits if so, and
/// calls again at once if not. `closed`: the peer's close_notify was read. `failed`: anything else; `failure()` then
/// tells. Where `wire::fault()` is set, or `wire::ended()`, the engine takes its reason from there and not from the
/// library.
enum class native_status : unsigned char { done, again, closed, failed };

struct native_result {
  std::size_t bytes = 0;  ///< valid with `done`, then at least 1
  native_status status = native_status::done;
};

/// What a handshake agreed on, as far as the library tells. What stays `none` is taken from the handshake observer.
struct negotiated_values {
  tls_version version = tls_version::automatic;
  cipher_suite suite = cipher_suite::none;
  named_group group = named_group::none;
  signature_scheme scheme = signature_scheme::none;
  std::string alpn;
};

/// A session as the library writes it, or in its place, a client's, as the library holds it.
struct native_session {
  secret bytes;                ///< what `offer` takes, in another process too
  std::uint32_t lifetime = 0;  ///< in seconds, as the server told; 0: it did not, or the library does not tell
  std::shared_ptr<const library_session> held = {};
};

/// A private key in the library's form. Default-constructible (empty) and movable.
template <class K>
concept PrivateKey = std::movable<K> &&
    requires(K& key, const K& loaded, const key_material& material, error_info& info) {
  // Reads a key. `material` is one PEM block or DER, whole and alone: the core has seen to that. `password` is set when
  // it is encrypted, and the library must never ask for one itself. Gives bad_pem, bad_der, bad_password, or
  // unsupported for a key or encryption that the library lacks; a wrong password is never taken for success. On failure
  // the key is empty.
  { key.load(material, info) } -> std::same_as<errc>;
  // Writes the public key as SubjectPublicKeyInfo, DER; false where the library fails. The core compares it with the
  // leaf certificate's, so adapters need not check the pair.
  { loaded.public_key(std::declval<byte_vector&>()) } -> std::same_as<bool>;
};

/// One identity, loaded and checked by the core: the chain in DER, leaf first, and the leaf's key.
template <class Key>
struct loaded_identity {
  std::vector<byte_view> chain;  ///< the bytes live as long as the context
  Key key;
  byte_view ocsp_response;  ///< a server's, to staple when asked; never set without capability ocsp_stapling
};

/// Settings inside the library: immutable once opened, shared by connections in several threads, at one address.
template <class C, class Key>
concept NativeContext = std::default_initializable<C> &&
    requires(C& context, const C& open, const context_plan& plan, std::span<loaded_identity<Key>> identities,
             error_info& info, effective_settings& effective, std::span<const byte_view> chain,
             peer_verifier& verifier) {
  // Sets every value of the plan. Plan and identities outlive the context, which may keep pointers into both. Gives
  // unsupported for what the library refuses, out_of_memory; `info.detail` says which value it was.
  { context.open(plan, identities, info) } -> std::same_as<errc>;
  // Overwrites what can be read back from the library, and marks it as read back. The rest is filled in from the plan.
  { open.effective(effective) } -> std::same_as<void>;
  // Verifies a chain that came without a connection: has the library look at it as a handshake of this context would,
  // and calls verifier.decide() exactly once with what it found, through the same code. `chain` is DER, leaf first and
  // the others in any order, as a peer would present it; the core has seen that it is not empty, that each certificate
  // parses, and that there are not more than plan.limit.max_chain_length. `native_verdict::verify_path` shows the
  // library one path that the core has found; it is given wherever a handshake could still go on. The leaf is to be
  // good for verifier.usage(), whatever the context's role. Called by several threads at once; leaves nothing behind in
  // the library.
  { open.verify_chain(chain, verifier) } -> std::same_as<void>;
};

/// One connection inside the library. Default-constructible, at one address, used by one thread at a time.
template <class N, class Context>
concept NativeConnection = std::default_initializable<N> &&
    requires(N& n, const N& c, const Context& context, const std::string& server_name, wire& w, peer_verifier& verifier,
             error_info& info, std::byte* out, const std::byte* in, std::size_t size, std::ptrdiff_t ended,
             negotiated_values& values, std::vector<byte_vector>& chain, byte_view session_bytes,
             native_session& session) {
  // Makes a connection of the context's role. `server_name` goes out as SNI when it is not empty (a client's). wire and
  // verifier outlive the connection, context does too; none of them moves.
  { n.open(context, server_name, w, verifier, info) } -> std::same_as<errc>;

  // Offers a session, a client's, between open() and the first handshake(); `bad_session` where the library cannot read
  // it, and then none is offered.
  { n.offer(session_bytes) } -> std::same_as<errc>;
  // Counts the sessions that the connection, a client's, has received so far and that can be resumed.
  { n.session_count() } -> std::same_as<unsigned>;
  // Writes the newest of them, or a server's session (see `plan.session_ids`); false where there is none.
  { n.session(session) } -> std::same_as<bool>;
  // Whether the library resumes a session, from the server's hello on; where it does not tell, what the observer saw.
  { c.resumed() } -> std::same_as<bool>;

  // Goes on with the handshake. When the peer's certificates are there, calls verifier.decide() exactly once, in this
  // call, and before the next flight; refuses with the alert it gives, or one of the same class (capability
  // exact_certificate_alert). With verify_mode::none it need not be called.
  // What was presented is told as it was sent, also where the library cannot parse it, or gives up before its own
  // verification: then `trusted` is false, and the verifier finds the reason. The verified leaf is the first
  // certificate that was sent, or `trusted` is false. A required certificate that does not come: nothing presented, and
  // the alert certificate_required (TLS 1.3) or handshake_failure. `done` means that the verifier accepted the peer, if
  // there was anything to verify. Every failure of ours sends an alert, handshake_failure where the library sends none.
  { n.handshake() } -> std::same_as<native_status>;

  // Reads decrypted bytes, at most `size` and at most a record, and returns how many; else 0 or less, and the engine
  // asks `read_ended` at once, and before any other call, how it ended (never `done`). A library that takes an int gets
  // the lower 32 bits of `size`, which are 1 to INT_MAX. Tickets and key updates (`key_update`) are dealt with and
  // never surface. `closed` may be given once or for ever; the engine remembers it. Neither this nor `write` throws:
  // the wire has room that is lent for the call.
  { n.read(out, size) }
  noexcept->std::same_as<std::ptrdiff_t>;
  { n.read_ended(ended) } -> std::same_as<native_status>;

  // Encrypts up to `size` bytes (> 0, at most max_write()), pushes the record, and returns how many, as for `read`. May
  // take fewer, never none.
  { n.write(in, size) }
  noexcept->std::same_as<std::ptrdiff_t>;
  { n.write_ended(ended) } -> std::same_as<native_status>;

  // Pushes close_notify. Called at most once, after the handshake.
  { n.shutdown() } -> std::same_as<native_status>;

  // Decrypted bytes that read() would give without calling wire::pull.
  { c.pending() } -> std::same_as<std::size_t>;
  // Largest size that write() takes as one record.
  { c.max_write() } -> std::same_as<std::size_t>;

  // Tells what was agreed on; called once, after the handshake.
  { c.negotiated(values) } -> std::same_as<void>;
  // Appends the peer's certificates in DER, leaf first, as presented. Called when the verifier was not asked (mode
  // none).
  { c.peer_chain(chain) } -> std::same_as<void>;

  // After `failed`: sets info.code to the neutral condition (handshake_failed where it has no better name), info.native
  // and info.native_text to the library's, and the alerts where the library knows more than the plaintext showed. Must
  // not depend on anything that other calls in this thread left behind in the library.
  { n.failure(info) } -> std::same_as<void>;
};

/// A backend. `name` is at once its folder, its namespace, the value of the build option and the name of its header.
template <class B>
concept Backend = requires(error_info& info, tls_version version, cipher_suite suite, named_group group,
                           signature_scheme scheme, byte_view bytes, std::span<std::byte> room) {
  { B::name } -> std::convertible_to<std::string_view>;
  // What this library version can do; a constant expression.
  { B::capabilities } -> std::convertible_to<capability_set>;
  // Tells the run-time version. Needs no start().
  { B::library() } -> std::same_as<library_info>;
  // Initialises the library once per process (called before everything else, from any thread, many times), and compares
  // the run-time library with the headers: unsupported when they do not fit each other.
  { B::start(info) } -> std::same_as<errc>;
  // Whether the library, as it is built, has a protocol version, suite, group or signature scheme. Suites without a
  // name in protocol.hpp are not supported: some authenticate nobody.
  { B::supports(version) } -> std::same_as<bool>;
  { B::supports(suite) } -> std::same_as<bool>;
  { B::supports(group) } -> std::same_as<bool>;
  { B::supports(scheme) } -> std::same_as<bool>;
  // Whether the library, as it is built and on this machine, is faster with ChaCha20-Poly1305 than with AES-GCM, and
  // which of x25519 and secp256r1 it agrees on keys with faster: plugtls's default lists begin with those. They decide
  // on the order alone. Told without measuring, the same throughout the process; after start().
  { B::prefers_chacha20() } -> std::same_as<bool>;
  { B::fastest_group() } -> std::same_as<named_group>;
  // Fills with random bytes, from the library's generator; false where that fails. After start().
  { B::random(room) } -> std::same_as<bool>;
  // Names the library as far as its versions read each other's sessions; a person may read it.
  { B::session_format() } -> std::same_as<std::string>;
  // Verifies one signature; a pure function. spki and algorithm (AlgorithmIdentifier) are DER. Gives success,
  // bad_signature, unsupported (algorithm or key that the library lacks), malformed_certificate. Weak algorithms are
  // verified where the library can: refusing them is the policy's business.
  { B::verify_signature(bytes, bytes, bytes, bytes) } -> std::same_as<errc>;
}
&&PrivateKey<typename B::private_key>&& NativeContext<typename B::context, typename B::private_key>&&
    NativeConnection<typename B::connection, typename B::context>&& FulfilsCapabilities<B>;

}  // namespace plugtls
