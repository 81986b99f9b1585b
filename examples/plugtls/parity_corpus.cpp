// SPDX-License-Identifier: BSL-1.0
#include <nlohmann/json.hpp>

#include "parity.hpp"
#include "report.hpp"
#include "verify.hpp"

namespace cli {

using tls::errc;

namespace {

// What the manifest calls the reasons.
errc named(std::string_view reason, bool self_signed) {
  struct known {
    std::string_view reason;
    errc means;
  };
  static constexpr known table[] = {
      {"name_mismatch", errc::hostname_mismatch},
      {"untrusted", errc::unknown_issuer},
      {"expired", errc::certificate_expired},
      {"not_yet_valid", errc::certificate_not_yet_valid},
      {"bad_purpose", errc::invalid_purpose},
      {"not_a_leaf", errc::invalid_purpose},
      {"name_constraints", errc::name_constraint_violated},
      {"path_length", errc::path_length_exceeded},
      {"unknown_critical", errc::unsupported_critical_extension},
      {"weak_signature", errc::weak_algorithm},
      {"weak_key", errc::weak_algorithm},
      {"malformed", errc::malformed_certificate},
      {"crl_stale", errc::revocation_unknown},
      {"crl_bad", errc::revocation_unknown},
  };
  if (reason == "untrusted" && self_signed) return errc::self_signed;
  for (const known& k : table)
    if (k.reason == reason) return k.means;
  for (int i = 1; tls::is_verification(static_cast<errc>(i)); ++i)
    if (tls::name(static_cast<errc>(i)) == reason) return static_cast<errc>(i);
  refuse(errc::invalid_argument, "the corpus has a reason '" + std::string(reason) + "' that is not known");
}

struct corpus_case {
  std::vector<tls::byte_vector> chain;
  tls::trust_store trust;
  tls::chain_options options;
  std::optional<tls::capability> needs;  ///< to be accepted
};

corpus_case load(const std::string& folder, const json& entry) {
  corpus_case c;
  tls::error_info info;
  const std::string pem = read_file(folder + "/leaf.pem") + "\n" + read_file(folder + "/chain.pem");
  if (const errc e = tls::load_certificate_bytes(tls::as_bytes(pem), c.chain); e != errc::success)
    refuse(e, "'" + folder + "': " + std::string(describe(e)));
  c.trust.add_file(folder + "/roots.pem", info);
  check(info);
  c.options.usage = parse_purpose(entry.at("role").get<std::string>(), "role");
  if (!entry.at("check_name").is_null()) c.options.name = entry.at("check_name").at("value").get<std::string>();
  if (!entry.at("crl").is_null()) c.trust.add_crl_file(folder + "/crl.pem", info);
  check(info);
  for (const json& feature : entry.at("features")) {
    if (feature == "ed25519") c.needs = tls::capability::ed25519;
    if (feature == "name-constraints") c.needs = tls::capability::critical_name_constraints;
  }
  errc e = errc::success;
  const auto leaf = tls::certificate::from_der(c.chain.front(), e);
  if (leaf && leaf->subject_alt_names().size() > 128) c.needs = tls::capability::many_alt_names;
  return c;
}

bool is_self_signed(const corpus_case& c) {
  errc e = errc::success;
  const auto leaf = tls::certificate_view::parse(c.chain.front(), e);
  return leaf && leaf->is_self_issued();
}

parity_result judge_case(const corpus_case& c, errc expected, const tls::backend_entry& backend) {
  parity_result result;
  result.backend = &backend;
  result.error = chain_verifier(backend, c.trust, {}, {}).verify(c.chain, c.options, {}).error;
  if (expected == errc::success && result.error && c.needs && !backend.capabilities.has(*c.needs))
    result.documented = tls::name(*c.needs);
  return result;
}

}  // namespace

void run_corpus(const std::string& folder, parity_table& table) {
  const std::string file = folder + "/manifest.json";
  const std::string text = read_file(file);
  try {
    const json manifest = json::parse(text);
    for (const json& entry : manifest.at("cases")) {
      parity_case one;
      one.id = entry.at("id").get<std::string>();
      one.text = entry.at("why").get<std::string>();
      one.in_corpus = true;
      const corpus_case loaded = load(folder + "/" + one.id, entry);
      if (entry.at("expected") != "accept")
        one.expected = named(entry.at("reason").get<std::string>(), is_self_signed(loaded));
      for (const tls::backend_entry* backend : table.backends)
        one.results.push_back(judge_case(loaded, one.expected, *backend));
      one.judge();
      table.cases.push_back(std::move(one));
    }
  } catch (const json::exception& e) {
    refuse(errc::invalid_argument, "'" + file + "' is no manifest of a corpus: " + e.what());
  }
}

}  // namespace cli
