// SPDX-License-Identifier: BSL-1.0
#include "parity.hpp"

namespace cli {

namespace {

// One page with nothing outside of it. On a narrow screen each row becomes a block of its own, with its labels.
constexpr std::string_view head = R"(<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>plugtls parity</title>
<style>
:root { color-scheme: light dark; --ink: #1b1f24; --soft: #5c6670; --paper: #fff; --panel: #f5f6f8; --line: #dde1e6;
  --good: #12703a; --bad: #b42318; --note: #7a5200; }
@media (prefers-color-scheme: dark) { :root { --ink: #e8eaed; --soft: #a3adb8; --paper: #15181c; --panel: #1e2329;
  --line: #343b44; --good: #6fd195; --bad: #ff8a80; --note: #e6b450; } }
* { box-sizing: border-box; }
body { font: 15px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--paper); margin: 0 auto;
  max-width: 84rem; padding: 1.5rem 1rem 3rem; }
h1 { font-size: 1.6rem; margin: 0 0 .5rem; }
h2 { font-size: 1.15rem; margin: 2.2rem 0 .6rem; }
.verdict { background: var(--panel); border-left: 4px solid var(--good); padding: .6rem .9rem; margin: 0 0 1rem; }
.verdict.bad { border-color: var(--bad); }
ul { margin: 0; padding-left: 1.2rem; color: var(--soft); }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; vertical-align: top; padding: .45rem 1rem .45rem 0; border-bottom: 1px solid var(--line); }
th { font-weight: 600; color: var(--soft); font-size: .85rem; }
td { overflow-wrap: break-word; }
.id { font-weight: 600; }
.why, .reason { color: var(--soft); font-size: .87rem; overflow-wrap: anywhere; }
.reason { border-left: 2px solid var(--line); margin-top: .3rem; padding-left: .6rem; }
.good { color: var(--good); }
.bad { color: var(--bad); font-weight: 600; }
.note { color: var(--note); }
.cases .what { width: 46%; }
@media (max-width: 52rem) {
  thead { display: none; }
  table, tbody, tr, td { display: block; width: 100%; }
  .cases .what { width: 100%; }
  tr { border-bottom: 1px solid var(--line); padding: .6rem 0; }
  td { border: 0; padding: .1rem 0; display: flex; gap: .6rem; }
  td[data-label]::before { content: attr(data-label); color: var(--soft); flex: 0 0 6.5rem; font-size: .87rem; }
  td > div { min-width: 0; overflow-wrap: anywhere; }
  .pairs tr { display: flex; flex-wrap: wrap; gap: 0 .6rem; }
  .pairs td { width: auto; }
  .pairs td[data-label]::before { content: none; }
  .pairs td:nth-child(2)::before { content: "\2192"; flex: none; }
}
</style>
)";

// Names of conditions may break behind an underscore, so that the sentences have room.
std::string breakable(std::string_view text) {
  std::string out;
  for (const char c : escape_html(text)) {
    out += c;
    if (c == '_') out += "<wbr>";
  }
  return out;
}

std::string td(std::string_view label, std::string_view text, std::string_view kind = {}) {
  return "<td data-label=\"" + escape_html(label) + "\"><div" +
         (kind.empty() ? std::string() : " class=\"" + std::string(kind) + "\"") + ">" + breakable(text) +
         "</div></td>";
}

std::string result_cell(const parity_result& r, const parity_case& c) {
  if (!r.documented.empty()) return td(r.backend->name, "documented: no " + r.documented, "note");
  return td(r.backend->name, result_text(r), r.error.code != c.expected || !c.agree ? "bad" : "");
}

std::string what_cell(const parity_case& c) {
  std::string text = "<td class=\"what\"><div><span class=\"id\">" + escape_html(c.id) +
                     "</span> <span class=\"why\">" + escape_html(c.text) + "</span>";
  const auto add = [&text](const std::string& reason) {
    text += "<div class=\"reason\">" + escape_html(reason) + "</div>";
  };
  if (!c.reason().empty()) add(c.reason());
  for (const parity_result& r : c.results)
    if (!c.agree && r.documented.empty()) add(std::string(r.backend->name) + ": " + explain(r.error));
  return text + "</div></td>";
}

std::string case_table(const parity_table& t, bool in_corpus) {
  std::string text = "<table class=\"cases\">\n<thead><tr><th>case and reason<th>expected";
  for (const tls::backend_entry* b : t.backends) text += "<th>" + escape_html(b->name);
  text += "<th></tr></thead>\n<tbody>\n";
  for (const parity_case& c : t.cases) {
    if (c.in_corpus != in_corpus) continue;
    text += "<tr>" + what_cell(c) + td("expected", c.expected == tls::errc::success ? "accepted" : name(c.expected));
    for (const parity_result& r : c.results) text += result_cell(r, c);
    text += td("verdict", c.label(), !c.is_judged() ? "note" : c.good ? "good" : "bad") + "</tr>\n";
  }
  return text + "</tbody></table>\n";
}

}  // namespace

std::string parity_page(const parity_table& t) {
  std::string page(head);
  page += "<h1>plugtls parity</h1>\n<p class=\"verdict" + std::string(t.good() ? "" : " bad") + "\">" +
          escape_html(t.verdict()) + "</p>\n<ul>\n";
  for (const tls::backend_entry* b : t.backends)
    page += "<li>" + escape_html(b->name) + ": " + escape_html(b->library().text) + "</li>\n";
  page +=
      "</ul>\n<h2>Every client with every server</h2>\n<table "
      "class=\"pairs\">\n<thead><tr><th>client<th>server<th>version"
      "<th>cipher suite<th>handshake<th></tr></thead>\n<tbody>\n";
  for (const parity_pair& p : t.pairs) {
    page += "<tr>" + td("client", p.client->name) + td("server", p.server->name) + td("version", tls::name(p.version)) +
            td("cipher suite", tls::name(p.suite)) + td("handshake", milliseconds_text(p.handshake_us)) +
            td("result", p.error ? explain(p.error) : "ok", p.error ? "bad" : "good") + "</tr>\n";
  }
  page += "</tbody></table>\n<h2>What must fail, and how it fails</h2>\n" + case_table(t, false);
  if (!t.cases.empty() && t.cases.back().in_corpus)
    page += "<h2>Certificates, without a connection</h2>\n" + case_table(t, true);
  return page + "</html>\n";
}

}  // namespace cli
