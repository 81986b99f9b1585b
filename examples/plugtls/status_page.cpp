// SPDX-License-Identifier: BSL-1.0
#include <plugtls/unix_time.hpp>

#include "serve_modes.hpp"

namespace cli {

namespace {

struct line {
  std::string_view label;
  std::string value;
};

std::string or_dash(std::string text) { return text.empty() ? "-" : text; }

std::vector<line> connection_lines(server_stream& stream, const connection_report& r) {
  return {{"version", std::string(tls::name(r.version))},
          {"cipher suite", std::string(tls::name(r.suite))},
          {"group", std::string(tls::name(r.group))},
          {"signature scheme", std::string(tls::name(r.scheme))},
          {"application protocol", r.alpn},
          {"server name", std::string(stream.server_name())},
          {"resumed", r.resumed ? "yes" : "no"}};
}
std::vector<line> server_lines(const connection_report& r) {
  return {{"backend", std::string(r.backend->name)}, {"library", r.backend->library().text}};
}
std::vector<line> client_lines(server_stream& stream) {
  const tls::certificate* c = stream.peer_certificate();
  if (c == nullptr) return {{"client certificate", "none"}};
  return {{"client certificate", c->subject().oneline()},
          {"issuer", c->issuer().oneline()},
          {"valid until", tls::to_rfc3339(c->not_after())},
          {"SHA-256", c->sha256_hex()}};
}

constexpr std::string_view head = R"(<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; img-src data:">
<link rel="icon" href="data:,">
<title>plugtls</title>
<style>
:root { color-scheme: light dark; --back: #f4f5f7; --card: #fff; --text: #1c2430; --quiet: #5a6575; --line: #dfe3e8;
  --good: #14633c; --good-back: #dcf3e5; }
@media (prefers-color-scheme: dark) { :root { --back: #12161c; --card: #1b212a; --text: #e6eaf0; --quiet: #9aa6b5;
  --line: #2e3743; --good: #8fe0b2; --good-back: #173527; } }
* { box-sizing: border-box; }
body { margin: 0; padding: 2rem 1rem; background: var(--back); color: var(--text); font: 1rem/1.5 system-ui, sans-serif; }
main { max-width: 44rem; margin: 0 auto; }
h1 { font-size: 1.6rem; margin: 0 0 .5rem; }
p { margin: 0 0 1.5rem; color: var(--quiet); }
p b { color: var(--good); background: var(--good-back); border-radius: 1rem; padding: .2rem .7rem; margin-right: .4rem; }
section { background: var(--card); border: 1px solid var(--line); border-radius: .6rem; margin-bottom: 1rem;
  padding: .4rem 1.2rem; }
h2 { font-size: .8rem; letter-spacing: .06em; text-transform: uppercase; color: var(--quiet); margin: .8rem 0 .2rem; }
dl { margin: 0; }
dl > div { display: flex; gap: 1rem; padding: .5rem 0; border-top: 1px solid var(--line); }
dl > div:first-child { border-top: 0; }
dt { flex: 0 0 11rem; color: var(--quiet); }
dd { margin: 0; min-width: 0; overflow-wrap: anywhere; font-family: ui-monospace, monospace; font-size: .95rem; }
@media (max-width: 34rem) { dl > div { display: block; } body { padding: 1.2rem .7rem; } }
</style>
<main>
)";

void put_section(std::string& page, std::string_view title, const std::vector<line>& lines) {
  page += "<section><h2>" + std::string(title) + "</h2><dl>\n";
  for (const line& l : lines)
    page += "<div><dt>" + std::string(l.label) + "</dt><dd>" + escape_html(or_dash(l.value)) + "</dd></div>\n";
  page += "</dl></section>\n";
}

}  // namespace

std::string status_text(server_stream& stream, const connection_report& r) {
  std::string text;
  for (const auto& lines : {server_lines(r), connection_lines(stream, r), client_lines(stream)})
    for (const line& l : lines) text += std::string(l.label) + ": " + one_line(or_dash(l.value)) + "\n";
  return text;
}

std::string status_page(server_stream& stream, const connection_report& r) {
  std::string page(head);
  page += "<h1>plugtls</h1>\n<p><b>" + escape_html(tls::name(r.version)) +
          "</b> This connection is encrypted; here is what was negotiated.</p>\n";
  put_section(page, "Connection", connection_lines(stream, r));
  put_section(page, "Client", client_lines(stream));
  put_section(page, "Server", server_lines(r));
  return page + "</main>\n</html>\n";
}

}  // namespace cli
