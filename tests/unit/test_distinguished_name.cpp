// SPDX-License-Identifier: BSL-1.0
#include "plugtls/distinguished_name.hpp"

#include "support/catch.hpp"
#include "support/certificate_maker.hpp"

using namespace plugtls;
using namespace plugtls_test;

namespace {

std::string unhex(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i + 1 < text.size(); i += 2)
    out += static_cast<char>(detail::hex_digit(text[i]) * 16 + detail::hex_digit(text[i + 1]));
  return out;
}

struct held {
  std::string der;
  distinguished_name name;
  explicit held(std::string bytes) : der(std::move(bytes)) {
    const auto parsed = distinguished_name::parse(as_bytes(der));
    REQUIRE(parsed);
    name = *parsed;
  }
  held(const held&) = delete;
  held& operator=(const held&) = delete;
};

bool equal(const std::string& a, const std::string& b) {
  const held left(a);
  const held right(b);
  CHECK((left.name == right.name) == (right.name == left.name));
  return left.name == right.name;
}

}  // namespace

// The DER of these names was made by the openssl command.
TEST_CASE("names are shown as RFC 4514 and by component") {
  const held n(
      unhex("30818b310b3009060355040613024742310f300d06035504080c064c6f6e646f6e3127300f060a0992268993f22c6401010c016230"
            "14060355040a0c0d536d6974682c204a6f6e6573203119301706035504030c10206c65616420616e6420747261696c20311a301806"
            "092a864886f70d010901160b6140622e6578616d706c65310b3009060355040513023432"));
  CHECK(n.name.oneline() ==
        "serialNumber=42,emailAddress=a@b.example,CN=\\ lead and trail\\ ,UID=b+O=Smith\\, Jones\\ ,ST=London,C=GB");
  const std::vector<name_component> expected = {{"C", "GB"},
                                                {"ST", "London"},
                                                {"UID", "b"},
                                                {"O", "Smith, Jones "},
                                                {"CN", " lead and trail "},
                                                {"emailAddress", "a@b.example"},
                                                {"serialNumber", "42"}};
  CHECK(n.name.components() == expected);
  CHECK(n.name.first("O") == "Smith, Jones ");
  CHECK(n.name.first("OU").empty());
}

TEST_CASE("texts of every encoding become UTF-8") {
  const held utf8(
      unhex("303a310b3009060355040613024445311a3018060355040a0c1142c3a4636b65726569204dc3bc6c6c6572310f300d06035504030c"
            "06e697a5e69cac"));
  CHECK(utf8.name.oneline() == "CN=\u65e5\u672c,O=B\u00e4ckerei M\u00fcller,C=DE");
  const held bmp(unhex(
      "3033310b300906035504061302474231153013060355040a1e0c004200e40063006b00650072310d300b06035504031e0465e5672c"));
  CHECK(bmp.name.oneline() == "CN=\u65e5\u672c,O=B\u00e4cker,C=GB");
  const held teletex(
      unhex("302d310b3009060355040613024742310f300d060355040a140642e4636b6572310d300b06035504031304526f6f74"));
  CHECK(teletex.name.oneline() == "CN=Root,O=B\u00e4cker,C=GB");
  CHECK(held(dn("\0\x01\xf6\0"s, 0x1c)).name.first("CN") == "\U0001f600");
}

TEST_CASE("text with characters that its type does not have is no name") {
  const auto parses = [](const std::string& value, unsigned tag = 0x0c) {
    return distinguished_name::parse(as_bytes(dn(value, tag))).has_value();
  };
  for (const std::string& bad : {"\xff"s, "\xc0"s, "\xe2"s, "\xf5"s, "\x80"s}) CHECK_FALSE(parses("a" + bad + "b"));
  CHECK_FALSE(parses("\xc0\xaf"s));          // overlong
  CHECK_FALSE(parses("\xed\xa0\x80"s));      // surrogate
  CHECK_FALSE(parses("\xf4\x90\x80\x80"s));  // beyond Unicode
  CHECK(parses("\xf0\x9f\x98\x80"s));
  for (const unsigned ascii : {0x13U, 0x16U}) {
    CHECK(parses("a*@_&", ascii));  // in PrintableString not, but in many certificates
    CHECK_FALSE(parses("\xe4", ascii));
  }
  CHECK(parses("\xe4", 0x14));
  CHECK(parses("\0\xe4"s, 0x03));  // a unique identifier
  for (const unsigned other : {0x01U, 0x02U, 0x12U, 0x1aU}) CHECK_FALSE(parses("\xff", other));
  CHECK(parses("\0a"s, 0x1e));
  CHECK_FALSE(parses("\0ab"s, 0x1e));
  CHECK_FALSE(parses("\0\0a"s, 0x1c));
  CHECK_FALSE(parses("\xd8\x3d\xde\x00"s, 0x1e));  // UCS-2 has no pairs
  CHECK_FALSE(parses("\0\0\xd8\x3d"s, 0x1c));
  CHECK_FALSE(parses("\0\x11\0\0"s, 0x1c));
  CHECK(parses("\0\x10\xff\xff"s, 0x1c));
}

