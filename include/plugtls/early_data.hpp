// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstdint>
#include <string_view>

namespace plugtls {

/// What became of the early data of a connection (0-RTT, RFC 8446 §2.3): bytes that a client which resumes a session
/// sends with its first flight, and that a server may read before anybody has proved to be there now.
///
/// WHO RECORDS SUCH A FLIGHT CAN SEND IT AGAIN (RFC 8446 §8): early data is for requests that may be carried out twice.
/// A server of plugtls takes each ticket's early data once, as far as its `ticket_keys` remember; other processes and
/// machines that hold the same secrets do not share that memory. Nor has early data forward secrecy: who gets hold of
/// the secrets of the tickets can read it.
enum class early_data_status : std::uint8_t {
  not_offered,  ///< the client has sent none, or not yet
  offered,      ///< a client: sent; no handshake has told yet what became of it, nor will one that has failed
  rejected,     ///< the server has not read it: send it again by `write`, which nobody does for you
  accepted      ///< the server has read it, or can
};

/// Returns the name of a status as it is spelled in code.
constexpr std::string_view name(early_data_status s) noexcept {
  switch (s) {
    case early_data_status::not_offered: return "not_offered";
    case early_data_status::offered: return "offered";
    case early_data_status::rejected: return "rejected";
    case early_data_status::accepted: return "accepted";
  }
  return "";
}

}  // namespace plugtls
