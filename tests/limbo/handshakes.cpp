// SPDX-License-Identifier: BSL-1.0
// Judges chains in real handshakes: takes the lines of `plugtls verify --batch`, each with the leaf's key besides, has
// a peer present those very bytes to every backend, and answers each line with what every one said.
#include <iostream>
#include <nlohmann/json.hpp>
#include <test_pki.hpp>

#include "native/presenter.hpp"
#include "plugtls/any.hpp"
#include "plugtls/certificate.hpp"
#include "plugtls/pem.hpp"
#include "plugtls/rfc3339.hpp"
#include "support/drive.hpp"

namespace {

using namespace plugtls;
using namespace plugtls_test;
using json = nlohmann::json;

struct request {
  explicit request(const json& o)
      : key(o["key"]),
        name(o["name"].is_string() ? o["name"].get<std::string>() : ""),
        is_server(o["purpose"] == "server") {
    add(o["leaf"]);
    for (const json& pem : o["intermediates"]) add(pem);
    for (const json& pem : o["trust"]) {
      error_info info;
      if (const errc e = trust.add(as_bytes(pem.get_ref<const std::string&>()), info); e != errc::success)
        setup_error = e;
    }
    for (const json& pem : o["crls"]) {
      error_info info;
      if (const errc e = trust.add_crls(as_bytes(pem.get_ref<const std::string&>()), info); e != errc::success)
        setup_error = e;
    }
    if (o["max_depth"].is_number()) limit.max_intermediates = o["max_depth"];
    if (!o["time"].is_string()) return;
    unix_time moment = 0;
    from_rfc3339(o["time"].get<std::string>(), moment);
    clock = [moment] { return moment; };
  }

  void add(const std::string& pem) {
    std::vector<byte_vector> ders;
    load_certificate_bytes(as_bytes(pem), ders);
    for (const byte_vector& der : ders) chain.emplace_back(as_text(der));
  }

  std::vector<std::string> chain;
  std::string key, name;
  bool is_server;
  errc setup_error = errc::success;
  trust_store trust = trust_store::none();
  limits limit;
  verify_clock clock;
};

any_context make_judge(const request& r, const backend_entry& backend, tls_version v, error_info& info) {
  if (r.is_server) {
    client_settings s;
    s.min_version = s.max_version = v;
    s.trust = r.trust;
    s.limit = r.limit;
    s.clock = r.clock;
    s.insecure_skip_name = r.name.empty();
    return backend.client(s, info);
  }
  server_settings s;
  s.min_version = s.max_version = v;
  s.trust = r.trust;
  s.limit = r.limit;
  s.clock = r.clock;
  s.verify = verify_mode::required;
  s.identities = {identity::from_pem(test_pki::server_chain, test_pki::server_key, info)};
  return backend.server(s, info);
}

// Null where there is nobody to present the chain.
json judge(const request& r, const backend_entry& backend, tls_version v) {
  error_info info;
  if (r.setup_error != errc::success) return name(r.setup_error);
  const any_context context = make_judge(r, backend, v, info);
  if (!context) return name(info.code);
  presenter peer(r.is_server ? role::server : role::client, r.chain, r.key, v);
  if (!peer.ready()) return nullptr;
  endpoint<any_engine> e(r.is_server ? any_engine(context, r.name) : any_engine(context));
  for (int round = 0; round < 40 && !e.up() && e.handshake_error == errc::success; ++round) {
    e.step();
    const std::string sent(as_text(e.port.output()));
    e.port.consume_output(sent.size());
    std::string answer = peer.step(sent);
    if (!e.port.feed(as_bytes(answer))) return "the answer is too long";
  }
  if (e.up()) return "success";
  if (e.handshake_error == errc::success) return peer.failed() ? json() : json("stuck");  // a message too long for it
  return name(e.handshake_error);
}

}  // namespace

int main() {
  for (std::string line; std::getline(std::cin, line);) {
    const json object = json::parse(line);
    const request r(object);
    json answer{{"id", object["id"]}, {"verdicts", json::object()}};
    for (const backend_entry& backend : registered_backends())
      for (const tls_version v : {tls_version::tls1_2, tls_version::tls1_3})
        if (presenter::speaks(v) && (v == tls_version::tls1_2 || backend.capabilities.has(capability::tls1_3)))
          answer["verdicts"][std::string(backend.name)][std::string(name(v))] = judge(r, backend, v);
    std::cout << answer.dump() << '\n';
  }
}
