// SPDX-License-Identifier: BSL-1.0
#include <stdexcept>

#include "null_backend.hpp"
#include "plugtls/any.hpp"
#include "support/catch.hpp"
#include "support/pki.hpp"

using namespace plugtls;
using namespace plugtls_test;

namespace {

using null_context = basic_context<null_backend>;

null_context client(const client_settings& s = client_defaults()) {
  error_info info;
  return null_context::client(s, info);
}
null_context server(const server_settings& s = mutual_defaults()) {
  error_info info;
  return null_context::server(s, info);
}

std::vector<certificate> chain(std::string_view pem = pki::server_chain) {
  std::vector<certificate> all;
  CHECK(load_certificates(as_bytes(pem), all) == errc::success);
  return all;
}

const chain_options by_name{"plugtls.test", {}};

}  // namespace

TEST_CASE("verify_chain: a good chain is accepted, and its path ends at the anchor") {
  const chain_verdict v = client().verify_chain(chain(), by_name);
  CHECK(v.ok());
  CHECK(v.error.problems.empty());
  REQUIRE(v.path.size() == 3);
  CHECK(v.path.back() == chain(pki::root).front());
  const chain_verdict any = any_context(client()).verify_chain(chain(), by_name);
  CHECK(any.ok());
  CHECK(any.path.size() == 3);
}

TEST_CASE("verify_chain: problems lead and are listed, as for a connection") {
  const chain_verdict v = client().verify_chain(chain(pki::expired_chain), {"other.test", {}});
  CHECK_FALSE(v.ok());
  CHECK(v.error.code == errc::certificate_expired);
  CHECK(v.error.problems == problem_list{{errc::certificate_expired, 0}, {errc::hostname_mismatch, 0}});
  CHECK(explain(v).find("certificate_expired") == 0);
  CHECK(v.path.size() == 3);
  client_settings s = client_defaults();
  s.trust = trust_store::none();
  CHECK(client(s).verify_chain(chain()).error.code == errc::unknown_issuer);
}

TEST_CASE("verify_chain: what the library finds counts, and an adapter that never asks accepts nothing") {
  const null_scripted script;
  script->trusted = false;
  CHECK(client().verify_chain(chain()).error.code == errc::bad_certificate);
  script->problems = {{errc::revoked, 1}};
  CHECK(client().verify_chain(chain()).error.problems == problem_list{{errc::revoked, 1}});
  script->trusted = true;
  script->forgets_to_ask = true;
  CHECK(client().verify_chain(chain()).error.code == errc::bad_certificate);
  CHECK_FALSE(client().verify_chain(chain()).ok());
}

TEST_CASE("verify_chain: the name is checked exactly where one is given") {
  CHECK(client().verify_chain(chain()).ok());
  CHECK(client().verify_chain(chain(), {"other.test", {}}).error.code == errc::hostname_mismatch);
  CHECK(client().verify_chain(chain(), {"[::1]", {}}).ok());
  client_settings skip = client_defaults();
  skip.insecure_skip_name = true;
  CHECK(client(skip).verify_chain(chain(), {"other.test", {}}).error.code == errc::hostname_mismatch);
  CHECK(server().verify_chain(chain(pki::client_chain), {"other.test", {}}).error.code == errc::hostname_mismatch);
  for (const char* none : {"", "a b", "*.plugtls.test", "1.2.3"}) {
    const chain_verdict v = client().verify_chain(chain(), {none, {}});
    CHECK(v.error.code == errc::invalid_argument);
    CHECK(v.error.detail.find(none) != std::string::npos);
  }
}

TEST_CASE("verify_chain: the role decides about the purpose, unless one is given") {
  const std::vector<certificate> of_server = chain(), of_client = chain(pki::client_chain);
  CHECK(client().verify_chain(of_server).ok());
  CHECK(client().verify_chain(of_client).error.code == errc::invalid_purpose);
  CHECK(server().verify_chain(of_client).ok());
  CHECK(server().verify_chain(of_server).error.code == errc::invalid_purpose);
  CHECK(client().verify_chain(of_client, {{}, purpose::client_auth}).ok());
  CHECK(client().verify_chain(of_server, {{}, purpose::client_auth}).error.code == errc::invalid_purpose);
  CHECK(server().verify_chain(of_server, {{}, purpose::server_auth}).ok());
}

