// SPDX-License-Identifier: BSL-1.0
#include "settings.hpp"

#include <plugtls/rfc3339.hpp>
#include <plugtls/trust_directory.hpp>

namespace cli {

using tls::errc;

namespace {

std::string in_quotes(std::string_view text) { return "'" + one_line(text.substr(0, 200)) + "'"; }

tls::tls_version parse_version(const std::optional<std::string>& text, const char* option) {
  if (!text) return tls::tls_version::automatic;
  if (*text == "1.2") return tls::tls_version::tls1_2;
  if (*text == "1.3") return tls::tls_version::tls1_3;
  refuse(errc::invalid_argument,
         std::string(option) + " " + in_quotes(*text) + " is not 1.2 or 1.3 (older ones are never offered, RFC 8996)");
}

std::vector<std::string> split_list(const std::optional<std::string>& text, const char* option) {
  std::vector<std::string> items;
  if (!text) return items;
  for (std::size_t begin = 0; begin <= text->size();) {
    const std::size_t comma = std::min(text->find(',', begin), text->size());
    items.push_back(text->substr(begin, comma - begin));
    if (items.back().empty()) refuse(errc::invalid_argument, std::string(option) + " has an empty item");
    begin = comma + 1;
  }
  return items;
}

template <class Number>
std::vector<Number> parse_names(const std::optional<std::string>& text, const char* option,
                                Number (*find)(std::string_view), const char* hint) {
  std::vector<Number> numbers;
  for (const std::string& item : split_list(text, option)) {
    numbers.push_back(find(item));
    if (numbers.back() == Number::none)
      refuse(errc::invalid_argument, std::string(option) + ": " + in_quotes(item) + " is not known; " + hint);
  }
  return numbers;
}

// The n-th --key belongs to the n-th --cert; without any, each key is in the file of its certificate.
std::vector<tls::identity> load_identities(const tls_options& o) {
  if (o.certificates.empty() && (!o.keys.empty() || o.password))
    refuse(errc::invalid_argument, "--key and --password need --cert");
  if (!o.keys.empty() && o.keys.size() != o.certificates.size())
    refuse(errc::invalid_argument, "give as many --key as --cert, or none where each key is in the --cert file");
  tls::password_callback password;
  if (o.password) password = [secret = tls::secret(std::string_view(*o.password))] { return secret; };
  std::vector<tls::identity> all;
  for (std::size_t i = 0; i < o.certificates.size(); ++i) {
    const std::string key = o.keys.empty() ? std::string() : o.keys[i];
    tls::error_info info;
    all.push_back(tls::identity::from_files(o.certificates[i], key, info, password));
    check(info);
    if (all.back().key().empty()) refuse(errc::bad_pem, in_quotes(key.empty() ? o.certificates[i] : key) + " is empty");
  }
  return all;
}

template <class Settings>
void apply(const tls_options& o, Settings& s) {
  s.min_version = parse_version(o.min_version, "--min");
  s.max_version = parse_version(o.max_version, "--max");
  s.alpn = split_list(o.alpn, "--alpn");
  s.cipher_suites = parse_names<tls::cipher_suite>(
      o.cipher_suites, "--cipher-suites", [](std::string_view t) { return tls::cipher_suite_from_name(t); },
      "write IANA names of AEAD suites with forward secrecy, such as TLS_AES_128_GCM_SHA256");
  s.groups = parse_names<tls::named_group>(
      o.groups, "--groups", [](std::string_view t) { return tls::named_group_from_name(t); },
      "write IANA names such as x25519 or secp256r1");
  s.identities = load_identities(o);
}

tls::trust_store load_trust(const trust_options& o) {
  const bool own = !o.ca_files.empty() || o.ca_directory;
  tls::trust_store store = o.system || !own ? tls::trust_store::system() : tls::trust_store::none();
  tls::error_info info;
  for (const std::string& file : o.ca_files) {
    store.add_file(file, info);
    check(info);
  }
  if (o.ca_directory) {
    const tls::trust_store directory = tls::load_trust_directory(*o.ca_directory, info);
    check(info);
    for (const tls::certificate& anchor : directory.anchors(info)) store.add(anchor);
  }
  add_crls(o.revocation.crl_files, store);
  return store;
}

}  // namespace

host_and_port parse_endpoint(std::string_view text, std::string_view what, bool listening) {
  const auto wrong = [&](const char* why) {
    refuse(errc::invalid_argument, std::string(what) + " " + in_quotes(text) + ": " + why);
  };
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) wrong("write HOST:PORT");
  std::string_view host = text.substr(0, colon);
  const std::string_view digits = text.substr(colon + 1);
  if (!host.empty() && host.front() == '[') {
    if (host.back() != ']') wrong("write an IPv6 address as [ADDRESS]:PORT");
    host = host.substr(1, host.size() - 2);
    if (host.find(':') == std::string_view::npos) wrong("only IPv6 addresses stand in brackets");
  } else if (host.find(':') != std::string_view::npos) {
    wrong("write an IPv6 address as [ADDRESS]:PORT");
  }
  if (host.empty() && !listening) wrong("the host is missing");
  host_and_port out{std::string(host), 0};
  if (digits.empty() || digits.size() > 5) wrong("the port is not between 1 and 65535");
  for (const char c : digits) {
    if (c < '0' || c > '9') wrong("the port is not a number");
    out.port = out.port * 10 + (c - '0');
  }
  if (out.port > 65535 || (out.port == 0 && !listening)) wrong("the port is not between 1 and 65535");
  return out;
}

