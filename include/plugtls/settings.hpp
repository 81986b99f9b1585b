// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "plugtls/detail/callback.hpp"
#include "plugtls/identity.hpp"
#include "plugtls/key_log.hpp"
#include "plugtls/key_pin.hpp"
#include "plugtls/protocol.hpp"
#include "plugtls/psk.hpp"
#include "plugtls/revocation.hpp"
#include "plugtls/served_name.hpp"
#include "plugtls/session.hpp"
#include "plugtls/trust_store.hpp"
#include "plugtls/unix_time.hpp"
#include "plugtls/verify.hpp"

namespace plugtls {

class session_cache;
namespace detail {
class session_id_store;
class ticket_source;
}  // namespace detail

/// Bounds on what a peer can make us hold, and on what we send.
struct limits {
  std::size_t max_handshake_size = 131072;  ///< bytes received until the handshake is complete; at least 4096
  int max_chain_length = 9;             ///< certificates that a peer may present; 1 to 9, or 64 (capability long_chain)
  std::size_t max_record_size = 16384;  ///< bytes of plaintext in a record that we send; 512 to 16384 (RFC 8446 §5.1)
  int max_intermediates = 10;  ///< in an accepted path, self-issued ones not counted; more than 10 are never followed
};

/// Tells the time that certificates are checked against, in seconds since 1970 UTC. Empty: the system's clock.
using verify_clock = detail::callback<unix_time()>;

// Both kinds of settings are plain aggregates, so that designated initializers work; what they share stands in both.
// A context reads them once. Every default is safe, and an empty list means plugtls's own default (the safe suites and
// groups that the backend has), never the library's.

/// Settings of a client. Verification is required; the peer's name belongs to each connection.
struct client_settings {
  tls_version min_version = tls_version::automatic;  ///< TLS 1.2; lower is refused (RFC 8996)
  tls_version max_version = tls_version::automatic;  ///< the newest that the backend has
  std::vector<cipher_suite> cipher_suites = {};      ///< in order of preference, TLS 1.2 and 1.3 in one list
  std::vector<named_group> groups = {};  ///< in order of preference; in TLS 1.2 also the curves of certificates
  std::vector<signature_scheme> signature_schemes =
      {};                                     ///< in order; the handshake's (capability signature_scheme_choice)
  std::vector<std::string> alpn = {};         ///< in order of preference, 1 to 255 bytes each (RFC 7301)
  trust_store trust = trust_store::system();  ///< whom servers' certificates must lead to
  std::vector<key_pin> pins = {};             ///< if any: one of them must be a key of the path, leaf to anchor
  certificate_floors floors = {};             ///< the weakest keys and signatures in a path
  std::vector<identity> identities = {};      ///< at most one: presented when a server asks
  verify_callback on_verify = {};             ///< may refuse what verification accepts
  verify_callback insecure_override = {};     ///< its answer is the verdict, whatever verification says
  bool insecure_skip_name = false;            ///< the chain is verified, the peer's name is not
  bool insecure_no_verification = false;      ///< nothing is verified: for looking at a server, never for data
  verify_clock clock = {};                    ///< whose time certificates and CRLs are checked against
  revocation_policy revocation = {};          ///< what is looked up in the CRLs of `trust`
  key_log_callback insecure_key_log = {};     ///< gives the traffic away to whoever reads it (capability key_log)
  /// Resumes connections: asks servers for sessions, and keeps and offers them (`session_cache`). Without, none is
  /// asked for, taken or offered. Not together with `psk`.
  std::shared_ptr<session_cache> sessions = {};
  /// Lets the program send early data on connections that resume a session, by `write_replayable_early_data`: bytes
  /// that somebody else can send again (`early_data_status`). Needs `sessions` and capability `early_data`.
  bool replayable_early_data = false;
  limits limit = {};
  /// Asks the server to send no more than so many bytes of plaintext in a record, and does the same: 512, 1024, 2048 or
  /// 4096, 0 to ask for nothing (RFC 6066 §4). A server may ignore it. Capabilities `max_fragment_length` and, where
  /// the window has TLS 1.3, `max_fragment_length_tls1_3`.
  std::size_t max_fragment_length = 0;
  /// Connects by a key that is shared with the server, and not by certificates; then neither name nor trust is needed.
  /// Not together with `sessions`. Capabilities `external_psk` (TLS 1.2) and `external_psk_tls1_3`.
  std::optional<external_psk> psk = {};
  /// Goes on with a server that does not take the PSK, if its certificate verifies as usual, name and all. Otherwise
  /// such a server is refused (`psk_refused`), whatever it presents.
  bool psk_or_certificate = false;
  /// Tells the server that it may ask for a certificate whenever it likes in the course of a connection of TLS 1.3 (RFC
  /// 8446 §4.2.6). What is presented then is that of `identities`; without one, the answer is that there is none. A
  /// read answers. Capability `post_handshake_auth`; not together with a signer that answers later.
  bool post_handshake_auth = false;
  /// Has the library give its buffers for records back whenever they are empty: idle connections take less memory, and
  /// each record an allocation more. Capability `release_buffers`.
  bool release_buffers = false;
};

/// Settings of a server.
struct server_settings {
  tls_version min_version = tls_version::automatic;  ///< TLS 1.2; lower is refused (RFC 8996)
  tls_version max_version = tls_version::automatic;  ///< the newest that the backend has
  std::vector<cipher_suite> cipher_suites = {};      ///< in order of preference, TLS 1.2 and 1.3 in one list
  std::vector<named_group> groups = {};  ///< in order of preference; in TLS 1.2 also the curves of certificates
  std::vector<signature_scheme> signature_schemes =
      {};                              ///< in order; the handshake's (capability signature_scheme_choice)
  std::vector<std::string> alpn = {};  ///< in order of preference; no overlap ends the handshake (RFC 7301)
  /// One or more, none where there are only `psks`; of different kinds of keys, in order of preference: a client is
  /// presented the first that it can verify. They are for clients that ask for no name, or for none of `names`, and may
  /// be left out where those are refused.
  std::vector<identity> identities = {};
  std::vector<served_name> names = {};  ///< what is presented by the name asked for (SNI); exact ones go before "*."
  unknown_name_policy unknown_name = unknown_name_policy::use_default;  ///< no name, or none of `names`
  client_hello_callback on_client_hello = {};                           ///< may refuse clients, and choose for them
  verify_mode verify = verify_mode::none;                               ///< whether clients are asked for a certificate
  trust_store trust = trust_store::none();                              ///< whom clients' certificates must lead to
  /// Whether clients are told the subjects of `trust`, by which some choose among their certificates, and which anybody
  /// who connects can then read (RFC 5246 §7.4.4, RFC 8446 §4.2.4; with TLS 1.3: capability client_ca_names_tls1_3). At
  /// most 15 KiB of names.
  bool client_ca_names = false;
  std::vector<key_pin> pins = {};          ///< if any: one of them must be a key of the path, leaf to anchor
  certificate_floors floors = {};          ///< the weakest keys and signatures in a path
  verify_callback on_verify = {};          ///< may refuse what verification accepts
  verify_callback insecure_override = {};  ///< its answer is the verdict, whatever verification says
  verify_clock clock = {};                 ///< whose time certificates and CRLs are checked against
  revocation_policy revocation = {};       ///< what is looked up in the CRLs of `trust`
  key_log_callback insecure_key_log = {};  ///< gives the traffic away to whoever reads it (capability key_log)
  /// Resumes connections, by tickets sealed with these (`std::make_shared<ticket_keys>()`, ticket_keys.hpp). Without,
  /// none is sent. Together with `verify` it needs capability client_auth_resumption.
  std::shared_ptr<detail::ticket_source> tickets = {};
  /// Resumes connections of TLS 1.2 by the ids of sessions that are remembered here
  /// (`std::make_shared<session_id_cache>()`, session_id_cache.hpp): for clients that know of no tickets, and for all
  /// where `tickets` is not set. Without, none is remembered. In TLS 1.3 there are tickets alone. Capability
  /// session_ids.
  std::shared_ptr<detail::session_id_store> session_ids = {};
  /// The most bytes of early data that a client may send in a connection, 0 for none: bytes that somebody else can send
  /// again (`early_data_status`). They are taken only where the program asks for them, by `read_replayable_early_data`
  /// before the handshake, and only once from each ticket. Needs `tickets` and capability `early_data`, `verify` none
  /// (one would read them before knowing whose they are), and counts, records and all, as part of the handshake: at
  /// most half of `limit.max_handshake_size`.
  std::size_t replayable_early_data = 0;
  limits limit = {};
  /// Keys shared with clients. A client that uses one needs no certificate, also where `verify` is required.
  /// Not together with `tickets` or `session_ids`. Capabilities `external_psk` (TLS 1.2) and `external_psk_tls1_3`.
  std::vector<external_psk> psks = {};
  /// Allows `request_client_certificate`: to ask a client for its certificate in the course of a connection (RFC 8446
  /// §4.6.2). `verify` still says what is asked for in the handshake; what comes later is judged by the same `trust`,
  /// revocation, `pins`, `floors`, callbacks and clock. TLS 1.3; capability `post_handshake_auth`, and together with
  /// `tickets` client_auth_resumption.
  bool post_handshake_auth = false;
  /// Has the library give its buffers for records back whenever they are empty: idle connections take less memory, and
  /// each record an allocation more. Capability `release_buffers`.
  bool release_buffers = false;
};

/// Whom a client means to reach. Converts from text: `stream{ctx, transport, "example.com"}`.
struct peer_options {
  peer_options() = default;
  peer_options(const char* peer) : name(peer) {}
  peer_options(std::string_view peer) : name(peer) {}
  peer_options(std::string peer) : name(std::move(peer)) {}

  std::string name;         ///< checked against the certificate: a DNS name, or an address with or without brackets
  std::string server_name;  ///< sent as SNI (RFC 6066 §3); empty: the name, unless that is an address
  /// A session to offer instead of one of `client_settings::sessions`, which must be set (a cache that holds 0 will
  /// do). `bad_session`: it is another backend's or library's, or its bytes are not usable. One that has expired, that
  /// is for another peer or policy, or whose chain is no good any more, is not offered.
  session resume = {};
};

}  // namespace plugtls
