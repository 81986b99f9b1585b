// SPDX-License-Identifier: BSL-1.0
#include "plugtls/detail/der.hpp"

#include "support/catch.hpp"

using namespace plugtls;
namespace der = plugtls::detail::der;
using namespace std::string_view_literals;

namespace {

// Views of literals: the bytes live as long as the program.
byte_view bytes(std::string_view literal) { return as_bytes(literal); }

bool one(std::string_view literal) {
  der::reader r(bytes(literal));
  der::element e;
  return r.next(e) && r.at_end();
}

}  // namespace

TEST_CASE("elements are taken apart") {
  der::reader r(bytes("\x30\x03\x02\x01\x05\x05\x00"sv));
  der::element e;
  CHECK(r.next_is(der::tag::sequence));
  CHECK_FALSE(r.next(der::tag::integer, e));  // another tag: nothing is taken
  REQUIRE(r.next(der::tag::sequence, e));
  CHECK(as_text(e.value) == "\x02\x01\x05"sv);
  CHECK(as_text(e.raw) == "\x30\x03\x02\x01\x05"sv);
  byte_view value;
  REQUIRE(r.next(der::tag::null, value));
  CHECK(value.empty());
  CHECK(r.at_end());
  CHECK_FALSE(r.next(e));
}

TEST_CASE("lengths are definite, minimal and inside the input") {
  CHECK(one("\x04\x00"sv));
  CHECK_FALSE(one(""sv));
  CHECK_FALSE(one("\x04"sv));
  CHECK_FALSE(one("\x04\x01"sv));
  CHECK_FALSE(one("\x30\x80\x00\x00"sv));          // indefinite
  CHECK_FALSE(one("\x04\x81\x01x"sv));             // long form where the short one does
  CHECK_FALSE(one("\x04\x81"sv));                  // length of the length is cut
  CHECK_FALSE(one("\x04\x82\x00\x80"sv));          //
  CHECK_FALSE(one("\x04\x84\xff\xff\xff\xff"sv));  // far more than there is
  CHECK_FALSE(one("\x04\x85\x00\x00\x00\x00\x01x"sv));
  CHECK_FALSE(one("\x04\xff"sv));
  CHECK_FALSE(one("\x1f\x81\x00\x00"sv));  // tag of several bytes
  const std::string long_one = "\x04\x81\x80" + std::string(128, 'x');
  CHECK(one(long_one));
  const std::string longer = std::string("\x04\x82\x01\x00", 4) + std::string(256, 'x');
  CHECK(one(longer));
  CHECK_FALSE(one(std::string_view(longer).substr(0, longer.size() - 1)));
  const std::string padded = std::string("\x04\x82\x00\x80", 4) + std::string(128, 'x');
  CHECK_FALSE(one(padded));
}

TEST_CASE("booleans are 00 or ff") {
  bool value = false;
  CHECK((der::read_boolean(bytes("\xff"sv), value) && value));
  CHECK((der::read_boolean(bytes("\x00"sv), value) && !value));
  CHECK_FALSE(der::read_boolean(bytes("\x01"sv), value));
  CHECK_FALSE(der::read_boolean(bytes(""sv), value));
  CHECK_FALSE(der::read_boolean(bytes("\xff\xff"sv), value));
}

TEST_CASE("integers are minimal") {
  std::uint32_t value = 7;
  CHECK((der::read_unsigned(bytes("\x00"sv), value) && value == 0));
  CHECK((der::read_unsigned(bytes("\x7f"sv), value) && value == 127));
  CHECK((der::read_unsigned(bytes("\x00\x80"sv), value) && value == 128));
  CHECK((der::read_unsigned(bytes("\x00\xff\xff\xff\xff"sv), value) && value == UINT32_MAX));
  CHECK((der::read_unsigned(bytes("\x01\x00\x00\x00\x00"sv), value) && value == UINT32_MAX));  // does not fit
  CHECK_FALSE(der::read_unsigned(bytes("\x80"sv), value));                                     // negative
  CHECK_FALSE(der::read_unsigned(bytes(""sv), value));
  CHECK_FALSE(der::read_unsigned(bytes("\x00\x7f"sv), value));
  CHECK_FALSE(der::is_integer(bytes("\xff\x80"sv)));
  CHECK(der::is_integer(bytes("\xff\x7f"sv)));
  byte_view magnitude;
  REQUIRE(der::read_unsigned(bytes("\x00\xff\x01"sv), magnitude));
  CHECK(as_text(magnitude) == "\xff\x01"sv);
}

