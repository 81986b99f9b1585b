// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "plugtls/protocol.hpp"

namespace plugtls_test {

/// Serves with tickets as long as it is told, and resumes by them. No I/O of its own.
class ticket_giver {
 public:
  /// `padding`: bytes of the application's in each ticket, up to some 60,000.
  ticket_giver(plugtls::tls_version v, std::size_t padding);
  ~ticket_giver();

  /// Begins a connection.
  void accept();
  /// Takes what the client sent, goes on as far as it can, and returns what to send.
  std::string step(std::string_view received);
  bool up() const noexcept;

 private:
  struct state;
  std::unique_ptr<state> state_;
};

}  // namespace plugtls_test
