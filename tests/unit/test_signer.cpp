// SPDX-License-Identifier: BSL-1.0
#include "plugtls/signer.hpp"

#include <string>

#include "null_backend.hpp"
#include "plugtls/context.hpp"
#include "plugtls/pending_signature.hpp"
#include "plugtls/pkcs12.hpp"
#include "support/catch.hpp"
#include "support/pki.hpp"

using namespace plugtls;
using namespace plugtls_test;

namespace signer_units {

using detail::external_key;

errc verify_nothing(byte_view, signature_scheme, byte_view, byte_view) { return errc::success; }
errc verify_never(byte_view, signature_scheme, byte_view, byte_view) { return errc::bad_signature; }

signer answering(std::size_t bytes, errc code = errc::success) {
  return {.sign = [=](const signing_request&, byte_vector& out, error_info&) {
    out.resize(bytes);
    return code;
  }};
}

external_key key_of(std::string_view chain, std::string_view pem, signer how) {
  external_key key;
  const identity id = make_identity(chain, pem);
  const byte_view spki = id.chain().front().view().public_key().der();
  key.spki.assign(spki.begin(), spki.end());
  key.how = std::move(how);
  error_info info;
  REQUIRE(key.settle(info) == errc::success);
  return key;
}

errc sign_with(const external_key& key, signature_scheme scheme, std::size_t digest,
               decltype(&verify_nothing) verify = verify_nothing) {
  detail::exception_slot slot;
  detail::signing_desk desk(slot);
  const detail::signing_desk::scope here(desk);
  byte_vector out;
  const byte_vector bytes(digest);
  const bool good = detail::make_signature(key, scheme, bytes, verify, out);
  CHECK(good == (desk.error().code == errc::success));
  CHECK(good != out.empty());
  return desk.error().code;
}

}  // namespace signer_units

TEST_CASE("signature schemes tell the size of their digest, and families are found by it") {
  using enum signature_scheme;
  using detail::scheme_family;
  CHECK(detail::digest_size(rsa_pss_rsae_sha384) == 48);
  CHECK(detail::digest_size(ed25519) == 0);
  CHECK(detail::is_pss(rsa_pss_rsae_sha512));
  CHECK_FALSE(detail::is_pss(ed25519));
  CHECK_FALSE(detail::is_pss(rsa_pkcs1_sha256));
  CHECK(detail::is_ecdsa(ecdsa_secp521r1_sha512));
  CHECK(detail::scheme_of(scheme_family::rsa_pkcs1, 32) == rsa_pkcs1_sha256);
  CHECK(detail::scheme_of(scheme_family::rsa_pss, 64) == rsa_pss_rsae_sha512);
  CHECK(detail::scheme_of(scheme_family::ecdsa, 48) == ecdsa_secp384r1_sha384);
  CHECK(detail::scheme_of(scheme_family::ecdsa, 20) == none);
}

TEST_CASE("a signature leaves only when it has the right length and verifies") {
  using enum signature_scheme;
  using signer_units::answering;
  const auto rsa = [](signer how) {
    return signer_units::key_of(pki::server_rsa_chain, pki::server_rsa_key, std::move(how));
  };
  const auto sign = signer_units::sign_with;
  const auto good = signer_units::verify_nothing;
  CHECK(sign(rsa(answering(256)), rsa_pkcs1_sha256, 32, good) == errc::success);
  CHECK(sign(rsa(answering(256)), rsa_pkcs1_sha256, 32, signer_units::verify_never) == errc::key_mismatch);
  CHECK(sign(rsa(answering(255)), rsa_pkcs1_sha256, 32, good) == errc::signing_failed);
  CHECK(sign(rsa(answering(256, errc::io_error)), rsa_pkcs1_sha256, 32, good) == errc::signing_failed);
  CHECK(sign(rsa(answering(256, errc::would_block)), rsa_pkcs1_sha256, 32, good) == errc::signing_failed);
  CHECK(sign(rsa(answering(256)), rsa_pkcs1_sha256, 20, good) == errc::signing_failed);
  CHECK(sign(rsa(answering(256)), ecdsa_secp256r1_sha256, 32, good) == errc::no_shared_cipher);
  CHECK(sign(rsa(answering(256)), none, 32, good) == errc::no_shared_cipher);
  const auto ec = [](signer how) { return signer_units::key_of(pki::server_chain, pki::server_key, std::move(how)); };
  CHECK(sign(ec(answering(71)), ecdsa_secp256r1_sha256, 32, good) == errc::success);
  CHECK(sign(ec(answering(0)), ecdsa_secp256r1_sha256, 32, good) == errc::signing_failed);
  CHECK(sign(ec(answering(200)), ecdsa_secp256r1_sha256, 32, good) == errc::signing_failed);
  // Outside of any connection nobody hears why, and nothing leaves all the same.
  byte_vector out(3);
  CHECK_FALSE(detail::make_signature(ec(answering(0)), ecdsa_secp256r1_sha256, byte_vector(32), good, out));
  CHECK(out.empty());
}

