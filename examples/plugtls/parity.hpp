// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <optional>
#include <plugtls/any.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "program.hpp"

namespace cli {

/// One client × server pair at one version.
struct parity_pair {
  const tls::backend_entry* client = nullptr;
  const tls::backend_entry* server = nullptr;
  tls::tls_version version = tls::tls_version::automatic;
  tls::cipher_suite suite = tls::cipher_suite::none;
  tls::error_info error;  ///< of the client, else of the server
  long handshake_us = 0;  ///< as the client sees it
};

/// What one backend made of a failure case, at the end that judges.
struct parity_result {
  const tls::backend_entry* backend = nullptr;
  tls::error_info error;
  std::string documented;  ///< what the backend says it cannot do, so that the result does not count; empty: it counts
};

struct parity_case {
  std::string id;
  std::string text;
  bool in_corpus = false;
  tls::errc expected = tls::errc::success;
  std::vector<parity_result> results;
  bool agree = false;  ///< the same errc, problems and reasons on all that have the case
  bool good = false;   ///< and they are the expected ones

  /// Whether any backend's result counts.
  bool is_judged() const noexcept;
  /// Returns "agree", "UNEXPECTED" (all, on something else), "DIFFERENT" or "documented" (no result counts).
  std::string_view label() const noexcept;
  /// Compares the results and sets both.
  void judge();
  /// Returns the sentence that all give; empty where nothing is refused, and where they differ.
  std::string reason() const;
};

struct parity_table {
  std::vector<const tls::backend_entry*> backends;
  std::vector<parity_pair> pairs;
  std::vector<parity_case> cases;
  std::size_t pairs_good() const noexcept;
  std::size_t cases_good() const noexcept;
  std::size_t cases_judged() const noexcept;
  std::size_t documented() const noexcept;
  std::string verdict() const;
  bool good() const noexcept { return pairs_good() == pairs.size() && cases_good() == cases_judged(); }
};

/// How the connection of a trial goes on after the handshake.
enum class trial_end { orderly, cut, not_tls };

/// Both ends of one connection over loopback TCP, each in a thread of its own.
struct trial {
  tls::any_context client;
  tls::any_context server;
  std::string name = "plugtls.test";
  trial_end end = trial_end::orderly;
};

struct trial_outcome {
  tls::error_info client;
  tls::error_info server;
  tls::tls_version version = tls::tls_version::automatic;
  tls::cipher_suite suite = tls::cipher_suite::none;
  long handshake_us = 0;
};

trial_outcome run_trial(const trial& t);

/// Versions that both backends have.
std::vector<tls::tls_version> common_versions(const tls::backend_entry& a, const tls::backend_entry& b);

void run_pairs(parity_table& table);
void run_cases(parity_table& table);
/// Adds the certificate cases of a folder, judged without a connection.
void run_corpus(const std::string& folder, parity_table& table);

std::string milliseconds_text(long us);
/// A result in a few words.
std::string result_text(const parity_result& result);

std::string parity_text(const parity_table& table);
std::string parity_page(const parity_table& table);
std::string parity_json(const parity_table& table);

}  // namespace cli
