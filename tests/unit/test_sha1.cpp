// SPDX-License-Identifier: BSL-1.0
#include "plugtls/detail/sha1.hpp"

#include "plugtls/detail/hex.hpp"
#include "support/catch.hpp"

using namespace plugtls;

static std::string sha1_of(std::string_view text) { return detail::to_hex(detail::sha1(as_bytes(text))); }

// The expected digests come from the sha1sum command.
TEST_CASE("SHA-1 gives the digests of FIPS 180-4's examples") {
  CHECK(sha1_of("") == "da39a3ee5e6b4b0d3255bfef95601890afd80709");
  CHECK(sha1_of("abc") == "a9993e364706816aba3e25717850c26c9cd0d89d");
  CHECK(sha1_of("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq") ==
        "84983e441c3bd26ebaae4aa1f95129e5e54670f1");
  CHECK(sha1_of(std::string(1000000, 'a')) == "34aa973cd4c4daa4f61eeb2bdbad27316534016f");
}

TEST_CASE("SHA-1 is right on both sides of a block's end, however the bytes are cut") {
  CHECK(sha1_of(std::string(55, 'x')) == "cef734ba81a024479e09eb5a75b6ddae62e6abf1");
  CHECK(sha1_of(std::string(56, 'x')) == "901305367c259952f4e7af8323f480d59f81335b");
  CHECK(sha1_of(std::string(63, 'x')) == "0ddc4e0cccd9a12850deb5abb0853a4425559fec");
  CHECK(sha1_of(std::string(64, 'x')) == "bb2fa3ee7afb9f54c6dfb5d021f14b1ffe40c163");
  CHECK(sha1_of(std::string(65, 'x')) == "78c741ddc482e4cdf8c474a0876347a0905b6233");
  const std::string text(300, 'q');
  for (std::size_t step = 1; step < 130; step += 3) {
    detail::sha1_hash hash;
    for (std::size_t at = 0; at < text.size(); at += step)
      hash.update(as_bytes(std::string_view(text).substr(at, step)));
    CHECK(detail::to_hex(hash.finish()) == sha1_of(text));
  }
}
