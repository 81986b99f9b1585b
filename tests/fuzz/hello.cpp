// SPDX-License-Identifier: BSL-1.0
// The observer of plaintext handshakes: what it learns, and what it takes out, does not depend on how the bytes were
// chopped.
#include "fuzz.hpp"
#include "plugtls/detail/handshake_observer.hpp"
#include "support/observed.hpp"

using namespace plugtls_fuzz;

namespace {

using detail::handshake_observer;

// What the observer leaves of these bytes; nothing of its own.
byte_vector feed(handshake_observer& o, byte_view bytes, bool is_sent, std::size_t step) {
  if (!is_sent) return plugtls_test::see_received(o, bytes, step);
  plugtls_test::see_sent(o, bytes, step);
  return {};
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  parts input(bytes_of(data, size));
  const unsigned choice = input.byte();
  const role own = choice % 2 != 0 ? role::server : role::client;
  const byte_view first = input.next(), second = input.rest();
  static constexpr named_group groups[] = {named_group::x25519, named_group::secp256r1};
  handshake_observer whole(own, groups), chopped(own, groups);
  byte_vector left[2];
  for (handshake_observer* o : {&whole, &chopped}) {
    const std::size_t step = o == &whole ? size + 1 : 1 + choice / 2 % 7;
    byte_vector& of_this = left[o == &whole ? 0 : 1];
    of_this = feed(*o, first, own == role::client, step);
    const byte_vector more = feed(*o, second, own == role::server, step);
    of_this.insert(of_this.end(), more.begin(), more.end());
  }
  if (whole.fault() == detail::flight_fault::none) require(left[0] == left[1], "the same bytes");
  require(whole.fault() == chopped.fault(), "the same fault");
  const auto &a = whole.facts(), &b = chopped.facts();
  require(a.version == b.version && a.suite == b.suite && a.group == b.group && a.scheme == b.scheme,
          "the same values");
  require(a.server_name == b.server_name && a.shares_group == b.shares_group, "the same offer");
  require(a.client_hello_seen == b.client_hello_seen && a.offers_1_2 == b.offers_1_2 && a.offers_1_3 == b.offers_1_3,
          "the same versions");
  require(whole.not_tls() == chopped.not_tls() && whole.largest_message() == chopped.largest_message(),
          "the same sizes");
  require(whole.alert_received() == chopped.alert_received() && whole.alert_sent() == chopped.alert_sent(),
          "the same alerts");
  require(a.server_name.size() <= 255, "a name that can be one");
  return 0;
}
