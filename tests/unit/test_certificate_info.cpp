// SPDX-License-Identifier: BSL-1.0
#include "plugtls/certificate_info.hpp"

#include "support/catch.hpp"
#include "support/certificate_maker.hpp"
#include "support/pki.hpp"

using namespace plugtls;
using namespace plugtls_test;

namespace certificate_info_test {
namespace {

using list = std::vector<std::string>;
using names = std::vector<name_component>;

certificate_info info_of(const certificate_maker& m) {
  errc e = errc::success;
  const auto c = certificate::from_der(as_bytes(m.der()), e);
  REQUIRE(c);
  return certificate_info(*c);
}

std::string access(const std::string& method, const std::string& location) {
  return sequence(oid("\x2b\x06\x01\x05\x05\x07\x30" + method) + location);
}
std::string point(const std::string& full_names) { return sequence(tlv(0xa0, tlv(0xa0, full_names))); }

}  // namespace

TEST_CASE("a certificate's fields are text, those of the test PKI's server for one") {
  errc e = errc::success;
  const certificate_info info(*certificate::from_pem(pki::server, e));
  CHECK(info.version == 3);
  CHECK(info.subject == names{{"C", "GB"}, {"O", "plugtls test"}, {"CN", "plugtls.test"}});
  CHECK(info.issuer.back() == name_component{"CN", "plugtls test intermediate"});
  CHECK((info.not_before.ends_with("Z") && info.not_before < info.not_after));
  CHECK(info.subject_alt_names.front() == "DNS:localhost");
  CHECK(info.key == "EC P-256");
  CHECK(info.signature_algorithm == "ecdsa-with-SHA256");
  CHECK((info.sha256.size() == 64 && !info.is_ca));
  CHECK((info.ocsp.empty() && info.ca_issuers.empty() && info.crl_distribution_points.empty()));
  CHECK(certificate_info().version == 0);
}

TEST_CASE("places to ask for status and issuer are told by what they are for; only URIs are") {
  certificate_maker m;
  m.extensions +=
      extension("\x2b\x06\x01\x05\x05\x07\x01\x01",
                sequence(access("\x01", uri("http://ocsp.test/")) + access("\x02", uri("http://ca.test/i.cer")) +
                         access("\x01", directory(dn("no"))) + access("\x01", uri("http://ocsp2.test/")) +
                         access("\x05", uri("http://repository.test/")))) +
      extension("\x55\x1d\x1f", sequence(point(uri("http://crl.test/1") + uri("ldap://crl.test/1")) +
                                         point(directory(dn("crl"))) + point(uri("http://crl.test/2"))));
  const certificate_info info = info_of(m);
  CHECK(info.ocsp == list{"http://ocsp.test/", "http://ocsp2.test/"});
  CHECK(info.ca_issuers == list{"http://ca.test/i.cer"});
  CHECK(info.crl_distribution_points == list{"http://crl.test/1", "ldap://crl.test/1", "http://crl.test/2"});
  CHECK(info == info_of(m));
  CHECK_FALSE(info == info_of(certificate_maker()));
}

TEST_CASE("a certificate without a subject or extensions has an info, too") {
  certificate_maker m;
  m.version.clear();
  m.extensions.clear();
  m.subject = dn("");
  const certificate_info info = info_of(m);
  CHECK(info.version == 1);
  CHECK((info.subject.empty() && info.subject_alt_names.empty()));
  CHECK(info.serial_number == "01");
}

}  // namespace certificate_info_test
