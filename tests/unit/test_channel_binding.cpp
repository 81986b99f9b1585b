// SPDX-License-Identifier: BSL-1.0
#include "plugtls/channel_binding.hpp"

#include "plugtls/detail/hex.hpp"
#include "support/catch.hpp"
#include "support/certificate_maker.hpp"

using namespace plugtls;
using namespace plugtls_test;

// The expected digests come from the sha224sum, sha384sum and sha512sum commands.
TEST_CASE("SHA-224, SHA-384 and SHA-512 give the digests of FIPS 180-4's examples") {
  using namespace plugtls::detail;
  CHECK(to_hex(sha224(as_bytes("abc"))) == "23097d223405d8228642a477bda255b32aadbce4bda0b3f7e36c9da7");
  CHECK(to_hex(sha384(as_bytes(""))) ==
        "38b060a751ac96384cd9327eb1b1e36a21fdb71114be07434c0cc7bf63f6e1da274edebfe76f65fbd51ad2f14898b95b");
  CHECK(to_hex(sha384(as_bytes("abc"))) ==
        "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed8086072ba1e7cc2358baeca134c825a7");
  CHECK(to_hex(sha512(as_bytes("abc"))) ==
        "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd454d4423643ce8"
        "0e2a9ac94fa54ca49f");
  CHECK(to_hex(sha512(as_bytes(std::string(1000000, 'a')))) ==
        "e718483d0ce769644e2e42c7bc15b4638e1f98b13b2044285632a803afa973ebde0ff244877ea60a4cb0432ce577c31beb009c5c2c49aa"
        "2e4eadb217ad8cc09b");
}

TEST_CASE("SHA-512 is right on both sides of a block's end") {
  using namespace plugtls::detail;
  CHECK(to_hex(sha512(as_bytes(std::string(111, 'x')))) ==
        "9a2a120825c2319867758ec277924f6faa254968bf752046dacdd948d8ad299b10359fd04bfd7d3810b5fa1b16a294236138baff981cbb"
        "85248478053ac4d3dd");
  CHECK(to_hex(sha512(as_bytes(std::string(112, 'x')))) ==
        "a3722b515ef40c910f2419f6e0da8ca51d410114ce6272faae64045f9e9f630e7fa8dd5a3243c9860b899d148c3da4bc0f9e0745454260"
        "4d030bb55531fe0d5b");
  CHECK(to_hex(sha512(as_bytes(std::string(119, 'x')))) ==
        "c5df60b24c746cdac9aa906938286db6f9dbb7c419beca41e8189652575b3bc11b6d95931d561179dff68cfbee1d4303ffca81dfe4c5d1"
        "1f9bcaee2c191ea4be");
  CHECK(to_hex(sha512(as_bytes(std::string(120, 'x')))) ==
        "13cdfbc65ba3c85548a7092021c6c0088c2fd745591fbb42dadbe00fbbc94d6894bcd7e9965fff3ab1481453c4b518c15b1938e2c01222"
        "ddf75a80c15cb82655");
  CHECK(to_hex(sha512(as_bytes(std::string(127, 'x')))) ==
        "1d5a8893e7b7ed83d485d26f88cfb846f3760279916976fe538e539fc16f7cd19ba3e1c2cd5fda78749a74205755cdf694e8fa90b2bfed"
        "8815f406af76c1d7bf");
  CHECK(to_hex(sha512(as_bytes(std::string(128, 'x')))) ==
        "e2e22f8422b54b06e35c3ea30a383d1de7a8fbc27992923074103117020d8dd7024c3ecf7d6d1a15a6de5a75ff32fb486b9e8ced4c02ff"
        "e05822bf2cb734d0e0");
  CHECK(to_hex(sha512(as_bytes(std::string(129, 'x')))) ==
        "19015483ea99fa74728fd7b13adba6b729cfa4ab7c388573efa2641d2af0577f24dd51acbaeec41a7a11d10f6c4e68a3b90e7b2348c678"
        "486a4365c9d9101cdd");
}

TEST_CASE("tls-server-end-point goes by the hash of the certificate's signature, and never below SHA-256") {
  const auto binding = [](const std::string& algorithm, errc& e) {
    certificate_maker m;
    m.inner_algorithm = sequence(algorithm);
    const std::string der = m.der();
    const auto view = certificate_view::parse(as_bytes(der), e);
    REQUIRE(view);
    const byte_vector out = server_end_point(*view, e);
    CHECK(out.empty() == (e == errc::unsupported));
    const auto is = [&](const auto& digest) { return out == byte_vector(digest.begin(), digest.end()); };
    if (is(detail::sha224(as_bytes(der)))) return 224;
    if (is(detail::sha256(as_bytes(der)))) return 256;
    if (is(detail::sha384(as_bytes(der)))) return 384;
    return is(detail::sha512(as_bytes(der))) ? 512 : 0;
  };
  const auto with_null = [](const std::string& id) { return oid(id) + tlv(0x05, ""); };
  const std::string pkcs1 = "\x2a\x86\x48\x86\xf7\x0d\x01\x01", ecdsa = "\x2a\x86\x48\xce\x3d\x04";
  errc e = errc::success;
  CHECK(binding(with_null(pkcs1 + "\x04"), e) == 256);  // MD5
  CHECK(binding(with_null(pkcs1 + "\x05"), e) == 256);  // SHA-1
  CHECK(binding(with_null(pkcs1 + "\x0e"), e) == 224);
  CHECK(binding(with_null(pkcs1 + "\x0b"), e) == 256);
  CHECK(binding(with_null(pkcs1 + "\x0c"), e) == 384);
  CHECK(binding(with_null(pkcs1 + "\x0d"), e) == 512);
  CHECK(binding(oid(ecdsa + "\x01"), e) == 256);  // SHA-1
  CHECK(binding(oid(ecdsa + "\x03\x02"), e) == 256);
  CHECK(binding(oid(ecdsa + "\x03\x03"), e) == 384);
  CHECK(binding(oid(ecdsa + "\x03\x04"), e) == 512);
  const auto pss = [&](const std::string& hash) {
    const std::string algorithm = sequence(with_null(hash));
    return oid(pkcs1 + "\x0a") + sequence(tlv(0xa0, algorithm) + tlv(0xa1, sequence(oid(pkcs1 + "\x08") + algorithm)));
  };
  CHECK(binding(pss("\x60\x86\x48\x01\x65\x03\x04\x02\x02"), e) == 384);
  CHECK(e == errc::success);
  // No hash of the certificate's own choosing (RFC 5929 §4.1).
  for (const char* id : {"\x2b\x65\x70", "\x2b\x65\x71", "\x60\x86\x48\x01\x65\x03\x04\x03\x11", "\x2a\x03"}) {
    CHECK(binding(oid(id), e) == 0);
    CHECK(e == errc::unsupported);
  }
}