TEST_CASE("verify_chain: callbacks are asked once, see what a handshake's see, and their answer counts") {
  int calls = 0;
  bool answer = true;
  role own = role::server;
  std::string name;
  const verify_callback callback = [&](const verify_context& v) {
    ++calls;
    own = v.own;
    name = v.peer_name;
    return answer;
  };
  client_settings s = client_defaults();
  s.on_verify = callback;
  CHECK(client(s).verify_chain(chain(), by_name).ok());
  CHECK(calls == 1);
  CHECK(own == role::client);
  CHECK(name == "plugtls.test");
  client(s).verify_chain(chain(), {{}, purpose::client_auth});
  CHECK(own == role::server);
  CHECK(name.empty());
  CHECK(client(s).verify_chain(chain(pki::expired_chain)).error.code == errc::certificate_expired);
  answer = false;
  CHECK(client(s).verify_chain(chain()).error.code == errc::rejected_by_callback);
  s.on_verify = {};
  s.insecure_override = callback;
  CHECK(client(s).verify_chain(chain()).error.code == errc::rejected_by_callback);
  answer = true;
  CHECK(client(s).verify_chain(chain(pki::expired_chain)).ok());
}

TEST_CASE("verify_chain: what a callback or the clock throws comes out of the call") {
  client_settings s = client_defaults();
  s.on_verify = [](const verify_context&) -> bool { throw std::runtime_error("mine"); };
  CHECK_THROWS_WITH(client(s).verify_chain(chain()), "mine");
  s.on_verify = {};
  s.clock = []() -> unix_time { throw std::runtime_error("no clock"); };
  CHECK_THROWS_WITH(client(s).verify_chain(chain()), "no clock");
}

TEST_CASE("verify_chain: what does not parse, or is too much, does not reach the library nor the callback") {
  const null_scripted script;
  script->chains = 0;
  int calls = 0;
  client_settings s = client_defaults();
  s.on_verify = [&calls](const verify_context&) { return ++calls > 0; };
  const std::vector<certificate> good = chain();
  const byte_view broken = as_bytes("\x30\x02\x05x");
  const std::vector<byte_view> bad_leaf{broken, good[1].der()}, bad_extra{good[0].der(), good[1].der(), broken};
  CHECK(client(s).verify_chain(bad_leaf).error.problems == problem_list{{errc::malformed_certificate, 0}});
  CHECK(client(s).verify_chain(bad_extra).error.problems == problem_list{{errc::malformed_certificate, 2}});
  CHECK(client(s).verify_chain(std::vector<certificate>{}).error.code == errc::certificate_required);
  std::vector<certificate> many = good;
  while (many.size() < 9) many.push_back(good[1]);
  CHECK(script->chains == 0);
  CHECK(client(s).verify_chain(many).ok());
  CHECK(script->chains == 1);
  CHECK(calls == 1);
  many.push_back(good[1]);
  const chain_verdict v = client(s).verify_chain(many);
  CHECK(v.error.code == errc::handshake_too_large);
  CHECK(v.error.detail.find("limit.max_chain_length allows, which is 9") != std::string::npos);
  CHECK(script->chains == 1);
  CHECK(calls == 1);
}

TEST_CASE("verify_chain: a context that verifies nothing, or is empty, has no verdict") {
  client_settings none = client_defaults();
  none.insecure_no_verification = true;
  CHECK(client(none).verify_chain(chain()).error.code == errc::invalid_argument);
  CHECK(server(server_defaults()).verify_chain(chain()).error.code == errc::invalid_argument);
  CHECK(null_context().verify_chain(chain()).error.code == errc::invalid_argument);
  CHECK(any_context().verify_chain(chain()).error.code == errc::invalid_argument);
}

TEST_CASE("verify_chain: intermediates are limited by the settings") {
  client_settings s = client_defaults();
  s.limit.max_intermediates = 1;
  CHECK(client(s).verify_chain(chain()).ok());
  s.limit.max_intermediates = 0;
  CHECK(client(s).verify_chain(chain()).error.problems == problem_list{{errc::path_length_exceeded, 1}});
  s.limit.max_intermediates = -1;
  CHECK_FALSE(client(s));
}
