// SPDX-License-Identifier: BSL-1.0
#include "plugtls/ocsp_view.hpp"

#include "plugtls/identity.hpp"
#include "support/catch.hpp"
#include "support/corpus.hpp"
#include "support/ocsp_maker.hpp"
#include "support/print.hpp"

using namespace plugtls;
using namespace plugtls_test;

namespace {

bool parses_ocsp(const std::string& der) {
  errc e = errc::success;
  const bool good = ocsp_view::parse(as_bytes(der), e).has_value();
  CHECK(e == (good ? errc::success : errc::bad_der));
  return good;
}
bool parses_ocsp(void (*change)(ocsp_maker&)) {
  ocsp_maker m;
  change(m);
  return parses_ocsp(m.der());
}
bool parses_entry(void (*change)(ocsp_entry_maker&)) {
  ocsp_maker m;
  change(m.entries[0]);
  return parses_ocsp(m.der());
}

ocsp_view view_of(const std::string& der) {
  errc e = errc::success;
  const auto view = ocsp_view::parse(as_bytes(der), e);
  REQUIRE(view);
  return *view;
}
ocsp_entry entry_of(const ocsp_view& view) {
  ocsp_entry out;
  detail::der::reader in(view.entries());
  REQUIRE(ocsp_view::read_entry(in, out));
  return out;
}

}  // namespace

TEST_CASE("an OCSP response is read field by field") {
  ocsp_maker m;
  m.certificates = {certificate_maker().der()};
  m.entries.emplace_back().status = ocsp_revoked();
  const std::string der = m.der();
  const ocsp_view v = view_of(der);
  CHECK(v.status() == ocsp_response_status::successful);
  CHECK(as_text(v.tbs()) == m.tbs());
  REQUIRE(v.responder_name());
  CHECK(v.responder_name()->first("CN") == "intermediate");
  CHECK(v.responder_key_hash().empty());
  CHECK(to_rfc3339(v.produced_at()) == "2020-01-01T00:00:00Z");
  CHECK(as_text(v.signature()) == ecdsa_value('I'));
  CHECK(as_text(v.certificates()) == m.certificates[0]);
  CHECK_FALSE(v.has_unknown_critical_extension());

  detail::der::reader in(v.entries());
  ocsp_entry e;
  REQUIRE(ocsp_view::read_entry(in, e));
  CHECK(as_text(e.issuer_name_hash) == sha1_text(dn("intermediate")));
  CHECK(as_text(e.issuer_key_hash) == sha1_text(key_bytes('I')));
  CHECK(as_text(e.serial) == "\x01");
  CHECK(e.status == ocsp_certificate_status::good);
  CHECK(to_rfc3339(e.this_update) == "2020-01-01T00:00:00Z");
  REQUIRE(e.next_update);
  CHECK(to_rfc3339(*e.next_update) == "2049-12-31T23:59:59Z");
  REQUIRE(ocsp_view::read_entry(in, e));
  CHECK(e.status == ocsp_certificate_status::revoked);
  CHECK(e.reason == crl_reason::key_compromise);
  CHECK(to_rfc3339(e.revoked_at) == "2020-06-01T00:00:00Z");
  CHECK_FALSE(ocsp_view::read_entry(in, e));

  m = {};
  m.responder = responder_key('I');
  const std::string by_key = m.der();
  CHECK(as_text(view_of(by_key).responder_key_hash()) == sha1_text(key_bytes('I')));
  CHECK_FALSE(view_of(by_key).responder_name());
}

TEST_CASE("what may be missing in an OCSP response, and what may be there") {
  CHECK(parses_ocsp([](ocsp_maker& m) { m.version = tlv(0xa0, tlv(0x02, "\0"s)); }));
  CHECK(parses_ocsp([](ocsp_maker& m) { m.extensions = extension("\x2b\x06\x01", "x"); }));
  CHECK_FALSE(parses_ocsp([](ocsp_maker& m) { m.certificates = {"no DER"}; }));
  CHECK(parses_ocsp([](ocsp_maker& m) { m.certificates = {sequence("no certificate, but nobody has to look")}; }));
  CHECK(parses_entry([](ocsp_entry_maker& e) { e.next_update = ""; }));
  CHECK(parses_entry([](ocsp_entry_maker& e) { e.status = ocsp_revoked(""); }));
  CHECK(parses_entry([](ocsp_entry_maker& e) { e.status = ocsp_unknown(); }));
  CHECK(parses_entry([](ocsp_entry_maker& e) { e.serial = tlv(0x02, "\xff"); }));
  ocsp_maker m;
  m.entries[0].extensions = extension("\x2b\x06\x01", "x", true);
  CHECK(entry_of(view_of(m.der())).has_unknown_critical_extension);
  m.entries[0].extensions = extension("\x2b\x06\x01", "x");
  CHECK_FALSE(entry_of(view_of(m.der())).has_unknown_critical_extension);
  m.extensions = extension("\x2b\x06\x01", "x", true);
  CHECK(view_of(m.der()).has_unknown_critical_extension());
}

