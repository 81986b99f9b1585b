// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <concepts>
#include <memory>
#include <span>

#include "plugtls/bytes.hpp"
#include "plugtls/capability.hpp"
#include "plugtls/detail/byte_queue.hpp"
#include "plugtls/detail/external_key.hpp"
#include "plugtls/early_data.hpp"
#include "plugtls/exporter.hpp"
#include "plugtls/secret.hpp"

// The part of the contract that goes with capabilities: members that a backend has where it declares the capability,
// and leaves out elsewhere. The core calls them under `if constexpr (has<B, capability::...>)` and refuses what is not
// declared before any of them could be reached. What concepts.hpp says of all members holds for these too.

namespace plugtls {

enum class native_status : unsigned char;
class peer_verifier;

/// Whether the library lets somebody else sign (capabilities external_rsa_key, external_ec_key).
template <class B>
concept ExternalKeys = requires(typename B::private_key& key, std::shared_ptr<const detail::external_key> external,
                                error_info& info, byte_view bytes, signature_scheme scheme) {
  // Makes a private key of one that is elsewhere, in place of load(). Whenever a handshake needs a signature of it, the
  // adapter calls detail::make_signature, in the thread that drives the handshake, and ends the handshake where that
  // fails. public_key() is not called. The core has seen that the key is of a kind that is declared. Gives
  // out_of_memory, unsupported.
  { key.load_external(external, info) } -> std::same_as<errc>;
  // Verifies one signature of a digest by a scheme of RSA or ECDSA; a pure function. The key is SubjectPublicKeyInfo.
  // For ECDSA the scheme says nothing of the curve. Gives success or bad_signature.
  { B::verify_digest(bytes, scheme, bytes, bytes) } -> std::same_as<errc>;
};

/// With capability request_key_update.
template <class N>
concept UpdatesKeys = requires(N& n) {
  // Pushes a KeyUpdate that asks for the peer's (RFC 8446 §4.6.3), once, and writes with new keys from then on. Called
  // after the handshake, in TLS 1.3 only. Where the library has asked before and still waits for the answer, it may not
  // ask again. `again`: it is in the middle of a message and must read first; nothing has been sent.
  { n.update_keys() } -> std::same_as<native_status>;
};

/// With capability exporter.
template <class N>
concept Exporter = requires(N& n, const exporter_label& what, std::span<std::byte> out) {
  // Exports keying material, filling `out`, after the handshake. The core has checked label, context and size, and in
  // TLS 1.2 that the master secret is an extended one. May be called many times. Gives unsupported for what the library
  // cannot export, out_of_memory.
  { n.export_keying_material(what, out) } -> std::same_as<errc>;
};

/// With capability post_handshake_auth.
template <class N>
concept AsksForCertificate = requires(N& n, const N& c, peer_verifier& verifier) {
  // Pushes a CertificateRequest (RFC 8446 §4.6.2), a server's. Called after the handshake of TLS 1.3, where the plan
  // has post_handshake_auth and the client has offered it, while no other request is unanswered; `again` where the
  // library is in the middle of a message and must read first, and then nothing has been sent. The answer comes during
  // read() or look(): what is presented goes to `verifier`, which takes the place of the handshake's, also in
  // `ticket_state(false)` for the tickets that are sent from the answer on; nothing presented is refused where
  // `is_required`, as in a handshake. The verifier outlives the connection, or the next call.
  { n.request_certificate(true, verifier) } -> std::same_as<native_status>;
  // Whether the answer to the latest request is there: the client's Finished, and with it the proof that it holds the
  // key. What `verifier` decided counts from then on, and no sooner.
  { c.has_answered() } -> std::same_as<bool>;
  // Does what read() does and takes nothing: `done` where decrypted bytes wait to be read.
  { n.look() } -> std::same_as<native_status>;
};

/// With capability tls_unique.
template <class N>
concept TellsFinished = requires(const N& c, byte_vector& out) {
  // Writes verify_data of the Finished message that this end (`true`) or the peer (`false`) sent. Asked in TLS 1.2
  // alone, after the handshake. False: the library does not know it.
  { c.finished(true, out) } -> std::same_as<bool>;
};

/// With capability early_data. A server's context gives and takes as much as `plan.early_data` says (a client's, if it
/// is 0, sends none), and rejects all that `accept_early_data` has not asked for; a ticket that allows more than that
/// too. The library compares version, suite and ALPN with those of the session, and sees by the ticket's age whether
/// the flight is fresh (RFC 8446 §4.2.10, §8.3). The adapter holds the name that the client asks for (SNI) against that
/// of the session, and asks `ticket_source::use_early` last. What is rejected is skipped, and the handshake goes on.
template <class N>
concept EarlyData = requires(N& n, const N& c, const std::byte* in, std::size_t size, detail::byte_queue& into) {
  // A client's, after offer(): how many bytes the ticket of the session that is offered allows, 0 for none.
  { c.early_data_allowed() } -> std::same_as<std::size_t>;
  // Sends up to a record, all of it, before the handshake is done: a client, with its hello before it, before the first
  // handshake(); a server that has accepted early data, as soon as that is so. Never `again`: the wire takes all of it.
  { n.write_early(in, size) } -> std::same_as<native_status>;
  // A server's, before the first handshake(): early data is accepted where everything fits, and handshake() appends it
  // to `into`, which lasts until then, for as long as there is any. No more than `plan.early_data`.
  { n.accept_early_data(into) } -> std::same_as<void>;
  // Whether a server waits for early data, or has not decided yet.
  { c.awaits_early_data() } -> std::same_as<bool>;
  // What became of it: a server tells from the client's hello on, a client after the handshake.
  { c.early_data() } -> std::same_as<early_data_status>;
};

/// Whether the library opens what a password closes (capability pkcs12).
template <class B>
concept DecryptsByPassword = requires(byte_view bytes, const secret& password, secret& opened) {
  // Decrypts what was encrypted by an AlgorithmIdentifier of PBES2 (RFC 8018 §6.2) or PKCS#12 (RFC 7292 §C), to one
  // SEQUENCE in DER, without padding. The password is ASCII and not empty. Gives bad_password, where that is noticed,
  // and unsupported.
  { B::decrypt_pbe(bytes, password, bytes, opened) } -> std::same_as<errc>;
};

/// Whether a backend has every member that its capabilities call for.
template <class B>
concept FulfilsCapabilities = (!has<B, capability::external_rsa_key> || ExternalKeys<B>)&&      //
    (!has<B, capability::external_ec_key> || ExternalKeys<B>)&&                                 //
    (!has<B, capability::exporter> || Exporter<typename B::connection>)&&                       //
    (!has<B, capability::tls_unique> || TellsFinished<typename B::connection>)&&                //
    (!has<B, capability::post_handshake_auth> || AsksForCertificate<typename B::connection>)&&  //
    (!has<B, capability::early_data> || EarlyData<typename B::connection>)&&                    //
    (!has<B, capability::request_key_update> || UpdatesKeys<typename B::connection>)&&(!has<B, capability::pkcs12> ||
                                                                                       DecryptsByPassword<B>);

// Without a capability, where they help:
// - `template <class P> bool use() noexcept`, of a connection: from now on the library calls back functions that are
// made
//   for ports of type P (`detail::static_port`), which they find in the wire. Called after the handshake, between other
//   calls, and again with `port` before one of another type comes. False: nothing has changed.
// - `errc offer(const library_session&)`, of a connection: offers, once or more, what `session` has given as `held`,
//   without writing it.
// - `bool holds_input() const noexcept`, of a connection: whether it has taken bytes from the wire that the library has
//   not asked for yet. False once a read waits for the peer.

}  // namespace plugtls