TEST_CASE("bit strings have zero unused bits") {
  byte_view value;
  unsigned unused = 0;
  CHECK((der::read_bit_string(bytes("\x03\xa8"sv), value, unused) && unused == 3 && value.size() == 1));
  CHECK((der::read_bit_string(bytes("\x00"sv), value, unused) && value.empty()));
  CHECK_FALSE(der::read_bit_string(bytes(""sv), value, unused));
  CHECK_FALSE(der::read_bit_string(bytes("\x01"sv), value, unused));
  CHECK_FALSE(der::read_bit_string(bytes("\x08\x00"sv), value, unused));
  CHECK_FALSE(der::read_bit_string(bytes("\x03\xaf"sv), value, unused));
  CHECK_FALSE(der::read_bit_string(bytes("\x03\xa8"sv), value));  // not whole bytes
}

TEST_CASE("object identifiers are written with dots") {
  CHECK(der::oid_text(bytes("\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0b"sv)) == "1.2.840.113549.1.1.11");
  CHECK(der::oid_text(bytes("\x55\x1d\x11"sv)) == "2.5.29.17");
  CHECK(der::oid_text(bytes("\x00"sv)) == "0.0");
  CHECK(der::oid_text(bytes("\x27"sv)) == "0.39");
  CHECK(der::oid_text(bytes("\x4f"sv)) == "1.39");
  CHECK(der::oid_text(bytes("\x88\x37"sv)) == "2.999");
  CHECK_FALSE(der::is_oid(bytes(""sv)));
  CHECK_FALSE(der::is_oid(bytes("\x86"sv)));          // cut inside an arc
  CHECK_FALSE(der::is_oid(bytes("\x2a\x80\x01"sv)));  // an arc with a leading zero
  CHECK(der::oid_text(bytes("\x2a\x86"sv)).empty());
  CHECK(der::oid_text(bytes("\x2a\xff\xff\xff\xff\xff\xff\xff\xff\xff\x7f"sv)).empty());  // beyond 64 bits
}

TEST_CASE("times exist, and are written in the one way of RFC 5280") {
  const auto read = [](der::tag_type tag, std::string_view text) {
    unix_time t = -1;
    return der::read_time(tag, as_bytes(text), t) ? t : -1;
  };
  CHECK(read(der::tag::utc_time, "200101000000Z") == 1577836800);
  CHECK(read(der::tag::utc_time, "491231235959Z") == 2524607999);
  CHECK(read(der::tag::utc_time, "500101000000Z") == to_unix_time({1950, 1, 1, 0, 0, 0}));
  CHECK(read(der::tag::generalized_time, "20500101000000Z") == 2524608000);
  CHECK(read(der::tag::generalized_time, "99991231235959Z") == detail::latest_time);
  for (const std::string_view bad :
       {"201301000000Z", "200132000000Z", "200100000000Z", "200001000000Z", "210229000000Z", "200101240000Z",
        "200101006000Z", "200101000060Z", "2001010000Z", "200101000000", "200101000000+0000", "200101000000z",
        "20010100000 Z", "", "Z", "-00101000000Z", "20200101000000Z"}) {
    CAPTURE(bad);
    CHECK(read(der::tag::utc_time, bad) == -1);
  }
  for (const std::string_view bad : {"20201301000000Z", "20200101000000.5Z", "202001010000Z", "20200101000000",
                                     "20200101000000+0000", "200101000000Z"}) {
    CAPTURE(bad);
    CHECK(read(der::tag::generalized_time, bad) == -1);
  }
  CHECK(read(der::tag::integer, "20200101000000Z") == -1);
}
