// SPDX-License-Identifier: BSL-1.0
#include "plugtls/pem.hpp"

#include "support/catch.hpp"

using namespace plugtls;

namespace {

struct found {
  std::vector<pem_block> blocks;
  errc e = errc::success;
};

found read(std::string_view text) {
  found out;
  pem_reader reader(text);
  for (pem_block block; reader.next(block, out.e);) out.blocks.push_back(block);
  pem_block after;
  errc again = errc::success;
  CHECK_FALSE(reader.next(after, again));  // the end is the end
  return out;
}

std::string text_of(const pem_block& block) { return std::string(as_text(block.der)); }

}  // namespace

TEST_CASE("PEM blocks are found between other text") {
  const found f = read(
      "subject: -----BEGIN is not at the start of this line\n"
      "-----BEGIN A-----\nZm9v\n-----END A-----\n"
      "between\n"
      "-----BEGIN LONG NAME-----\r\nZm9v\r\nYmFy\r\nYg==\r\n-----END LONG NAME-----\r\n"
      "after");
  CHECK(f.e == errc::success);
  REQUIRE(f.blocks.size() == 2);
  CHECK(f.blocks[0].label == "A");
  CHECK(text_of(f.blocks[0]) == "foo");
  CHECK(f.blocks[1].label == "LONG NAME");
  CHECK(text_of(f.blocks[1]) == "foobarb");
}

TEST_CASE("a PEM text may begin with a byte order mark and end without a line feed") {
  const found f = read("\xef\xbb\xbf-----BEGIN A-----\nZm9v\n-----END A-----");
  CHECK(f.e == errc::success);
  REQUIRE(f.blocks.size() == 1);
}

TEST_CASE("headers of an encrypted key are kept apart from its bytes") {
  const found f = read(
      "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-256-CBC,00FF\n\nZm9v\n"
      "-----END RSA PRIVATE KEY-----\n");
  REQUIRE(f.blocks.size() == 1);
  CHECK(f.blocks[0].header("Proc-Type") == "4,ENCRYPTED");
  CHECK(f.blocks[0].header("dek-info") == "AES-256-CBC,00FF");
  CHECK(f.blocks[0].header("Other").empty());
  CHECK(text_of(f.blocks[0]) == "foo");
}

TEST_CASE("broken PEM is refused, and nothing after it is read") {
  const std::string good = "-----BEGIN A-----\nZm9v\n-----END A-----\n";
  for (const std::string_view bad : {
           "-----BEGIN A-----\n",                                            // not terminated
           "-----BEGIN A-----\nZm9v",                                        //
           "-----BEGIN A-----\nZm9v\n-----END B-----\n",                     // another label
           "-----BEGIN A-----\nZm9v\n-----END A----\n",                      // a dash is missing
           "-----BEGIN A----\nZm9v\n-----END A-----\n",                      //
           "-----END A-----\n",                                              // END alone
           "-----BEGIN -----\nZm9v\n-----END -----\n",                       // no label
           "-----BEGIN A-B-----\nZm9v\n-----END A-B-----\n",                 // a dash in the label
           "-----BEGIN A-----\n-----END A-----\n",                           // no bytes
           "-----BEGIN A-----\nZm9v\n-----BEGIN B-----\n-----END B-----\n",  // one inside the other
           "-----BEGIN A-----\nZm9\n-----END A-----\n",                      // padding is missing
           "-----BEGIN A-----\nZm9vYg=\n-----END A-----\n",                  //
           "-----BEGIN A-----\nZm9vY===\n-----END A-----\n",                 // too much of it
           "-----BEGIN A-----\nZm9vYg==Zm9v\n-----END A-----\n",             // or in the middle
           "-----BEGIN A-----\nZm9vYh==\n-----END A-----\n",                 // dropped bits are not zero
           "-----BEGIN A-----\nZm9v!\n-----END A-----\n",                    // not the alphabet
           "-----BEGIN A-----\nZm-_\n-----END A-----\n",                     // base64url
           "-----BEGIN A-----\nName: value\nZm9v\n-----END A-----\n",        // headers without their end
       }) {
    CAPTURE(bad);
    const found f = read(good + std::string(bad) + good);
    CHECK(f.e == errc::bad_pem);
    CHECK(f.blocks.size() == 1);
  }
}

TEST_CASE("what is written is read again, for every length") {
  for (std::size_t n = 1; n < 200; ++n) {
    byte_vector bytes;
    for (std::size_t i = 0; i < n; ++i) bytes.push_back(static_cast<std::byte>(i * 37 + n));
    const std::string text = to_pem("SOME THING", bytes);
    for (std::size_t at = 0, end = 0; (end = text.find('\n', at)) != std::string::npos; at = end + 1)
      REQUIRE(end - at <= 64);
    const found f = read(text + text);
    REQUIRE(f.e == errc::success);
    REQUIRE(f.blocks.size() == 2);
    REQUIRE(f.blocks[0].der == bytes);
    REQUIRE(f.blocks[1].der == bytes);
  }
}

TEST_CASE("base64 is written as RFC 4648 §10 has it") {
  CHECK(detail::encode_base64(as_bytes("")).empty());
  CHECK(detail::encode_base64(as_bytes("f")) == "Zg==");
  CHECK(detail::encode_base64(as_bytes("fo")) == "Zm8=");
  CHECK(detail::encode_base64(as_bytes("foobar")) == "Zm9vYmFy");
}
