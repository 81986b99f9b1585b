// SPDX-License-Identifier: BSL-1.0
#include <sys/stat.h>

#include <nlohmann/json.hpp>
#include <plugtls/net/tcp.hpp>

#include "exchange.hpp"
#include "insight.hpp"
#include "settings.hpp"

namespace cli {

using tls::errc;

namespace {

struct cert_report {
  bool from_file = false;
  const tls::backend_entry* backend = nullptr;
  stage at = stage::setup;
  tls::error_info error;
  std::vector<tls::certificate> chain;
};

// A name with a colon is a server, unless it has a slash or is there as a file.
bool is_file(const std::string& target) {
  struct stat ignored {};
  return target.find(':') == std::string::npos || target.find('/') != std::string::npos ||
         ::stat(target.c_str(), &ignored) == 0;
}

void look_at_file(const std::string& path, cert_report& report) {
  const std::string text = read_file(path);
  report.at = stage::read;
  const errc e = tls::load_certificates(tls::as_bytes(text), report.chain);
  if (e != errc::success) refuse(e, "'" + path + "': " + std::string(describe(e)));
  report.at = stage::done;
}

tls::error_info describe_problems(const tls::verify_context& v) {
  tls::error_info info;
  info.problems = v.problems;
  const errc leads = leading(v.problems);
  for (const tls::problem& p : v.problems) {
    info.reasons.push_back(explain(p, v));
    if (info.code == errc::success && p.what == leads) info.set(leads, info.reasons.back());
  }
  return info;
}

// Everything is accepted, so that the chain can be shown; what verification says is the verdict.
void look_at_server(const cert_options& o, cert_report& report) {
  report.backend = &choose_backend(o.common.backend);
  const host_and_port target = parse_endpoint(o.target, "the server");
  const host_and_port place = o.connect ? parse_endpoint(*o.connect, "--connect") : target;
  const std::string name = o.name.value_or(target.host);
  const std::chrono::milliseconds timeout = parse_seconds(o.timeout, "--timeout");
  tls::client_settings settings = make_client_settings(o);
  settings.insecure_key_log = open_key_log(o.key_log, *report.backend);
  tls::error_info found;
  settings.insecure_override = [&found](const tls::verify_context& v) {
    found = describe_problems(v);
    return true;
  };
  tls::error_info info;
  const tls::any_context context = report.backend->client(settings, info);
  check(info);

  report.at = stage::connect;
  tls::connect_options options;
  options.connect_timeout = options.timeout = timeout;
  tls::fd_transport transport = tls::connect_tcp(place.host, place.port, info, options);
  check(info);
  report.at = stage::handshake;
  client_stream stream(context, std::move(transport), name);
  std::error_code ec;
  stream.handshake(ec);
  report.chain = stream.peer_chain();
  if (ec) {
    stream.next_layer().close_gracefully();
    throw tls::tls_error(stream.error());
  }
  stream.shutdown_send(ec);
  if (found) {
    report.error = found;
    return;
  }
  report.at = stage::done;
}

json to_json(const cert_report& r) {
  const bool verified = !r.from_file && (r.at == stage::done || !r.error.problems.empty());
  return {{"ok", !r.error},
          {"backend", r.backend ? json(r.backend->name) : json()},
          {"stage", name(r.at)},
          {"error", r.error ? json(tls::name(r.error.code)) : json()},
          {"problems", problems_json(r.error.problems)},
          {"detail", r.error ? json(one_line(explain(r.error))) : json()},
          {"verified", verified},
          {"chain", chain_json(r.chain)}};
}

}  // namespace

int run_cert(const cert_options& o) {
  cert_report report;
  report.from_file = is_file(o.target);
  try {
    if (!o.common.backend.empty()) choose_backend(o.common.backend);
    if (report.from_file)
      look_at_file(o.target, report);
    else
      look_at_server(o, report);
  } catch (const tls::tls_error& e) {
    report.error = e.info();
  }
  if (report.error) complain(report.error);
  if (o.common.json) {
    print_json(to_json(report));
  } else {
    std::string text;
    for (std::size_t i = 0; i < report.chain.size(); ++i) text += certificate_text(report.chain[i], i);
    const bool verified = report.at == stage::done || !report.error.problems.empty();
    if (!report.from_file && verified)
      text += report.error ? "verdict: " + one_line(explain(report.error)) + "\n" : std::string("verdict: ok\n");
    print(text);
  }
  return exit_status(report.error.code, report.at);
}

}  // namespace cli