TEST_CASE("an OCSP response that says only that the responder failed") {
  for (const char status : {'\1', '\2', '\3', '\5', '\6'}) {
    const std::string der = sequence(tlv(0x0a, std::string(1, status)));
    CHECK(static_cast<char>(view_of(der).status()) == status);
    CHECK(view_of(der).entries().empty());
  }
  for (const char status : {'\0', '\4', '\7', '\xff'})
    CHECK_FALSE(parses_ocsp(sequence(tlv(0x0a, std::string(1, status)))));
  CHECK_FALSE(parses_ocsp([](ocsp_maker& m) { m.status = tlv(0x0a, "\x03"); }));
}

TEST_CASE("an OCSP response whose structure is broken does not parse") {
  CHECK(parses_ocsp([](ocsp_maker&) {}));
  CHECK_FALSE(parses_ocsp(""));
  CHECK_FALSE(parses_ocsp(sequence("")));
  CHECK_FALSE(parses_ocsp([](ocsp_maker& m) { m.trailing = "x"; }));
  CHECK_FALSE(parses_ocsp([](ocsp_maker& m) { m.status = tlv(0x0a, ""); }));
  CHECK_FALSE(parses_ocsp([](ocsp_maker& m) { m.status = tlv(0x0a, "\0\0"s); }));
  CHECK_FALSE(parses_ocsp([](ocsp_maker& m) { m.status = tlv(0x02, "\0"s); }));
  CHECK_FALSE(parses_ocsp([](ocsp_maker& m) { m.type = oid("\x2b\x06\x01\x05\x05\x07\x30\x01\x02"); }));
  CHECK_FALSE(parses_ocsp([](ocsp_maker& m) { m.type = ""; }));
  CHECK_FALSE(parses_ocsp([](ocsp_maker& m) { m.version = tlv(0xa0, tlv(0x02, "\x01")); }));
  CHECK_FALSE(parses_ocsp([](ocsp_maker& m) { m.responder = ""; }));
  CHECK_FALSE(parses_ocsp([](ocsp_maker& m) { m.responder = responder_name(""); }));
  CHECK_FALSE(parses_ocsp([](ocsp_maker& m) { m.responder = tlv(0xa1, dn("a") + dn("b")); }));
  CHECK_FALSE(parses_ocsp([](ocsp_maker& m) { m.responder = tlv(0xa2, octets("short")); }));
  CHECK_FALSE(parses_ocsp([](ocsp_maker& m) { m.responder = tlv(0xa3, dn("a")); }));
  CHECK_FALSE(parses_ocsp([](ocsp_maker& m) { m.produced_at = tlv(0x17, "200101000000Z"); }));
  CHECK_FALSE(parses_ocsp([](ocsp_maker& m) { m.produced_at = tlv(0x18, "20200101000000.5Z"); }));
  CHECK_FALSE(parses_ocsp([](ocsp_maker& m) { m.produced_at = tlv(0x18, "20201301000000Z"); }));
  CHECK_FALSE(parses_ocsp([](ocsp_maker& m) { m.entries.clear(); }));
  CHECK_FALSE(parses_ocsp([](ocsp_maker& m) { m.extensions = "x"; }));
  CHECK_FALSE(parses_ocsp([](ocsp_maker& m) { m.extensions = extension("\x2a", "x") + extension("\x2a", "y"); }));
  CHECK_FALSE(parses_ocsp([](ocsp_maker& m) { m.algorithm = ""; }));
  CHECK_FALSE(parses_ocsp([](ocsp_maker& m) { m.signature = tlv(0x03, "\x01s"); }));
  CHECK_FALSE(parses_ocsp([](ocsp_maker& m) { m.after_basic = tlv(0xa1, ""); }));
}

