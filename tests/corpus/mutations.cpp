// SPDX-License-Identifier: BSL-1.0
#include <map>

#include "support/any_pair.hpp"

using namespace plugtls;
using namespace plugtls_test;

// TLS 1.2 sends certificates in plaintext, so that a test in the middle can change them: every backend must refuse each
// change, before it asks the callback where the bytes do not parse any more, and all must say the same.

namespace {

struct verdict {
  errc error;
  int calls;
  std::string what;
};

verdict judge(const backend_entry& b, const std::string& from, std::size_t at, unsigned char flip) {
  int calls = 0;
  client_settings c = with_version(client_defaults(), tls_version::tls1_2);
  c.on_verify = [&calls](const verify_context&) { return ++calls > 0; };
  any_pair p(make_client(b, c), make_server(b, with_version(server_defaults(), tls_version::tls1_2)));
  p.client.step();
  carry(p.client, p.server);
  p.server.step();
  std::string flight(as_text(p.server.port.output()));
  const std::size_t leaf = flight.find(from);
  REQUIRE(leaf != std::string::npos);
  flight[leaf + at] = static_cast<char>(static_cast<unsigned char>(flight[leaf + at]) ^ flip);
  CHECK(p.client.port.feed(as_bytes(flight)));
  p.client.step();
  return {p.client.handshake_error, calls, explain(p.client.engine.error())};
}

}  // namespace

TEST_CASE("a byte of the server's certificate that is changed on the way is refused, by all alike") {
  const identity id = server_identity();
  const std::string leaf(as_text(id.chain().front().der()));
  std::size_t different = 0;
  for (std::size_t at = 0; at < leaf.size(); at += 7) {
    const unsigned char flip = at % 3 == 0 ? 0x01 : at % 3 == 1 ? 0x80 : 0x10;
    std::map<errc, int> verdicts;
    std::string said;
    for (const backend_entry& b : registered_backends()) {
      CAPTURE(at, b.name);
      const verdict v = judge(b, leaf, at, flip);
      INFO(v.what);
      CHECK(v.error != errc::success);
      CHECK(is_verification(v.error));
      CHECK(v.calls == (v.error == errc::malformed_certificate ? 0 : 1));
      ++verdicts[v.error];
      said += std::string(b.name) + ": " + v.what + "\n";
    }
    if (verdicts.size() == 1) continue;
    ++different;
    UNSCOPED_INFO(at << "\n" << said);
  }
  CHECK(different == 0);
}
