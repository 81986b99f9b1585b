// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "plugtls/client_hello_view.hpp"
#include "plugtls/detail/callback.hpp"
#include "plugtls/identity.hpp"

namespace plugtls {

/// What a server presents to clients that ask for a name (SNI, RFC 6066 §3).
struct served_name {
  /// A host name, or "*." and a domain of at least two labels, which stands for one whole left-most label; in any
  /// letter case. The rules are those by which clients match certificates (`peer_name`).
  std::string pattern;
  /// One or more, of different kinds of keys, in order of preference; the certificates must be good for the name.
  std::vector<identity> identities;
};

/// What a server does with a client that asks for no name, or for one that is not in its table.
enum class unknown_name_policy : std::uint8_t {
  use_default,  ///< presents the default identities
  refuse        ///< ends the handshake with the alert unrecognized_name (RFC 6066 §3)
};

/// The answer of a `client_hello_callback`.
class hello_answer {
 public:
  /// Goes on by the table of names.
  hello_answer() = default;
  /// Goes on as though the client had asked for this name, whatever it asked for; empty: for none. A name that the
  /// table does not have fails the handshake, `invalid_argument`.
  static hello_answer serve_as(std::string name) {
    hello_answer a;
    a.kind_ = kind::serve_as;
    a.name_ = std::move(name);
    return a;
  }
  /// Ends the handshake with the alert unrecognized_name; both ends see `errc::unrecognized_name`.
  static hello_answer refuse() {
    hello_answer a;
    a.kind_ = kind::refuse;
    return a;
  }

  bool is_refusal() const noexcept { return kind_ == kind::refuse; }
  bool is_serve_as() const noexcept { return kind_ == kind::serve_as; }
  const std::string& name() const noexcept { return name_; }

 private:
  enum class kind : std::uint8_t { by_table, serve_as, refuse };
  kind kind_ = kind::by_table;
  std::string name_;
};

/// The application's say in whom a server is to a client. Called once per connection, when the ClientHello is there and
/// before anything is answered, in the thread that drives the handshake. Must bear to be called from several threads
/// when the context is shared. An exception refuses the client, and comes out of the call that drove the handshake.
using client_hello_callback = detail::callback<hello_answer(const client_hello_view&)>;

}  // namespace plugtls
