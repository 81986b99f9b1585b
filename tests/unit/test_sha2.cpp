// SPDX-License-Identifier: BSL-1.0
#include "plugtls/detail/sha2.hpp"

#include "plugtls/detail/hex.hpp"
#include "support/catch.hpp"

using namespace plugtls;

static std::string digest(std::string_view text) { return detail::to_hex(detail::sha256(as_bytes(text))); }

// The expected digests come from the sha256sum command.
TEST_CASE("SHA-256 gives the digests of FIPS 180-4's examples") {
  CHECK(digest("") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  CHECK(digest("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  CHECK(digest("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq") ==
        "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
  CHECK(digest(std::string(1000000, 'a')) == "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST_CASE("SHA-256 is right on both sides of a block's end") {
  CHECK(digest(std::string(55, 'x')) == "d5e285683cd4efc02d021a5c62014694958901005d6f71e89e0989fac77e4072");
  CHECK(digest(std::string(56, 'x')) == "04c26261370ee7541549d16dee320c723e3fd14671e66a099afe0a377c16888e");
  CHECK(digest(std::string(63, 'x')) == "75220b47218278e656f2013bb8f0c455a25eaf01e86c64924e9d48d89776d6f2");
  CHECK(digest(std::string(64, 'x')) == "7ce100971f64e7001e8fe5a51973ecdfe1ced42befe7ee8d5fd6219506b5393c");
  CHECK(digest(std::string(65, 'x')) == "9537c5fdf120482f7d58d25e9ed583f52c02b4e304ea814db1633ad565aed7e9");
}

TEST_CASE("SHA-256 does not depend on how the bytes are cut") {
  const std::string text(300, 'q');
  for (std::size_t step = 1; step < 130; ++step) {
    detail::sha256_hash hash;
    for (std::size_t at = 0; at < text.size(); at += step)
      hash.update(as_bytes(std::string_view(text).substr(at, step)));
    CHECK(detail::to_hex(hash.finish()) == digest(text));
  }
}
