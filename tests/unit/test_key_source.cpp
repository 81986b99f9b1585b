// SPDX-License-Identifier: BSL-1.0
#include "plugtls/key_source.hpp"

#include "support/catch.hpp"
#include "support/certificate_maker.hpp"
#include "support/pki.hpp"

using namespace plugtls;
using namespace plugtls_test;

TEST_CASE("a key source finds the key among other blocks, and asks for a password only when it needs one") {
  const auto prepare = [](const key_source& k, key_material& m) {
    error_info info;
    return k.prepare(m, info);
  };
  key_material m;
  const std::string mixed = std::string(pki::root) + "text\n" + std::string(pki::server_key) + std::string(pki::server);
  int asked = 0;
  const password_callback password = [&asked] {
    ++asked;
    return secret("secret");
  };
  CHECK(prepare(key_source::from_pem(mixed, password), m) == errc::success);
  CHECK(m.is_pem);
  CHECK_FALSE(m.encrypted);
  CHECK(m.bytes.text() == pki::server_key);
  CHECK(asked == 0);
  for (const std::string_view k :
       {pki::server_key_pbes2_aes256, pki::server_key_pbes1_sha1_3des, pki::server_key_traditional_aes256}) {
    m = {};
    asked = 0;
    CHECK(prepare(key_source::from_memory(as_bytes(k), password), m) == errc::success);
    CHECK(m.encrypted);
    CHECK(m.password.text() == "secret");
    CHECK(asked == 1);
    CHECK(prepare(key_source::from_memory(as_bytes(k)), m) == errc::password_required);
  }
  m = {};
  CHECK(prepare(key_source::from_memory(as_bytes(pki::server_key_pbes2_aes256_der), password), m) == errc::success);
  CHECK(m.encrypted);
  CHECK_FALSE(m.is_pem);
  for (const std::string_view k : {pki::server_key_der, pki::server_key_sec1_der, pki::server_rsa_key_pkcs1_der}) {
    m = {};
    CHECK(prepare(key_source::from_memory(as_bytes(k)), m) == errc::success);
    CHECK_FALSE(m.encrypted);
    CHECK(as_text(m.bytes.bytes()) == k);
  }
  CHECK(prepare(key_source::from_pem("no key here"), m) == errc::bad_pem);
  CHECK(prepare(key_source::from_pem(pki::server), m) == errc::bad_pem);
  for (const std::string_view bad : {"", "\x30", "\x30\x82", "\x30\x82\x01\x01", "0000", "abcdef"})
    CHECK(prepare(key_source::from_der(as_bytes(bad)), m) == errc::bad_der);
}

namespace {
// An EncryptedPrivateKeyInfo that asks for this; what is encrypted is nothing.
std::string closed_by(const std::string& algorithm) { return sequence(algorithm + tlv(0x04, std::string(16, 'x'))); }
std::string big_number(std::uint32_t n) {
  std::string value(1, '\0');
  for (int shift = 24; shift >= 0; shift -= 8) value += static_cast<char>(n >> shift & 0xff);
  while (value.size() > 1 && value[0] == 0 && (value[1] & 0x80) == 0) value.erase(0, 1);
  return tlv(0x02, value);
}
std::string pbes2(const std::string& derivation) {
  return sequence(oid("\x2a\x86\x48\x86\xf7\x0d\x01\x05\x0d") + sequence(derivation + sequence(oid("\x2a\x03"))));
}
}  // namespace

TEST_CASE("what a key asks for before a password has been tried is bounded") {
  const std::string salt = tlv(0x04, "saltsalt");
  const auto iterated = [&](std::uint32_t n) {
    return pbes2(sequence(oid("\x2a\x86\x48\x86\xf7\x0d\x01\x05\x0c") + sequence(salt + big_number(n))));
  };
  const auto legacy = [&](std::uint32_t n) {
    return sequence(oid("\x2a\x86\x48\x86\xf7\x0d\x01\x0c\x01\x03") + sequence(salt + big_number(n)));
  };
  const auto scrypt = [&](std::uint32_t n, std::uint32_t r, std::uint32_t p) {
    return pbes2(sequence(oid("\x2b\x06\x01\x04\x01\xda\x47\x04\x0b") +
                          sequence(salt + big_number(n) + big_number(r) + big_number(p))));
  };
  error_info info;
  int asked = 0;
  const auto prepared = [&](const std::string& algorithm) {
    info = {};
    key_material m;
    const std::string der = closed_by(algorithm);
    const auto password = [&] { return ++asked, secret("secret"); };
    const errc e = key_source::from_der(as_bytes(der), password).prepare(m, info);
    const std::string pem = to_pem("ENCRYPTED PRIVATE KEY", as_bytes(der));
    error_info again;
    CHECK(key_source::from_pem(pem, password).prepare(m, again) == e);
    return e;
  };
  CHECK(prepared(iterated(10'000'000)) == errc::success);
  CHECK(prepared(legacy(10'000'000)) == errc::success);
  CHECK(prepared(scrypt(1U << 19, 8, 1)) == errc::success);
  CHECK(asked == 6);
  for (const std::string& a : {iterated(10'000'001), iterated(UINT32_MAX), legacy(10'000'001)}) {
    CHECK(prepared(a) == errc::unsupported);
    CHECK(info.detail.find("no more than 10000000 are taken") != std::string::npos);
  }
  CHECK(prepared(scrypt(1U << 19, 8, 2)) == errc::unsupported);
  CHECK(prepared(scrypt(UINT32_MAX, UINT32_MAX, UINT32_MAX)) == errc::unsupported);
  CHECK(info.detail.find("scrypt") != std::string::npos);
  CHECK(asked == 6);
  // What is not DER is refused: a library that reads BER might find more iterations there.
  const auto with = [&](const std::string& number) {
    return pbes2(sequence(oid("\x2a\x86\x48\x86\xf7\x0d\x01\x05\x0c") + sequence(salt + number)));
  };
  for (const std::string& number :
       {tlv(0x02, std::string("\0\0\0\x01", 4)), tlv(0x02, std::string("\0\x7f\xff\xff\xff", 5)), tlv(0x02, "\xff"),
        tlv(0x02, ""), std::string("\x02\x81\x01\x05", 4), std::string()})
    CHECK(prepared(with(number)) == errc::bad_der);
  CHECK(prepared(pbes2(tlv(0x02, "\x01"))) == errc::bad_der);
  CHECK(asked == 6);
  // Other algorithms are told by whoever decrypts.
  CHECK(prepared(sequence(oid("\x2a\x03"))) == errc::success);
}
