// SPDX-License-Identifier: BSL-1.0
#include "plugtls/key_pin.hpp"

#include "null_backend.hpp"
#include "plugtls/context.hpp"
#include "support/catch.hpp"
#include "support/pki.hpp"

using namespace plugtls;
using namespace plugtls_test;

namespace {

// openssl x509 -in server.pem -noout -pubkey | openssl pkey -pubin -outform DER | openssl dgst -sha256
const std::string hex = "5a7a352ed690cbabfdbc954c0cf981999dcf0ae8edc632f7a2e331cae24f9927";
const std::string base64 = "Wno1LtaQy6v9vJVMDPmBmZ3PCujtxjL3ouMxyuJPmSc=";

certificate server_certificate() { return server_identity().chain().front(); }

std::string refused(std::vector<key_pin> pins, bool verifies = true) {
  client_settings s = client_defaults();
  s.pins = std::move(pins);
  s.insecure_no_verification = !verifies;
  error_info info;
  CHECK_FALSE(basic_context<null_backend>::client(s, info));
  CHECK(info.code == errc::invalid_argument);
  return info.detail;
}

}  // namespace

TEST_CASE("a pin is read from hexadecimal of either case and from base64, and written in one way") {
  const key_pin of_certificate(server_certificate());
  std::string upper;
  for (const char c : hex) upper += c >= 'a' && c <= 'f' ? static_cast<char>(c - 'a' + 'A') : c;
  for (const key_pin& pin :
       {key_pin(hex), key_pin(upper), key_pin("sha256//" + base64), key_pin(server_certificate().spki_sha256())}) {
    CHECK(pin.is_valid());
    CHECK(pin == of_certificate);
    CHECK(pin.text() == "sha256//" + base64);
    CHECK(detail::to_hex(pin.digest()) == hex);
  }
}

TEST_CASE("a text that is no pin is kept and refused when a context is made, with the text in the reason") {
  const std::string cut = hex.substr(1), unpadded = base64.substr(0, 43);
  for (const std::string& text :
       {std::string(), cut, hex + "0", "x" + cut, "sha256/" + base64, "sha256//" + unpadded, "sha256//" + base64 + "=",
        "sha256//" + hex, base64, "SHA256//" + base64, " " + hex, "sha256// " + unpadded, std::string(64, '-')}) {
    CAPTURE(text);
    const key_pin pin(text);
    CHECK_FALSE(pin.is_valid());
    CHECK(pin.digest() == sha256_digest{});
    CHECK(pin.text() == text);
    CHECK(refused({hex, text}).find("pins[1], '" + text + "'") == 0);
  }
  CHECK(refused({"a\nb"}).find("a\\0ab") != std::string::npos);
  CHECK(refused({std::string(5000, 'x')}).size() < 300);
}

TEST_CASE("pins where nothing is verified are refused rather than ignored") {
  CHECK_FALSE(refused({hex}, false).empty());
  server_settings s = server_defaults();
  s.pins = {hex};
  error_info info;
  CHECK_FALSE(basic_context<null_backend>::server(s, info));
  CHECK(info.code == errc::invalid_argument);
  s = mutual_defaults();
  s.pins = {hex};
  CHECK(basic_context<null_backend>::server(s, info));
}
