// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

namespace plugtls_test {

/// One case of tests/data/corpus, as its manifest tells it.
struct corpus_case {
  std::string id;
  std::string category;
  std::string role;      ///< whose certificate it is: `server` or `client`
  std::string name;      ///< the name or address to check, empty for none
  std::string expected;  ///< `success`, or the name of an errc
};

/// Reads a file of the test data; empty where there is none.
inline std::string read_data(const std::string& path) {
  std::ifstream file(std::string(PLUGTLS_TEST_DATA) + "/" + path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

inline std::string read_corpus(const corpus_case& c, const std::string& file) {
  return read_data("corpus/" + c.id + "/" + file);
}

/// Returns the name of the errc that a reason of the manifest stands for.
inline std::string corpus_errc(const std::string& id, const std::string& reason) {
  struct pair {
    std::string_view reason, errc;
  };
  static constexpr pair table[] = {
      {"name_mismatch", "hostname_mismatch"},
      {"untrusted", "unknown_issuer"},
      {"expired", "certificate_expired"},
      {"not_yet_valid", "certificate_not_yet_valid"},
      {"bad_purpose", "invalid_purpose"},
      {"not_a_leaf", "invalid_purpose"},
      {"name_constraints", "name_constraint_violated"},
      {"path_length", "path_length_exceeded"},
      {"unknown_critical", "unsupported_critical_extension"},
      {"weak_signature", "weak_algorithm"},
      {"weak_key", "weak_algorithm"},
      {"malformed", "malformed_certificate"},
      {"crl_stale", "revocation_unknown"},
      {"crl_bad", "revocation_unknown"},
  };
  if (id == "self-signed") return "self_signed";
  for (const pair& p : table)
    if (p.reason == reason) return std::string(p.errc);
  return reason;
}

/// Reads the manifest. It is written with one member per line, so that no JSON parser is needed.
inline std::vector<corpus_case> corpus_cases() {
  std::vector<corpus_case> cases;
  std::string reason;
  const auto finish = [&] {
    if (!cases.empty() && cases.back().expected != "accept")
      cases.back().expected = corpus_errc(cases.back().id, reason);
    else if (!cases.empty())
      cases.back().expected = "success";
  };
  std::ifstream file(std::string(PLUGTLS_TEST_DATA) + "/corpus/manifest.json");
  for (std::string line; std::getline(file, line);) {
    const auto member = [&line](std::string_view key, std::string& out) {
      const std::string begin = "\"" + std::string(key) + "\": \"";
      const std::size_t at = line.find(begin);
      if (at == std::string::npos) return false;
      const std::size_t from = at + begin.size();
      out = line.substr(from, line.rfind('"') - from);
      return true;
    };
    std::string id;
    if (member("id", id)) {
      finish();
      cases.push_back({id, {}, {}, {}, {}});
      reason.clear();
    }
    if (cases.empty()) continue;
    corpus_case& c = cases.back();
    if (member("category", c.category) || member("role", c.role) || member("value", c.name)) continue;
    if (!member("expected", c.expected)) member("reason", reason);
  }
  finish();
  return cases;
}

}  // namespace plugtls_test
