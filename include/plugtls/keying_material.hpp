// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <array>
#include <optional>
#include <span>
#include <string>

#include "plugtls/capability.hpp"
#include "plugtls/channel_binding.hpp"
#include "plugtls/engine_state.hpp"
#include "plugtls/exporter.hpp"

// What an engine does with its state to export keying material and to make channel bindings.

namespace plugtls::detail {

inline errc refuse_export(error_info& info, errc what, std::string text = {}) {
  info = {};
  return info.set(what, std::move(text));
}

/// TLS 1.2 without an extended master secret binds neither exports nor Finished messages to one connection: somebody in
/// the middle can make two that agree on them (RFC 7627 §1, §5.4).
template <class B>
errc check_binding(const engine_state<B>& s, error_info& info) {
  if (s.agreed.version != tls_version::tls1_2 || s.extended_secret) return errc::success;
  return refuse_export(
      info, errc::unsupported,
      "the peer has no extended master secret (RFC 7627): what TLS 1.2 exports without it is not bound "
      "to this connection");
}

template <class B>
errc export_keying_material(engine_state<B>& s, const exporter_label& what, std::span<std::byte> out,
                            error_info& info) {
  if constexpr (!has<B, capability::exporter>) {
    return refuse_export(info, errc::unsupported, std::string(B::name) + " exports no keying material (RFC 5705)");
  } else {
    info = {};
    errc e = check_export(what, out.size(), info);
    if (e == errc::success) e = check_binding(s, info);
    if (e != errc::success) return e;
    e = s.native.export_keying_material(what, out);
    if (e == errc::success) return e;
    return refuse_export(info, e, std::string(B::name) + " does not export that much under this label and context");
  }
}

/// RFC 5929 §3.1: the first Finished message of the handshake, which is the client's in a full one, and the server's
/// where a session was resumed.
template <class B>
byte_vector tls_unique(const engine_state<B>& s, error_info& info) {
  byte_vector out;
  if (s.agreed.version != tls_version::tls1_2) {
    refuse_export(info, errc::unsupported, "tls-unique is not defined for TLS 1.3 (RFC 8446 §C.5); use tls-exporter");
  } else if constexpr (!has<B, capability::tls_unique>) {
    refuse_export(info, errc::unsupported, std::string(B::name) + " does not tell the Finished messages of tls-unique");
  } else if (check_binding(s, info) == errc::success) {
    const bool is_client = s.context.plan().own == role::client;
    if (!s.native.finished(is_client != s.resumed, out)) {
      out.clear();
      refuse_export(info, errc::unsupported, std::string(B::name) + " does not know the first Finished message");
    }
  }
  return out;
}

template <class B>
byte_vector channel_binding(engine_state<B>& s, channel_binding_type type, error_info& info) {
  info = {};
  if (type == channel_binding_type::tls_unique) return tls_unique(s, info);
  byte_vector out;
  if (type == channel_binding_type::tls_exporter) {
    out.resize(32);
    const errc e = export_keying_material(s, {"EXPORTER-Channel-Binding", byte_view()}, out, info);
    if (e != errc::success) out.clear();
    return out;
  }
  errc e = errc::success;
  const std::optional<certificate> server = s.server_certificate();
  if (!server) {
    refuse_export(info, errc::unsupported, "the server's certificate is not known here (a resumed session, say)");
    return out;
  }
  out = server_end_point(server->view(), e);
  if (e != errc::success)
    refuse_export(info, e,
                  "tls-server-end-point is not defined for a certificate that is signed by " +
                      std::string(describe_signature(server->view().signature_algorithm()).name));
  return out;
}

}  // namespace plugtls::detail