TEST_CASE("an OCSP response with an entry that is broken does not parse") {
  CHECK_FALSE(parses_entry([](ocsp_entry_maker& e) { e.hash = ""; }));
  CHECK_FALSE(parses_entry([](ocsp_entry_maker& e) { e.serial = ""; }));
  CHECK_FALSE(parses_entry([](ocsp_entry_maker& e) { e.serial = tlv(0x02, ""); }));
  CHECK_FALSE(parses_entry([](ocsp_entry_maker& e) { e.serial = tlv(0x02, "\0\x01"s); }));
  CHECK_FALSE(parses_entry([](ocsp_entry_maker& e) { e.serial += tlv(0x02, "\x01"); }));
  CHECK_FALSE(parses_entry([](ocsp_entry_maker& e) { e.status = ""; }));
  CHECK_FALSE(parses_entry([](ocsp_entry_maker& e) { e.status = tlv(0x80, "x"); }));
  CHECK_FALSE(parses_entry([](ocsp_entry_maker& e) { e.status = tlv(0x82, "x"); }));
  CHECK_FALSE(parses_entry([](ocsp_entry_maker& e) { e.status = tlv(0x83, ""); }));
  CHECK_FALSE(parses_entry([](ocsp_entry_maker& e) { e.status = tlv(0xa0, ""); }));
  CHECK_FALSE(parses_entry([](ocsp_entry_maker& e) { e.status = tlv(0xa1, ""); }));
  CHECK_FALSE(parses_entry([](ocsp_entry_maker& e) { e.status = ocsp_revoked(tlv(0xa0, tlv(0x0a, "\x07"))); }));
  CHECK_FALSE(parses_entry([](ocsp_entry_maker& e) { e.status = ocsp_revoked(tlv(0xa0, tlv(0x0a, "\x0b"))); }));
  CHECK_FALSE(parses_entry([](ocsp_entry_maker& e) { e.status = ocsp_revoked(tlv(0xa0, "")); }));
  CHECK_FALSE(parses_entry([](ocsp_entry_maker& e) { e.status = ocsp_revoked("x"); }));
  CHECK_FALSE(parses_entry([](ocsp_entry_maker& e) { e.this_update = ""; }));
  CHECK_FALSE(parses_entry([](ocsp_entry_maker& e) { e.this_update = tlv(0x17, "200101000000Z"); }));
  CHECK_FALSE(parses_entry([](ocsp_entry_maker& e) { e.next_update = tlv(0x18, "20491231235959Z"); }));
  CHECK_FALSE(parses_entry([](ocsp_entry_maker& e) { e.next_update = tlv(0xa0, ""); }));
  CHECK_FALSE(parses_entry([](ocsp_entry_maker& e) { e.next_update += e.next_update; }));
  CHECK_FALSE(parses_entry([](ocsp_entry_maker& e) { e.extensions = "x"; }));
  ocsp_maker m;
  m.entries.emplace_back().status = "";
  CHECK_FALSE(parses_ocsp(m.der()));
}

TEST_CASE("every truncation and every changed byte of an OCSP response is survived") {
  ocsp_maker m;
  m.certificates = {certificate_maker().der()};
  m.entries.emplace_back().status = ocsp_revoked();
  m.extensions = m.entries[0].extensions = extension("\x2a", "x");
  const std::string der = m.der();
  REQUIRE(parses_ocsp(der));
  for (std::size_t i = 0; i < der.size(); ++i) CHECK_FALSE(parses_ocsp(der.substr(0, i)));
  for (std::size_t i = 0; i < der.size(); ++i) {
    for (const unsigned bit : {0x01U, 0x20U, 0x80U}) {
      std::string other = der;
      other[i] = static_cast<char>(static_cast<unsigned char>(other[i]) ^ bit);
      errc e = errc::success;
      const auto view = ocsp_view::parse(as_bytes(other), e);
      CHECK(view.has_value() == (e == errc::success));
    }
  }
}

TEST_CASE("responses that others made are read") {
  for (const char* name : {"good", "good_sha256", "revoked", "unknown", "delegated", "endless", "try_later"}) {
    CAPTURE(name);
    CHECK(parses_ocsp(read_data("ocsp/" + std::string(name) + ".der")));
  }
  const std::string der = read_data("ocsp/revoked.der");
  CHECK(entry_of(view_of(der)).reason == crl_reason::key_compromise);
}

TEST_CASE("an identity takes an OCSP response that parses, and keeps it by value") {
  identity a;
  error_info info;
  const std::string good = read_data("ocsp/good.der"), revoked = read_data("ocsp/revoked.der");
  CHECK(a.ocsp_response().empty());
  CHECK(a.set_ocsp_response(as_bytes(good), info) == errc::success);
  identity b = a;
  CHECK(b.set_ocsp_response(as_bytes(revoked), info) == errc::success);
  CHECK(as_text(a.ocsp_response()) == good);
  CHECK(as_text(b.ocsp_response()) == revoked);
  CHECK(a.set_ocsp_response(as_bytes(good.substr(1)), info) == errc::bad_der);
  CHECK(info.code == errc::bad_der);
  CHECK(a.set_ocsp_response(as_bytes(read_data("pki/server.der")), info) == errc::bad_der);
  CHECK(a.set_ocsp_response(as_bytes(read_data("ocsp/try_later.der")), info) == errc::invalid_argument);
  CHECK(explain(info).find("status 3") != std::string::npos);
  CHECK_THROWS_AS(a.set_ocsp_response(as_bytes("x")), tls_error);
  CHECK(a.set_ocsp_response({}, info) == errc::bad_der);
  CHECK(as_text(a.ocsp_response()) == good);
}
