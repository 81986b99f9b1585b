// SPDX-License-Identifier: BSL-1.0
#include "client_hello.hpp"

using namespace plugtls;
using namespace plugtls_test;

TEST_CASE("groups: those with ML-KEM have names, and are offered and agreed on, or refused") {
  constexpr named_group hybrids[] = {named_group::x25519mlkem768, named_group::secp256r1mlkem768,
                                     named_group::secp384r1mlkem1024};
  for (const named_group group : hybrids) {
    CAPTURE(name(group));
    CHECK(named_group_from_name(name(group)) == group);
    client_settings c = client_defaults();
    server_settings s = server_defaults();
    c.groups = {group, named_group::x25519};
    s.groups = {group, named_group::x25519};
    if (!default_backend::supports(group)) {
      CHECK(refusal(c) == errc::unsupported);
      CHECK(refusal(s) == errc::unsupported);
      continue;
    }
    CHECK(hello_of(c).groups == numbers(c.groups));
    connection hybrid(c, s);
    hybrid.connect();
    CHECK(hybrid.client.engine.group() == group);
    CHECK(hybrid.server.engine.group() == group);
    connection plain(c, server_defaults());  // a server without them takes the other
    plain.connect();
    CHECK(plain.client.engine.group() == named_group::x25519);
  }
  CHECK(default_backend::supports(named_group::x25519mlkem768) == has<default_backend, capability::x25519mlkem768>);
}
