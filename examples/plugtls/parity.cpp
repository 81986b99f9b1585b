// SPDX-License-Identifier: BSL-1.0
#include "parity.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <nlohmann/json.hpp>

#include "options.hpp"
#include "payload.hpp"
#include "report.hpp"

namespace cli {

namespace {

std::string cell(std::string_view text, std::size_t width) {
  std::string out(text);
  out.resize(std::max(out.size() + 2, width), ' ');
  return out;
}

std::string without_trailing_space(std::string line) {
  while (!line.empty() && line.back() == ' ') line.pop_back();
  return line + "\n";
}

// A case's reason, under it: one for all, or each backend's own where they differ or a capability is lacking.
std::string reason_lines(const parity_case& c) {
  const auto line = [](const std::string& text) { return "    " + one_line(text) + "\n"; };
  std::string text = c.reason().empty() ? std::string() : line(c.reason());
  for (const parity_result& r : c.results) {
    if (!r.documented.empty())
      text += line(std::string(r.backend->name) + ", documented, no " + r.documented + ": " + explain(r.error));
    else if (!c.agree)
      text += line(std::string(r.backend->name) + ": " + explain(r.error));
  }
  return text;
}

}  // namespace

std::string milliseconds_text(long us) {
  return std::to_string(us / 1000) + "." + std::to_string(us % 1000 / 100) + " ms";
}

// The error and what else is wrong.
std::string result_text(const parity_result& r) {
  if (!r.documented.empty()) return "(no " + r.documented + ")";
  if (!r.error) return "accepted";
  std::string text(tls::name(r.error.code));
  for (const json& problem : problems_json(r.error.problems))
    if (problem != tls::name(r.error.code)) text += ", " + problem.get<std::string>();
  return text;
}

std::string parity_table::verdict() const {
  std::string text = std::to_string(pairs_good()) + " of " + std::to_string(pairs.size()) + " pairs connect, " +
                     std::to_string(cases_good()) + " of " + std::to_string(cases_judged()) +
                     " cases agree and are as expected";
  if (documented() != 0)
    text += " (" + std::to_string(documented()) + (documented() == 1 ? " result" : " results") +
            " documented as not supported)";
  return text + (good() ? ": parity" : ": NO PARITY");
}

std::string parity_json(const parity_table& t) {
  json pairs = json::array(), cases = json::array();
  for (const parity_pair& p : t.pairs) {
    pairs.push_back({{"client", p.client->name},
                     {"server", p.server->name},
                     {"version", tls::name(p.version)},
                     {"cipher_suite", p.suite == tls::cipher_suite::none ? json() : json(tls::name(p.suite))},
                     {"ok", !p.error},
                     {"handshake_us", p.handshake_us}});
  }
  for (const parity_case& c : t.cases) {
    json results = json::object();
    for (const parity_result& r : c.results) {
      const bool has_none = !r.documented.empty() && !r.error;
      const json error = has_none  ? json(tls::name(tls::errc::unsupported))
                         : r.error ? json(tls::name(r.error.code))
                                   : json();
      results[std::string(r.backend->name)] = {
          {"ok", error.is_null()}, {"error", error}, {"problems", problems_json(r.error.problems)}};
    }
    cases.push_back({{"id", c.id}, {"expected", tls::name(c.expected)}, {"results", results}, {"agree", c.agree}});
  }
  return to_text({{"pairs", pairs}, {"cases", cases}}) + "\n";
}

std::string parity_text(const parity_table& t) {
  std::string text = without_trailing_space(cell("client", 12) + cell("server", 12) + cell("version", 10) +
                                            cell("cipher suite", 42) + cell("handshake", 12));
  for (const parity_pair& p : t.pairs) {
    text +=
        without_trailing_space(cell(p.client->name, 12) + cell(p.server->name, 12) + cell(tls::name(p.version), 10) +
                               cell(tls::name(p.suite), 42) + cell(milliseconds_text(p.handshake_us), 12) +
                               (p.error ? "FAILED " + one_line(explain(p.error)) : std::string("ok")));
  }
  std::string head = "\n" + cell("case", 32) + cell("expected", 32);
  for (const tls::backend_entry* b : t.backends) head += cell(b->name, 32);
  text += without_trailing_space(head);
  for (const parity_case& c : t.cases) {
    std::string line = cell(c.id, 32) + cell(tls::name(c.expected), 32);
    for (const parity_result& r : c.results) line += cell(result_text(r), 32);
    text += without_trailing_space(line + std::string(c.label())) + reason_lines(c);
  }
  return text + "\n" + t.verdict() + "\n";
}

int run_parity(const parity_options& o) {
  parity_table table;
  if (!o.common.backend.empty()) {
    table.backends.push_back(&choose_backend(o.common.backend));
  } else {
    for (const tls::backend_entry& entry : tls::registered_backends()) table.backends.push_back(&entry);
  }
  std::optional<payload_sink> page;
  if (o.html) page.emplace(o.html, false);
  run_pairs(table);
  run_cases(table);
  if (o.corpus) run_corpus(*o.corpus, table);
  if (page) {
    page->begin();
    page->write(parity_page(table));
  }
  print(o.common.json ? parity_json(table) : parity_text(table));
  return table.good() ? 0 : 1;
}

}  // namespace cli
