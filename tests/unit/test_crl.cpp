// SPDX-License-Identifier: BSL-1.0
#include "plugtls/crl.hpp"

#include "plugtls/trust_store.hpp"
#include "support/catch.hpp"
#include "support/corpus.hpp"
#include "support/crl_maker.hpp"
#include "support/print.hpp"

using namespace plugtls;
using namespace plugtls_test;

namespace {

bool parses(const std::string& der) {
  errc e = errc::success;
  const bool good = crl_view::parse(as_bytes(der), e).has_value();
  CHECK(e == (good ? errc::success : errc::bad_der));
  return good;
}
bool parses(const crl_maker& m) { return parses(m.der()); }

crl make(const crl_maker& m) {
  errc e = errc::success;
  auto made = crl::from_der(as_bytes(m.der()), e);
  REQUIRE(made);
  return *made;
}

crl_maker with_entries(const std::string& entries) {
  crl_maker m;
  m.entries = entries;
  return m;
}
crl_maker with_extensions(const std::string& extensions) {
  crl_maker m;
  m.extensions = extensions;
  return m;
}
std::string entry(const std::string& serial, const std::string& extensions = {}) {
  return crl_entry_der(serial_number(serial), extensions);
}

const std::string unknown_oid = "\x2b\x06\x01\x04\x01\x83\xb2\x03\x01";

}  // namespace

TEST_CASE("a CRL is read field by field") {
  crl_maker m = with_entries(entry("\x05", reason_code(1)) + entry("\x07"));
  m.extensions += authority_key_id("key");
  const crl c = make(m);
  const crl_view& v = c.view();
  CHECK(v.version() == 2);
  CHECK(v.issuer().first("CN") == "root");
  CHECK(to_rfc3339(v.this_update()) == "2020-01-01T00:00:00Z");
  REQUIRE(v.next_update());
  CHECK(to_rfc3339(*v.next_update()) == "2049-12-31T23:59:59Z");
  CHECK(as_text(v.number()) == "\x01");
  CHECK(as_text(v.authority_key_id()) == "key");
  CHECK(as_text(v.signature()) == ecdsa_value('s'));
  CHECK(as_text(v.tbs()).size() < c.der().size());
  CHECK(v.scope().reasons == crl_scope::all_reasons);
  CHECK_FALSE((v.is_delta() || v.is_indirect() || v.has_unknown_critical_extension()));
  CHECK(c.size() == 2);
  REQUIRE(c.find(as_bytes("\x05")));
  CHECK(c.find(as_bytes("\x05"))->reason == crl_reason::key_compromise);
  CHECK(to_rfc3339(c.find(as_bytes("\x07"))->revoked_at) == "2020-06-01T00:00:00Z");
  CHECK_FALSE(c.find(as_bytes("\x06")));
  CHECK_FALSE(c.find({}));
}

TEST_CASE("what may be missing in a CRL") {
  crl_maker m = with_extensions("");
  CHECK(parses(m));
  m.version = "";
  CHECK(make(m).view().version() == 1);
  m.entries = entry("\x01");
  CHECK(parses(m));
  m.next_update = "";
  CHECK_FALSE(make(m).view().next_update());
  m.this_update = tlv(0x18, "20500101000000Z");
  CHECK(parses(m));
  CHECK(make(crl_maker()).size() == 0);
  m.entries = crl_entry_der(serial_number("\xff"));  // a negative number of a CA that knows no better
  CHECK(parses(m));
}

TEST_CASE("a CRL whose structure is broken does not parse") {
  const auto broken = [](auto&& change) {
    crl_maker m = with_entries(entry("\x05", reason_code(1)));
    change(m);
    return !parses(m);
  };
  CHECK_FALSE(broken([](crl_maker&) {}));
  CHECK(broken([](crl_maker& m) { m.trailing = "x"; }));
  CHECK(broken([](crl_maker& m) { m.version = tlv(0x02, "\x02"); }));
  CHECK(broken([](crl_maker& m) { m.version = tlv(0x02, "\0"s); }));
  CHECK(broken([](crl_maker& m) { m.version = tlv(0x02, "\0\x01"s); }));
  CHECK(broken([](crl_maker& m) { m.version = ""; }));  // version 1, with extensions
  CHECK(broken([](crl_maker& m) { m.version = m.extensions = ""; }));
  CHECK(broken([](crl_maker& m) { m.outer_algorithm = ecdsa_sha1(); }));
  CHECK(broken([](crl_maker& m) { m.issuer = dn(""); }));
  CHECK(broken([](crl_maker& m) { m.issuer = tlv(0x31, ""); }));
  CHECK(broken([](crl_maker& m) {
    m.this_update = "";
    m.next_update = "";
  }));
  CHECK(broken([](crl_maker& m) { m.this_update = tlv(0x17, "201301000000Z"); }));
  CHECK(broken([](crl_maker& m) { m.this_update = tlv(0x17, "2001010000Z"); }));
  CHECK(broken([](crl_maker& m) { m.next_update = tlv(0x18, "20490101000000+0000"); }));
  CHECK(broken([](crl_maker& m) { m.signature = tlv(0x03, "\x01s"); }));
  CHECK(broken([](crl_maker& m) { m.signature = tlv(0x04, "\0s"s); }));
  CHECK(broken([](crl_maker& m) { m.after_extensions = tlv(0xa1, ""); }));
  CHECK(broken([](crl_maker& m) { m.extensions += m.extensions; }));
  CHECK(broken([](crl_maker& m) { m.extensions = extension("\x55\x1d\x14", tlv(0x02, "\xff")); }));
  CHECK(broken([](crl_maker& m) { m.extensions = extension("\x55\x1d\x14", tlv(0x04, "\x01")); }));
  CHECK(broken([](crl_maker& m) { m.extensions = extension("\x55\x1d\x23", "x"); }));
}