TEST_CASE("a backend without external keys refuses signers and PKCS#12") {
  error_info info;
  const signer how = signer_units::answering(71);
  const identity id = identity::from_signer(as_bytes(pki::server_chain), how, info);
  REQUIRE_FALSE(info);
  CHECK_FALSE(id.key().empty());
  CHECK_FALSE(basic_context<null_backend>::server(server_defaults(id), info));
  CHECK(info.code == errc::unsupported);
  CHECK(explain(info).find("external_ec_key") != std::string::npos);
  identity::from_signer(as_bytes("nothing"), how, info);
  CHECK(info.code != errc::success);
  info = {};
  const identity packed = identity::from_pkcs12(as_bytes(pki::server_3des_p12), info, [] { return secret("secret"); });
  CHECK_FALSE(info);
  CHECK_FALSE(basic_context<null_backend>::server(server_defaults(packed), info));
  CHECK(info.code == errc::unsupported);
}

TEST_CASE("PKCS#12: structure and MAC need no library") {
  namespace pkcs12 = detail::pkcs12;
  error_info info;
  for (const std::string_view bytes : {pki::mixed_order_p12, pki::server_3des_p12, pki::server_aes_p12}) {
    pkcs12::container c;
    REQUIRE(c.parse(as_bytes(bytes), info) == errc::success);
    CHECK(pkcs12::check_mac(c, "secret", info) == errc::success);
    CHECK(pkcs12::check_mac(c, "Secret", info) == errc::bad_password);
    CHECK(pkcs12::check_mac(c, std::string(200, 'x').c_str(), info) == errc::bad_password);
  }
  pkcs12::container c;
  pkcs12::contents found;
  REQUIRE(c.parse(as_bytes(pki::mixed_order_p12), info) == errc::success);
  REQUIRE(c.parts.size() == 1);
  CHECK(pkcs12::read_bags(c.parts[0].bytes, found));
  CHECK(found.keys.size() == 1);
  CHECK(found.certificates.size() == 4);
  // Bags within bags end somewhere.
  const auto wrap = [](unsigned tag, byte_view content) {
    REQUIRE(content.size() < 128);
    byte_vector out{static_cast<std::byte>(tag), static_cast<std::byte>(content.size())};
    out.insert(out.end(), content.begin(), content.end());
    return out;
  };
  byte_vector nested = wrap(0x30, {});
  for (int depth = 0; depth < 5; ++depth) {
    pkcs12::contents none;
    CHECK(pkcs12::read_bags(nested, none));
    byte_vector bag = wrap(6, as_bytes("\x2a\x86\x48\x86\xf7\x0d\x01\x0c\x0a\x01\x06"));
    const byte_vector value = wrap(0xa0, nested);
    bag.insert(bag.end(), value.begin(), value.end());
    nested = wrap(0x30, wrap(0x30, bag));
  }
  pkcs12::contents none;
  CHECK_FALSE(pkcs12::read_bags(nested, none));
}

TEST_CASE("steps in a thread of their own pause, go on, and are given up") {
  struct walk {
    detail::step_runner* runner = nullptr;
    int steps = 0;
    int pauses = 0;
    bool gave_up = false;
  };
  const auto step = [](void* with) noexcept {
    auto& w = *static_cast<walk*>(with);
    ++w.steps;
    for (int i = 0; i < w.pauses && !w.gave_up; ++i) w.gave_up = !w.runner->pause();
    ++w.steps;
  };
  walk w;
  const auto runner = detail::thread_runner::make();
  w.runner = runner.get();
  CHECK(runner->run(step, &w));
  CHECK(w.steps == 2);
  w.pauses = 2;
  CHECK_FALSE(runner->run(step, &w));
  CHECK_FALSE(runner->run(step, &w));
  CHECK(w.steps == 3);
  CHECK(runner->run(step, &w));
  CHECK(w.steps == 4);
  CHECK_FALSE(w.gave_up);
  CHECK_FALSE(runner->run(step, &w));
  runner->abandon();
  CHECK(w.gave_up);
  CHECK(w.steps == 6);

  walk left;
  left.pauses = 1;
  auto other = detail::thread_runner::make();
  left.runner = other.get();
  CHECK_FALSE(other->run(step, &left));
  other.reset();  // the destructor gives it up too
  CHECK(left.gave_up);
}
