// SPDX-License-Identifier: BSL-1.0
#include "plugtls/ip_address.hpp"

#include "support/catch.hpp"

using namespace plugtls;

TEST_CASE("addresses have the one spelling of RFC 5952") {
  struct sample {
    const char* text;
    const char* spelling;
    const char* bytes;
  };
  const sample samples[] = {
      {"127.0.0.1", "127.0.0.1", "7f000001"},
      {"0.0.0.0", "0.0.0.0", "00000000"},
      {"255.255.255.255", "255.255.255.255", "ffffffff"},
      {"::", "::", "00000000000000000000000000000000"},
      {"::1", "::1", "00000000000000000000000000000001"},
      {"1::", "1::", "00010000000000000000000000000000"},
      {"2001:DB8::00A0:1", "2001:db8::a0:1", "20010db8000000000000000000a00001"},
      {"2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1", "20010db8000000010001000100010001"},
      {"2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1", "20010db8000000000001000000000001"},
      {"2001:0:0:1:0:0:0:1", "2001:0:0:1::1", "20010000000000010000000000000001"},
      {"1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0", "00010002000300040005000600070000"},
      {"::2:3:4:5:6:7:8", "0:2:3:4:5:6:7:8", "00000002000300040005000600070008"},
      {"::ffff:192.0.2.1", "::ffff:192.0.2.1", "00000000000000000000ffffc0000201"},
      {"::ffff:c000:201", "::ffff:192.0.2.1", "00000000000000000000ffffc0000201"},
      {"64:ff9b::192.0.2.33", "64:ff9b::c000:221", "0064ff9b0000000000000000c0000221"},
      {"1:2:3:4:5:6:1.2.3.4", "1:2:3:4:5:6:102:304", "00010002000300040005000601020304"},
      {"::1.2.3.4", "::102:304", "00000000000000000000000001020304"},
  };
  for (const sample& s : samples) {
    CAPTURE(s.text);
    const auto address = ip_address::parse(s.text);
    REQUIRE(address);
    CHECK(address->to_string() == s.spelling);
    CHECK(detail::to_hex(address->bytes()) == s.bytes);
    CHECK(address->is_v4() != address->is_v6());
    const auto again = ip_address::from_bytes(address->bytes());
    REQUIRE(again);
    CHECK(*again == *address);
    CHECK(ip_address::parse(s.spelling) == *address);
  }
}

TEST_CASE("other text is no address") {
  for (const std::string_view text : {"",
                                      ".",
                                      "1",
                                      "1.2.3",
                                      "1.2.3.4.",
                                      "1.2.3.4.5",
                                      "256.1.1.1",
                                      "01.2.3.4",
                                      "1.2.3.00",
                                      "1.2.3.4 ",
                                      " 1.2.3.4",
                                      "1..2.3",
                                      "0x7f.0.0.1",
                                      "-1.2.3.4",
                                      "1.2.3.+4",
                                      ":",
                                      ":::",
                                      "1::2::3",
                                      "1:2:3:4:5:6:7",
                                      "1:2:3:4:5:6:7:8:9",
                                      "1:2:3:4:5:6:7:8::",
                                      "::1:2:3:4:5:6:7:8",
                                      "12345::",
                                      "g::",
                                      "fe80::1%eth0",
                                      "[::1]",
                                      "::1]",
                                      ":1",
                                      "1:",
                                      "1:2:",
                                      "::1.2.3",
                                      "::1.2.3.4.5",
                                      "1.2.3.4::",
                                      "1:2:3:4:5:6:7:1.2.3.4",
                                      "::1/128",
                                      "localhost"}) {
    CAPTURE(text);
    CHECK_FALSE(ip_address::parse(text));
  }
  CHECK_FALSE(ip_address::parse(std::string_view("1.2.3.4\0", 8)));
}

TEST_CASE("only 4 and 16 bytes are an address") {
  const std::byte bytes[20]{};
  for (std::size_t n = 0; n <= 20; ++n) CHECK(ip_address::from_bytes({bytes, n}).has_value() == (n == 4 || n == 16));
}

TEST_CASE("an IPv4 address and its IPv6 mapping are different addresses") {
  CHECK_FALSE(ip_address::parse("192.0.2.1") == ip_address::parse("::ffff:192.0.2.1"));
}
