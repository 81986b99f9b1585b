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

std::string milliseconds(long us) { return std::to_string(us / 1000) + "." + std::to_string(us % 1000 / 100) + " ms"; }

// The error and what else is wrong; all problems where backends differ, which they may do in nothing else.
std::string result_text(const parity_result& r, bool agree) {
  if (r.missing) return "unsupported (no " + std::string(tls::name(*r.missing)) + ")";
  if (!r.error) return "accepted";
  std::string text(tls::name(r.error.code));
  if (!agree) return text + " " + to_text(problems_json(r.error.problems));
  for (const json& problem : problems_json(r.error.problems))
    if (problem != tls::name(r.error.code)) text += ", " + problem.get<std::string>();
  return text;
}

std::string verdict(const parity_table& t) {
  return std::to_string(t.pairs_good()) + " of " + std::to_string(t.pairs.size()) + " pairs connect, " +
         std::to_string(t.cases_good()) + " of " + std::to_string(t.cases.size()) +
         " cases agree and are as expected: " + (t.good() ? "parity" : "NO PARITY");
}

std::string td(std::string_view text, bool good = true) {
  return std::string(good ? "<td>" : "<td class=\"bad\">") + escape_html(text) + "</td>";
}

}  // namespace

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
      const json error = r.missing ? json(tls::name(tls::errc::unsupported))
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
                               cell(tls::name(p.suite), 42) + cell(milliseconds(p.handshake_us), 12) +
                               (p.error ? "FAILED " + one_line(explain(p.error)) : std::string("ok")));
  }
  std::string head = "\n" + cell("case", 28) + cell("expected", 27);
  for (const tls::backend_entry* b : t.backends) head += cell(b->name, 27);
  text += without_trailing_space(head);
  for (const parity_case& c : t.cases) {
    std::string line = cell(c.id, 28) + cell(tls::name(c.expected), 27);
    for (const parity_result& r : c.results) line += cell(result_text(r, c.agree), 27);
    text += without_trailing_space(line + (c.good ? "ok" : c.agree ? "UNEXPECTED" : "DIFFERENT"));
  }
  return text + "\n" + verdict(t) + "\n";
}

std::string parity_page(const parity_table& t) {
  std::string page =
      "<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n"
      "<meta name=\"viewport\" content=\"width=device-width\">\n<title>plugtls parity</title>\n<style>\n"
      ":root { color-scheme: light dark; --ink: #1b1f24; --paper: #fff; --line: #d5d9de; --bad: #b42318; }\n"
      "@media (prefers-color-scheme: dark) { :root { --ink: #e6e8eb; --paper: #15181c; --line: #363c44; --bad: "
      "#ff8a80; "
      "} }\n"
      "body { font: 16px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--paper); margin: 2rem auto; "
      "max-width: 80rem; padding: 0 1rem; }\n"
      ".wide { overflow-x: auto; }\n"
      "table { border-collapse: collapse; margin: 1rem 0 2rem; }\n"
      "th, td { text-align: left; padding: .3rem 1.2rem .3rem 0; border-bottom: 1px solid var(--line); }\n"
      ".bad { color: var(--bad); font-weight: 600; }\n</style>\n<h1>plugtls parity</h1>\n";
  page += "<p" + std::string(t.good() ? "" : " class=\"bad\"") + ">" + escape_html(verdict(t)) + "</p>\n<ul>\n";
  for (const tls::backend_entry* b : t.backends)
    page += "<li>" + escape_html(b->name) + ": " + escape_html(b->library().text) + "</li>\n";
  page +=
      "</ul>\n<h2>Pairs</h2>\n<div class=\"wide\"><table>\n<tr><th>client<th>server<th>version<th>cipher suite"
      "<th>handshake<th>result</tr>\n";
  for (const parity_pair& p : t.pairs) {
    page += "<tr>" + td(p.client->name) + td(p.server->name) + td(tls::name(p.version)) + td(tls::name(p.suite)) +
            td(milliseconds(p.handshake_us)) + td(p.error ? explain(p.error) : "ok", !p.error) + "</tr>\n";
  }
  page += "</table></div>\n<h2>Failure cases</h2>\n<div class=\"wide\"><table>\n<tr><th>case<th>what it is<th>expected";
  for (const tls::backend_entry* b : t.backends) page += "<th>" + escape_html(b->name);
  page += "</tr>\n";
  for (const parity_case& c : t.cases) {
    page += "<tr>" + td(c.id) + td(c.text) + td(tls::name(c.expected));
    for (const parity_result& r : c.results)
      page += td(result_text(r, c.agree), r.missing || (r.error.code == c.expected && c.agree));
    page += "</tr>\n";
  }
  return page + "</table></div>\n</html>\n";
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
  if (page) {
    page->begin();
    page->write(parity_page(table));
  }
  print(o.common.json ? parity_json(table) : parity_text(table));
  return table.good() ? 0 : 1;
}

}  // namespace cli