TEST_CASE("a CRL with an entry that is broken does not parse") {
  CHECK_FALSE(parses(with_entries(entry(""))));
  CHECK_FALSE(parses(with_entries(entry("\0\x01"s))));
  CHECK_FALSE(parses(with_entries(entry("\x01") + "x")));
  CHECK_FALSE(parses(with_entries(sequence(serial_number("\x01")))));
  CHECK_FALSE(parses(with_entries(crl_entry_der(serial_number("\x01"), "", tlv(0x17, "209901000000Z")))));
  CHECK_FALSE(
      parses(with_entries(crl_entry_der(serial_number("\x01"), "", tlv(0x17, "200601000000Z") + sequence("")))));
  CHECK_FALSE(parses(with_entries(entry("\x01", reason_code(1) + reason_code(2)))));
  CHECK_FALSE(parses(with_entries(entry("\x01", reason_code(7)))));
  CHECK_FALSE(parses(with_entries(entry("\x01", reason_code(11)))));
  CHECK_FALSE(parses(with_entries(entry("\x01", extension("\x55\x1d\x15", tlv(0x0a, "\0\x01"s))))));
  CHECK_FALSE(parses(with_entries(entry("\x01", extension("\x55\x1d\x15", tlv(0x02, "\x01"))))));
  CHECK_FALSE(parses(with_entries(entry("\x01", extension("\x55\x1d\x18", tlv(0x17, "200601000000Z"))))));
  CHECK(parses(with_entries(entry("\x01", extension("\x55\x1d\x18", tlv(0x18, "20200601000000Z"))))));
  std::string many;
  for (char c = 1; c <= 11; ++c) many += extension("\x2a"s + c, "x");
  CHECK_FALSE(parses(with_entries(entry("\x01", many))));
}

TEST_CASE("what makes a CRL one that is not used") {
  const std::string critical = extension(unknown_oid, "x", true), harmless = extension(unknown_oid, "x");
  CHECK(make(with_extensions(critical)).view().has_unknown_critical_extension());
  CHECK_FALSE(make(with_extensions(harmless)).view().has_unknown_critical_extension());
  CHECK(make(with_entries(entry("\x01") + entry("\x02", critical))).view().has_unknown_critical_extension());
  CHECK_FALSE(make(with_entries(entry("\x02", harmless))).view().has_unknown_critical_extension());
  CHECK(make(with_extensions(extension("\x55\x1d\x1b", tlv(0x02, "\x01"), true))).view().is_delta());
  CHECK(make(with_entries(entry("\x02", reason_code(8)))).view().is_delta());
  const std::string issuer = extension("\x55\x1d\x1d", sequence(directory(dn("other"))), true);
  CHECK(make(with_entries(entry("\x02", issuer))).view().is_indirect());
  CHECK(make(with_extensions(issuing_distribution_point(tlv(0x84, "\xff")))).view().is_indirect());
  crl_maker both = with_extensions(issuing_distribution_point(tlv(0x84, "\0"s)));  // says no, and does
  both.entries = entry("\x02", issuer);
  CHECK(make(both).view().is_indirect());
}

TEST_CASE("issuingDistributionPoint is read") {
  const auto scope = [](const std::string& fields) {
    return make(with_extensions(issuing_distribution_point(fields))).view().scope();
  };
  CHECK(scope("").reasons == crl_scope::all_reasons);
  CHECK(scope(tlv(0x81, "\xff")).only_user_certificates);
  CHECK(scope(tlv(0x82, "\xff")).only_ca_certificates);
  CHECK(scope(tlv(0x85, "\xff")).only_attribute_certificates);
  CHECK(scope(tlv(0x83, "\x06\x40"s)).reasons == 2);
  CHECK(scope(tlv(0x83, "\x07\xff\x80"s)).reasons == crl_scope::all_reasons);
  CHECK_FALSE(scope(full_name(uri("http://a/"))).distribution_point.empty());
  for (const std::string& fields :
       {tlv(0x81, ""), tlv(0x81, "\x01"), tlv(0x82, "\xff") + tlv(0x81, "\xff"), tlv(0x83, ""), tlv(0xa0, ""),
        tlv(0xa0, tlv(0xa0, "")), tlv(0xa0, tlv(0xa2, uri("a"))), full_name(uri("a")) + "x", tlv(0x86, "\xff"),
        full_name(tlv(0x9f, "a"))}) {
    CAPTURE(fields);
    CHECK_FALSE(parses(with_extensions(issuing_distribution_point(fields))));
  }
}

