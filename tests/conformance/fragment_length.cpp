// SPDX-License-Identifier: BSL-1.0
#include "client_hello.hpp"

using namespace plugtls;
using namespace plugtls_test;

namespace fragment_tests {

constexpr unsigned max_fragment_length = 1;  // the extension's number

constexpr bool can_ask_in(tls_version v) {
  return has<default_backend, capability::max_fragment_length> &&
         (v == tls_version::tls1_2 || has<default_backend, capability::max_fragment_length_tls1_3>);
}

inline client_settings asking_for(std::size_t length, tls_version v) {
  client_settings s = with_version(client_defaults(), v);
  s.max_fragment_length = length;
  return s;
}

// Lengths of the records on the wire, of one type.
inline std::size_t longest_record(std::string_view wire, char type) {
  std::size_t longest = 0;
  while (wire.size() >= 5) {
    const std::size_t size = static_cast<std::size_t>(static_cast<unsigned char>(wire[3])) << 8 |
                             static_cast<std::size_t>(static_cast<unsigned char>(wire[4]));
    if (wire[0] == type && size > longest) longest = size;
    REQUIRE(wire.size() >= 5 + size);
    wire.remove_prefix(5 + size);
  }
  return longest;
}

}  // namespace fragment_tests
using namespace fragment_tests;

TEST_CASE("rule 12: max_fragment_length and max_fragment_length_tls1_3") {
  CHECK_FALSE(hello_of(client_defaults()).has(max_fragment_length));
  for (const tls_version v : versions()) {
    for (const std::size_t length : {512U, 1024U, 2048U, 4096U}) {
      CAPTURE(name(v), length);
      if (!can_ask_in(v)) {
        CHECK(refusal(asking_for(length, v)) == errc::unsupported);
        continue;
      }
      CHECK(hello_of(asking_for(length, v)).has(max_fragment_length));
      connection c(asking_for(length, v));
      c.client.outgoing = pattern(30000, 1);
      c.server.outgoing = pattern(30000, 2);
      c.connect();
      CHECK(c.client.incoming == c.server.outgoing);
      CHECK(c.server.incoming == c.client.outgoing);
      for (const auto* end : {&c.client, &c.server}) {
        const std::size_t longest = longest_record(end->tap, 23);
        CHECK(longest <= length + 32);
        CHECK(longest > length / 2);
      }
    }
  }
  client_settings wide = client_defaults();
  wide.max_fragment_length = 512;
  if (can_ask_in(versions().back()))
    make_client(wide);
  else
    CHECK(refusal(wide) == errc::unsupported);  // not even where TLS 1.2 could be agreed on
}

TEST_CASE("max_fragment_length: only what RFC 6066 has is taken") {
  for (const std::size_t length : {1U, 256U, 511U, 513U, 3000U, 8192U, 16384U})
    CHECK(refusal(asking_for(length, tls_version::tls1_2)) == errc::invalid_argument);
}

TEST_CASE("max_fragment_length: a smaller limit.max_record_size still counts") {
  for (const tls_version v : versions()) {
    if (!can_ask_in(v)) continue;
    client_settings s = asking_for(4096, v);
    s.limit.max_record_size = 600;
    connection c(s);
    c.client.outgoing = c.server.outgoing = pattern(30000, 1);
    c.connect();
    CHECK(longest_record(c.client.tap, 23) <= 600 + 32);
    CHECK(longest_record(c.server.tap, 23) > 3000);
  }
}
