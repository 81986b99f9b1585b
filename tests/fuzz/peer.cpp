// SPDX-License-Identifier: BSL-1.0
// A peer of any bytes, for a client and a server of the chosen backend: each ends in an error that has a name, or waits
// for more; neither connects.
#include <plugtls/backend.hpp>
#include <plugtls/buffer_port.hpp>
#include <plugtls/engine.hpp>
#include <test_pki.hpp>

#include "fuzz.hpp"

using namespace plugtls_fuzz;

namespace {

const context& client_context(bool asks_for_staple) {
  static const auto make = [](bool asks) {
    return context::client({.trust = trust_store::from_memory(test_pki::root), .revocation = {.staple = asks}});
  };
  static const context plain = make(false), asking = make(has<default_backend, capability::ocsp_stapling>);
  return asks_for_staple ? asking : plain;
}
const context& server_context(bool chooses) {
  static const auto make = [](bool by_name) {
    server_settings s{.identities = {identity::from_pem(test_pki::server_chain, test_pki::server_key)}};
    if (by_name)
      s.names = {{"other.plugtls.test", {identity::from_pem(test_pki::wrong_name_chain, test_pki::wrong_name_key)}}};
    return context::server(s);
  };
  static const context plain = make(false), choosing = make(true);
  return chooses ? choosing : plain;
}

void meet(engine e, byte_view all) {
  buffer_port port;
  parts input(all);
  for (int i = 0; i < 64; ++i) {
    const engine_result r = e.handshake(port);
    require(r.status != engine_status::done, "no bytes of chance make a handshake");
    if (r.status == engine_status::failed) {
      require(r.error != errc::success && e.error().code == r.error, "an error has a name");
      return;
    }
    port.consume_output(port.output().size());
    if (input.empty()) break;
    const byte_view next = input.next();
    if (!port.feed(next)) return;
  }
  port.ended = true;
  for (int i = 0; i < 4; ++i)
    if (e.handshake(port).status == engine_status::failed) return;
  require(false, "the end of the stream ends a handshake");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const byte_view all = bytes_of(data, size);
  if (all.empty()) return 0;
  const auto choice = static_cast<unsigned>(all.front());
  const context& own = choice % 2 != 0 ? server_context(choice / 2 % 2 != 0) : client_context(choice / 2 % 2 != 0);
  meet(choice % 2 != 0 ? engine(own) : engine(own, "plugtls.test"), all.subspan(1));
  return 0;
}
