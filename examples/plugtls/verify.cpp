// SPDX-License-Identifier: BSL-1.0
#include "verify.hpp"

#include <nlohmann/json.hpp>

#include "options.hpp"
#include "settings.hpp"

namespace cli {

using tls::errc;

namespace {

void add_certificates(const std::string& path, std::vector<tls::byte_vector>& chain) {
  const std::string bytes = read_file(path);
  const errc e = tls::load_certificate_bytes(tls::as_bytes(bytes), chain);
  if (e != errc::success) refuse(e, "'" + path + "': " + std::string(describe(e)));
}

tls::trust_store load_anchors(const std::vector<std::string>& files) {
  tls::trust_store store = files.empty() ? tls::trust_store::system() : tls::trust_store::none();
  tls::error_info info;
  for (const std::string& file : files) {
    store.add_file(file, info);
    check(info);
  }
  return store;
}

struct verify_report {
  const tls::backend_entry* backend = nullptr;
  stage at = stage::setup;
  tls::chain_verdict verdict;
};

void verify_file(const verify_options& o, verify_report& report) {
  tls::chain_options options;
  options.name = o.name;
  options.usage = parse_purpose(o.purpose.value_or("server"), "--purpose");
  std::optional<tls::unix_time> moment;
  if (o.time) moment = parse_time(*o.time, "--time");
  tls::trust_store trust = load_anchors(o.trust_files);
  add_crls(o.revocation.crl_files, trust);
  const tls::revocation_policy revocation = parse_revocation(o.revocation.mode);
  std::string response;
  if (o.ocsp_response) {
    if (revocation.mode == tls::revocation_mode::none ||
        (revocation.mode == tls::revocation_mode::automatic && o.revocation.crl_files.empty()))
      refuse(errc::invalid_argument, "--ocsp-response needs --revocation leaf or chain, or --crl");
    response = read_file(*o.ocsp_response);
    errc e = errc::success;
    if (!tls::ocsp_view::parse(tls::as_bytes(response), e))
      refuse(e, "'" + *o.ocsp_response + "' is not one OCSP response in DER");
    options.ocsp_response = tls::as_bytes(response);
  }
  chain_verifier verifier(*report.backend, std::move(trust), revocation, o.max_depth);
  report.at = stage::read;
  std::vector<tls::byte_vector> chain;
  add_certificates(*o.leaf, chain);
  for (const std::string& file : o.intermediate_files) add_certificates(file, chain);
  report.verdict = verifier.verify(chain, options, moment);
}

std::string verdict_text(const tls::chain_verdict& v) {
  std::string text;
  for (std::size_t i = 0; i < v.path.size(); ++i)
    text += std::to_string(i) + ": " + one_line(v.path[i].subject().oneline()) + "\n";
  return text + "verdict: " + (v.ok() ? "ok" : one_line(explain(v))) + "\n";
}

}  // namespace

chain_verifier::chain_verifier(const tls::backend_entry& backend, tls::trust_store trust,
                               tls::revocation_policy revocation, std::optional<int> max_depth)
    : moment_(std::make_shared<std::optional<tls::unix_time>>()) {
  tls::client_settings settings;
  settings.trust = std::move(trust);
  settings.revocation = revocation;
  settings.clock = [moment = moment_] { return moment->value_or(tls::system_now()); };
  if (max_depth) settings.limit.max_intermediates = *max_depth;
  tls::error_info info;
  context_ = backend.client(settings, info);
  check(info);
}

tls::chain_verdict chain_verifier::verify(const std::vector<tls::byte_vector>& chain, const tls::chain_options& options,
                                          std::optional<tls::unix_time> moment) {
  *moment_ = moment;
  return context_.verify_chain(std::vector<tls::byte_view>(chain.begin(), chain.end()), options);
}

tls::purpose parse_purpose(std::string_view text, std::string_view what) {
  if (text == "server") return tls::purpose::server_auth;
  if (text == "client") return tls::purpose::client_auth;
  refuse(errc::invalid_argument, std::string(what) + " is not server or client");
}

json verdict_json(const json& id, const tls::backend_entry* backend, const tls::error_info& error) {
  return {{"id", id},
          {"ok", !error},
          {"backend", backend ? json(backend->name) : json()},
          {"error", error ? json(tls::name(error.code)) : json()},
          {"problems", problems_json(error.problems)},
          {"detail", error ? json(one_line(explain(error))) : json()}};
}

int run_verify(const verify_options& o) {
  if (o.batch == o.leaf.has_value())
    refuse(errc::invalid_argument, "verify needs a certificate, LEAF, or --batch, and not both");
  if (o.batch) return run_verify_batch(choose_backend(o.common.backend));
  verify_report report;
  try {
    report.backend = &choose_backend(o.common.backend);
    verify_file(o, report);
  } catch (const tls::tls_error& e) {
    report.verdict.error = e.info();
  }
  const tls::error_info& error = report.verdict.error;
  if (error) complain(error);
  if (o.common.json)
    print_json(verdict_json({}, report.backend, error));
  else if (!error || tls::is_verification(error.code))
    print(verdict_text(report.verdict));
  return exit_status(error.code, report.at);
}

}  // namespace cli
