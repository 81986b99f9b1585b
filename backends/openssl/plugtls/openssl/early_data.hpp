// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <span>

#include "plugtls/detail/session_envelope.hpp"
#include "plugtls/detail/ticket_source.hpp"
#include "plugtls/early_data.hpp"
#include "plugtls/openssl/compat.hpp"

namespace plugtls::openssl {

inline early_data_status early_status(const SSL* ssl) noexcept {
  if (ssl == nullptr) return early_data_status::not_offered;
  switch (SSL_get_early_data_status(ssl)) {
    case SSL_EARLY_DATA_ACCEPTED: return early_data_status::accepted;
    case SSL_EARLY_DATA_REJECTED: return early_data_status::rejected;
    default: return early_data_status::not_offered;
  }
}

/// What a ticket that allows early data holds for that: an id of its own. Others hold none.
class early_ticket {
 public:
  early_ticket() = default;
  explicit early_ticket(plugtls::detail::field_reader& in) {
    if (in.ended()) return;
    const byte_view id = in.take(id_.size());
    for (std::size_t i = 0; i < id.size(); ++i) id_[i] = id[i];
    is_set_ = in.ended();
  }

  /// Appends it to what a ticket holds; false without random bytes.
  static bool make(plugtls::detail::field_writer& out) {
    plugtls::detail::ticket_id id;
    if (RAND_bytes(reinterpret_cast<unsigned char*>(id.data()), static_cast<int>(id.size())) != 1) return false;
    out.raw(id);
    return true;
  }

  explicit operator bool() const noexcept { return is_set_; }
  const plugtls::detail::ticket_id& id() const noexcept { return id_; }

 private:
  bool is_set_ = false;
  plugtls::detail::ticket_id id_{};
};

}  // namespace plugtls::openssl
