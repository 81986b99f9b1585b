// SPDX-License-Identifier: BSL-1.0
#include "report.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <plugtls/unix_time.hpp>

namespace cli {

namespace {

json text_or_null(std::string_view text) { return text.empty() ? json() : json(text); }

template <class Alert>
json alert_or_null(const Alert& alert) {
  return alert ? json(static_cast<int>(*alert)) : json();
}

}  // namespace

std::string to_text(const json& object) { return object.dump(-1, ' ', false, json::error_handler_t::replace); }

void print_json(const json& object) { print(to_text(object) + "\n"); }

json certificate_json(const tls::certificate& c) {
  json components = json::array();
  for (const tls::name_component& part : c.subject().components())
    components.push_back(json::array({part.type, part.value}));
  return {{"subject", c.subject().oneline()},
          {"issuer", c.issuer().oneline()},
          {"subject_components", components},
          {"subject_alt_names", c.subject_alt_names()},
          {"serial", c.serial_hex()},
          {"not_before", tls::to_rfc3339(c.not_before())},
          {"not_after", tls::to_rfc3339(c.not_after())},
          {"key", c.key_description()},
          {"signature_algorithm", c.signature_algorithm()},
          {"is_ca", c.is_ca()},
          {"sha256", c.sha256_hex()},
          {"spki_sha256", c.spki_sha256_hex()},
          {"pem", c.pem()}};
}

json chain_json(const std::vector<tls::certificate>& chain) {
  json list = json::array();
  for (const tls::certificate& c : chain) list.push_back(certificate_json(c));
  return list;
}

json problems_json(const tls::problem_list& problems) {
  std::vector<tls::errc> found;
  for (const tls::problem& p : problems) found.push_back(p.what);
  std::sort(found.begin(), found.end());
  found.erase(std::unique(found.begin(), found.end()), found.end());
  json list = json::array();
  for (const tls::errc e : found) list.push_back(tls::name(e));
  return list;
}

void connection_report::established(const tls::any_engine& engine) {
  is_established = true;
  resumed = engine.resumed();
  version = engine.version();
  suite = engine.cipher_suite();
  group = engine.group();
  scheme = engine.signature_scheme();
  alpn = engine.alpn();
  static_cast<void>(engine.peer_chain());  // asks the library, while it can be asked
}

json connection_json(const connection_report& r, const tls::any_engine* engine) {
  json peer, chain = json::array();
  if (engine != nullptr && !engine->peer_chain().empty()) {
    chain = chain_json(engine->peer_chain());
    peer = chain.front();
  }
  json out;
  out["ok"] = !r.error;
  out["backend"] = r.backend ? json(r.backend->name) : json();
  out["library"] = r.backend ? json(r.backend->library().text) : json();
  out["role"] = r.own == tls::role::client ? "client" : "server";
  out["stage"] = name(r.at);
  out["error"] = r.error ? json(tls::name(r.error.code)) : json();
  out["problems"] = problems_json(r.error.problems);
  out["detail"] = r.error ? json(one_line(explain(r.error))) : json();
  out["alert_sent"] = alert_or_null(r.error.alert_sent);
  out["alert_received"] = alert_or_null(r.error.alert_received);
  out["version"] = r.version == tls::tls_version::automatic ? json() : json(tls::name(r.version));
  out["cipher_suite"] = text_or_null(tls::name(r.suite));
  out["group"] = text_or_null(tls::name(r.group));
  out["signature_scheme"] = text_or_null(tls::name(r.scheme));
  out["alpn"] = text_or_null(r.alpn);
  out["server_name"] = engine ? text_or_null(engine->server_name()) : json();
  out["resumed"] = r.is_established ? json(r.resumed) : json();
  out["peer"] = peer;
  out["chain"] = chain;
  out["bytes_read"] = r.bytes_read;
  out["bytes_written"] = r.bytes_written;
  out["end"] = text_or_null(r.end);
  return out;
}

std::string agreed_text(const connection_report& r) {
  std::string text(tls::name(r.version));
  for (const std::string_view part : {tls::name(r.suite), tls::name(r.group), std::string_view(r.alpn)})
    if (!part.empty()) text += " " + std::string(part);
  return text;
}

std::string certificate_text(const tls::certificate& c, std::size_t depth) {
  std::string names;
  for (const std::string& n : c.subject_alt_names()) names += (names.empty() ? "" : ", ") + one_line(n);
  const auto line = [](const char* label, const std::string& value) { return "  " + (label + one_line(value)) + "\n"; };
  std::string text = std::to_string(depth) + ": " + one_line(c.subject().oneline()) + "\n";
  text += line("issuer     ", c.issuer().oneline());
  if (!names.empty()) text += line("names      ", names);
  text += line("valid      ", tls::to_rfc3339(c.not_before()) + " to " + tls::to_rfc3339(c.not_after()));
  text += line("key        ", c.key_description() + (c.is_ca() ? ", certification authority" : ""));
  text += line("signature  ", c.signature_algorithm());
  text += line("serial     ", c.serial_hex());
  text += line("sha256     ", c.sha256_hex());
  text += line("public key ", c.spki_sha256_hex());
  return text;
}

}  // namespace cli