TEST_CASE("every truncation and every changed byte of a CRL is survived") {
  crl_maker m = with_entries(entry("\x05", reason_code(1)) + entry("\x07"));
  m.extensions += issuing_distribution_point(full_name(uri("http://a/")) + tlv(0x83, "\x06\x40"s));
  const std::string der = m.der();
  REQUIRE(parses(der));
  for (std::size_t i = 0; i < der.size(); ++i) CHECK_FALSE(parses(der.substr(0, i)));
  for (std::size_t i = 0; i < der.size(); ++i) {
    for (const unsigned bit : {0x01U, 0x20U, 0x80U}) {
      std::string other = der;
      other[i] = static_cast<char>(static_cast<unsigned char>(other[i]) ^ bit);
      errc e = errc::success;
      if (const auto c = crl::from_der(as_bytes(other), e)) static_cast<void>(c->find(as_bytes("\x05")));
    }
  }
}

TEST_CASE("entries are found in whatever order they stand") {
  const auto number = [](unsigned v) {
    return std::string(1, '\x01') + static_cast<char>(v >> 8 & 0xff) + static_cast<char>(v & 0xff);
  };
  constexpr unsigned count = 5000;
  for (const unsigned step : {1U, 3U, 4999U, 2501U}) {  // all odd or coprime to 5000: each number occurs once
    std::string entries;
    for (unsigned i = 0; i < count; ++i) entries += entry(number(i * step % count * 2));
    const crl c = make(with_entries(entries + entry("\x02") + entry(std::string(20, '\x11'))));
    CHECK(c.size() == count + 2);
    std::size_t found = 0, strange = 0;
    for (unsigned i = 0; i < count * 2; ++i) {
      const auto e = c.find(as_bytes(number(i)));
      found += e && as_text(e->serial) == number(i);
      strange += e.has_value() != (i % 2 == 0);
    }
    CHECK(found == count);
    CHECK(strange == 0);
    CHECK(c.find(as_bytes("\x02")));
    CHECK(c.find(as_bytes(std::string(20, '\x11'))));
    CHECK_FALSE(c.find(as_bytes(std::string(21, '\x11'))));
  }
  std::string same;
  for (int i = 0; i < 1000; ++i) same += entry("\x05");
  CHECK(make(with_entries(same)).find(as_bytes("\x05")));
}

TEST_CASE("CRLs come as PEM or DER, several in one input") {
  std::vector<crl> out;
  const std::string der = crl_maker().der(), pem = to_pem("X509 CRL", as_bytes(der));
  const auto load = [&out](const std::string& text) { return load_crls(as_bytes(text), out); };
  CHECK(load(der) == errc::success);
  CHECK(load(der + der) == errc::success);
  CHECK(load("text\n" + pem + read_data("pki/root.pem") + pem) == errc::success);
  CHECK(out.size() == 5);
  CHECK(out.front() == out.back());
  CHECK(out.front().pem() == pem);
  CHECK(load("") == errc::bad_der);
  CHECK(load("text") == errc::bad_der);
  CHECK(load(der.substr(1)) == errc::bad_der);
  CHECK(load(der + "x") == errc::bad_der);
  CHECK(load(der.substr(0, der.size() - 1)) == errc::bad_der);
  CHECK(load(read_data("pki/root.pem")) == errc::bad_pem);
  CHECK(load(read_data("pki/server.der")) == errc::bad_der);
  CHECK(load(pem + pem.substr(0, 100)) == errc::bad_pem);
  CHECK(load(pem + "-----BEGIN X509 CRL-----\n!\n-----END X509 CRL-----\n") == errc::bad_pem);
  CHECK(load(pem + to_pem("X509 CRL", as_bytes(der.substr(4)))) == errc::bad_der);
  CHECK(out.size() == 5);
}

TEST_CASE("a trust store holds CRLs beside its anchors") {
  const std::string folder = std::string(PLUGTLS_TEST_DATA) + "/crl/";
  error_info info;
  trust_store a;
  CHECK(a.crls().empty());
  CHECK(a.add_crl_file(folder + "root.pem", info) == errc::success);
  trust_store b = a;
  CHECK(b.add_crls(as_bytes(read_data("crl/intermediate.pem")), info) == errc::success);
  CHECK(a.crls().size() == 1);
  CHECK(b.crls().size() == 2);
  CHECK(b.crls()[1].size() == 1);
  CHECK(b.anchors(info).empty());
  CHECK(a.add_crls(as_bytes("x"), info) == errc::bad_der);
  CHECK(a.add_crl_file(folder + "missing.pem", info) == errc::file_error);
  CHECK(a.add_crl_file(folder + "ca_with_new_key.pem", info) == errc::bad_pem);
  CHECK(explain(info).find("ca_with_new_key.pem") != std::string::npos);
  CHECK(a.crls().size() == 1);
}
