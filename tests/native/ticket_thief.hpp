// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "plugtls/protocol.hpp"

namespace plugtls_test {

/// A client that shows tickets and ids which it has no secret of, in ways that no library offers by itself. It verifies
/// nothing. No I/O of its own.
class ticket_thief {
 public:
  /// What it does in one connection.
  struct plan {
    plugtls::tls_version version = plugtls::tls_version::tls1_2;
    bool has_certificate = false;     ///< presents the test PKI's client, where it is asked
    bool takes_sha384 = false;        ///< offers TLS 1.3's suite of the other hash alone
    std::string shown_ticket = {};    ///< shown in the extension of TLS 1.2 (RFC 5077)
    std::string shown_identity = {};  ///< shown as a pre-shared key of TLS 1.3, with a binder that is made up
    std::string session = {};         ///< resumed as it should be: what `session()` gave
    bool has_lost_secret = false;     ///< or with another secret than the session's
    bool knows_tickets = true;        ///< of TLS 1.2
    bool offers_newer = false;        ///< TLS 1.3 besides
  };

  explicit ticket_thief(const plan& what);
  ~ticket_thief();

  /// Takes what the server sent, goes on as far as it can, and returns what to send.
  std::string step(std::string_view received);
  bool up() const noexcept;
  /// The newest session that came, and the ticket in it; empty without one.
  std::string session() const;
  std::string ticket() const;

 private:
  struct state;
  std::unique_ptr<state> state_;
};

}  // namespace plugtls_test