TEST_CASE("what RFC 4514 reserves is escaped, and so are control characters") {
  CHECK(held(dn("a,b+c\"d\\e<f>g;h#i=j")).name.oneline() == "CN=a\\,b\\+c\\\"d\\\\e\\<f\\>g\\;h#i=j");
  CHECK(held(dn("#a")).name.oneline() == "CN=\\#a");
  CHECK(held(dn(" ")).name.oneline() == "CN=\\ ");
  CHECK(held(dn("a\nb\0c\x7f"s)).name.oneline() == "CN=a\\0ab\\00c\\7f");
}

TEST_CASE("a type without a name carries its DER") {
  const held n(dn("x", 0x0c, "\x2a\x03\x04"));
  CHECK(n.name.oneline() == "1.2.3.4=#0c0178");
  CHECK(n.name.components() == std::vector<name_component>{{"1.2.3.4", "x"}});
  const held bits(dn("\0\x05"s, 0x03));
  CHECK(bits.name.oneline() == "CN=#03020005");
}

TEST_CASE("the empty name is a name") {
  const held n(sequence(""));
  CHECK(n.name.empty());
  CHECK(n.name.oneline().empty());
  CHECK(n.name.components().empty());
  CHECK(n.name == distinguished_name());
}

TEST_CASE("broken names are refused") {
  const std::string attribute = sequence(oid("\x55\x04\x03") + tlv(0x0c, "x"));
  CHECK(distinguished_name::parse(as_bytes(sequence(tlv(0x31, attribute)))));
  for (const std::string& bad :
       {""s, tlv(0x31, ""), sequence(tlv(0x31, "")), sequence(attribute), sequence(tlv(0x31, sequence(""))),
        sequence(tlv(0x31, sequence(oid("\x55\x04\x03")))), sequence(tlv(0x31, sequence(oid("") + tlv(0x0c, "x")))),
        sequence(tlv(0x31, attribute + "\x01")), sequence(tlv(0x31, attribute)) + "x",
        sequence(tlv(0x31, sequence(oid("\x55\x04\x03") + tlv(0x0c, "x") + tlv(0x0c, "y"))))})
    CHECK_FALSE(distinguished_name::parse(as_bytes(bad)));
}

TEST_CASE("names compare without case and with white space folded") {
  CHECK(equal(dn("Root CA"), dn("root ca")));
  CHECK(equal(dn("Root CA", 0x13), dn("  ROOT   CA ", 0x0c)));
  CHECK(equal(dn("B\u00e4cker"), dn("B\u00e4CKER")));
  CHECK_FALSE(equal(dn("Root CA"), dn("RootCA")));
  CHECK_FALSE(equal(dn("Root CA"), dn("Root CA 2")));
  CHECK_FALSE(equal(dn("Root"), dn("Root", 0x0c, "\x55\x04\x0a")));
  CHECK_FALSE(equal(dn("Root"), sequence("")));
  CHECK_FALSE(equal(dn("Root\0x"s), dn("Root")));
  CHECK_FALSE(equal(dn("Root", 0x14), dn("root", 0x14)));  // TeletexString: bytes only
  const std::string c = tlv(0x31, sequence(oid("\x55\x04\x06") + tlv(0x13, "GB")));
  const std::string o = tlv(0x31, sequence(oid("\x55\x04\x0a") + tlv(0x0c, "X")));
  const std::string o_lower = tlv(0x31, sequence(oid("\x55\x04\x0a") + tlv(0x0c, "x")));
  CHECK(equal(sequence(c + o), sequence(c + o_lower)));
  CHECK_FALSE(equal(sequence(c + o), sequence(o + c)));
  CHECK_FALSE(equal(sequence(c + o), sequence(c)));
  CHECK_FALSE(equal(sequence(c + o), sequence(tlv(0x31, c.substr(2) + o_lower.substr(2)))));  // one RDN, not two
}