std::chrono::milliseconds parse_seconds(double seconds, std::string_view what) {
  if (!(seconds >= 0.001 && seconds <= 1e6))
    refuse(errc::invalid_argument, std::string(what) + " is not between 0.001 and 1000000 seconds");
  return std::chrono::milliseconds(static_cast<std::chrono::milliseconds::rep>(seconds * 1000));
}

tls::unix_time parse_time(std::string_view text, std::string_view what) {
  tls::unix_time moment = 0;
  if (!tls::from_rfc3339(text, moment))
    refuse(errc::invalid_argument,
           std::string(what) + " " + in_quotes(text) + " is not RFC 3339, as 2026-01-31T12:00:00Z");
  return moment;
}

tls::revocation_policy parse_revocation(const std::optional<std::string>& text) {
  tls::revocation_policy policy;
  if (!text) return policy;
  const std::size_t colon = text->find(':');
  const std::string mode = text->substr(0, colon),
                    failure = colon == std::string::npos ? "hard" : text->substr(colon + 1);
  if (*text == "none") {
    policy.mode = tls::revocation_mode::none;
  } else if ((mode == "leaf" || mode == "chain") && (failure == "soft" || failure == "hard")) {
    policy = {mode == "leaf" ? tls::revocation_mode::leaf : tls::revocation_mode::chain, failure == "soft"};
  } else {
    refuse(errc::invalid_argument, "--revocation " + in_quotes(*text) +
                                       " is not none, leaf or chain, the last two with "
                                       ":soft or :hard");
  }
  return policy;
}

void add_crls(const std::vector<std::string>& files, tls::trust_store& store) {
  tls::error_info info;
  for (const std::string& file : files) {
    store.add_crl_file(file, info);
    check(info);
  }
}

tls::client_settings make_client_settings(const client_options& o) {
  tls::client_settings s;
  apply(o.tls, s);
  s.trust = load_trust(o.trust);
  for (const std::string& pin : o.trust.pins) {
    s.pins.emplace_back(pin);
    if (!s.pins.back().is_valid())
      refuse(errc::invalid_argument, "--pin " + in_quotes(pin) +
                                         " is no SHA-256 of a public key: write 64 hexadecimal digits, or sha256// and "
                                         "base64");
  }
  s.insecure_no_verification = o.insecure_no_verify;
  s.insecure_skip_name = o.insecure_skip_name;
  s.revocation = parse_revocation(o.trust.revocation.mode);
  s.revocation.staple = o.trust.revocation.staple;
  if (o.trust.time) {
    const tls::unix_time moment = parse_time(*o.trust.time, "--time");
    s.clock = [moment] { return moment; };
  }
  return s;
}

tls::server_settings make_server_settings(const serve_options& o) {
  tls::server_settings s;
  if (o.tls.certificates.empty())
    refuse(errc::invalid_argument, "serve needs --cert FILE, and --key FILE unless the key is in the same file");
  apply(o.tls, s);
  if (o.ocsp_response) {
    tls::error_info info;
    s.identities.front().set_ocsp_response(tls::as_bytes(read_file(*o.ocsp_response)), info);
    if (info) refuse(info.code, in_quotes(*o.ocsp_response) + ": " + info.detail);
  }
  serve_by_name(s);
  if (o.client_auth == "optional") {
    s.verify = tls::verify_mode::optional;
  } else if (o.client_auth == "required") {
    s.verify = tls::verify_mode::required;
  } else if (o.client_auth != "none") {
    refuse(errc::invalid_argument, "--client-auth " + in_quotes(o.client_auth) + " is not none, optional or required");
  }
  if ((s.verify == tls::verify_mode::none) != o.client_ca_files.empty())
    refuse(errc::invalid_argument, "--client-auth optional or required and --client-ca FILE need each other");
  tls::error_info info;
  for (const std::string& file : o.client_ca_files) {
    s.trust.add_file(file, info);
    check(info);
  }
  if (s.verify == tls::verify_mode::none && (!o.revocation.crl_files.empty() || o.revocation.mode))
    refuse(errc::invalid_argument, "--crl and --revocation are about clients' certificates: they need --client-auth");
  add_crls(o.revocation.crl_files, s.trust);
  s.revocation = parse_revocation(o.revocation.mode);
  return s;
}

}  // namespace cli
