// SPDX-License-Identifier: BSL-1.0
#include "plugtls/detail/revocation_check.hpp"
#include "support/catch.hpp"
#include "support/crl_maker.hpp"
#include "support/ocsp_maker.hpp"
#include "support/print.hpp"

using namespace plugtls;
using namespace plugtls_test;

namespace {

int signatures = 0;
// A key of the makers is one character; its signature is that character.
errc signed_by_key(byte_view spki, byte_view, byte_view, byte_view signature) {
  ++signatures;
  return signature.back() == spki.back() ? errc::success : errc::bad_signature;
}

// Who may sign responses for the intermediate; the key is 'D'.
certificate_maker make_delegate() {
  certificate_maker m;
  m.subject = dn("responder");
  m.issuer = dn("intermediate");
  m.serial = tlv(0x02, "\x09");
  m.key = ec_key('D');
  m.extensions = key_usage_bits(0x80) + ext_key_usage(oid("\x2b\x06\x01\x05\x05\x07\x03\x09"));
  m.signature = bit_string(ecdsa_value('I'));
  return m;
}

// A leaf (serial 1) of an intermediate of a root, and a response for it.
struct stapled {
  certificate_maker leaf;
  certificate_maker intermediate = make_ca("intermediate", "root", 'I');
  ocsp_maker response;
  std::vector<certificate_maker> delegates;
  std::vector<crl_maker> crls;
  revocation_policy policy{revocation_mode::leaf, false, true};
  policy_settings settings;
  bool is_there = true;

  stapled() {
    leaf.issuer = dn("intermediate");
    settings.now = 1770000000;  // 2026
  }
  ocsp_entry_maker& entry() { return response.entries[0]; }
  // By a delegate, which comes along.
  stapled& delegate(const certificate_maker& m = make_delegate()) {
    delegates = {m};
    response.responder = responder_name("responder");
    response.signature = bit_string(ecdsa_value('D'));
    return *this;
  }

  /// Runs `times` paths, all the same.
  problem_list check(int times = 1) const {
    std::vector<certificate> chain;
    errc e = errc::success;
    for (const certificate_maker& m : {leaf, intermediate, make_ca("root", "root", 'R')}) {
      const auto made = certificate::from_der(as_bytes(m.der()), e);
      REQUIRE(made);
      chain.push_back(*made);
    }
    detail::revocation_rules rules{policy, {}};
    for (const crl_maker& m : crls) {
      const auto made = crl::from_der(as_bytes(m.der()), e);
      REQUIRE(made);
      rules.lists.push_back({*made});
    }
    ocsp_maker made = response;
    for (const certificate_maker& m : delegates) made.certificates.push_back(m.der());
    const std::string der = is_there ? made.der() : "";
    std::vector<certificate_view> path;
    for (const certificate& c : chain) path.push_back(c.view());
    problem_list out;
    detail::revocation_check checked(rules, &signed_by_key, settings, {}, {}, as_bytes(der));
    for (int i = 0; i < times; ++i) checked.run(path, out);
    return out;
  }
};

const problem_list fine, leaf_is_revoked{{errc::revoked, 0}}, leaf_is_unknown{{errc::revocation_unknown, 0}};

// Changes a response that says good, and sees that one that says revoked counts exactly where it does.
template <class Change>
problem_list with_staple(const Change& change) {
  stapled s;
  change(s);
  const problem_list said = s.check();
  s.policy.soft = true;
  for (ocsp_entry_maker& e : s.response.entries) e.status = ocsp_revoked();
  CHECK(s.check() == (said.empty() ? leaf_is_revoked : fine));
  return said;
}

crl_maker list_of_intermediate(const std::string& serial) {
  crl_maker m;
  m.issuer = dn("intermediate");
  m.entries = serial.empty() ? "" : crl_entry_der(serial_number(serial));
  m.signature = bit_string(ecdsa_value('I'));
  return m;
}
certificate_maker can_sign_crls(certificate_maker ca) {
  ca.extensions = basic_constraints(true) + key_usage_bits(0x06);
  return ca;
}
std::string tls_feature(const std::string& value) { return extension("\x2b\x06\x01\x05\x05\x07\x01\x18", value); }

}  // namespace

TEST_CASE("ocsp: good, revoked, unknown, and nothing") {
  CHECK(with_staple([](stapled&) {}) == fine);
  stapled s;
  s.entry().status = ocsp_unknown();
  CHECK(s.check() == leaf_is_unknown);
  s.policy.soft = true;
  CHECK(s.check() == fine);
  s.is_there = false;
  CHECK(s.check() == fine);
  s.policy.soft = false;
  CHECK(s.check() == leaf_is_unknown);
  s.policy.mode = revocation_mode::none;
  CHECK(s.check() == fine);
}

TEST_CASE("ocsp: an entry is for one certificate of one key of one name") {
  CHECK(with_staple([](stapled& s) { s.entry().serial = tlv(0x02, "\x02"); }) == leaf_is_unknown);
  CHECK(with_staple([](stapled& s) { s.entry().name_hash = sha1_text(dn("other")); }) == leaf_is_unknown);
  CHECK(with_staple([](stapled& s) { s.entry().key_hash = sha1_text(key_bytes('J')); }) == leaf_is_unknown);
  CHECK(with_staple([](stapled& s) { s.entry().key_hash = sha1_text(ec_key('I')); }) == leaf_is_unknown);
  CHECK(with_staple([](stapled& s) { s.entry().hash = sha256_algorithm(); }) == leaf_is_unknown);
  CHECK(with_staple([](stapled& s) { s.entry().hash = sequence(oid("\x2a\x03")); }) == leaf_is_unknown);
  CHECK(with_staple([](stapled& s) { s.entry().key_hash = ""; }) == leaf_is_unknown);
  CHECK(with_staple([](stapled& s) {
          s.entry().hash = sha256_algorithm();
          s.entry().name_hash = sha256_text(dn("intermediate"));
          s.entry().key_hash = sha256_text(key_bytes('I'));
        }) == fine);
}

TEST_CASE("ocsp: an entry counts from thisUpdate to nextUpdate, by the clock") {
  CHECK(with_staple([](stapled& s) { s.entry().next_update = tlv(0xa0, tlv(0x18, "20250101000000Z")); }) ==
        leaf_is_unknown);
  CHECK(with_staple([](stapled& s) { s.entry().this_update = tlv(0x18, "20480101000000Z"); }) == leaf_is_unknown);
  CHECK(with_staple([](stapled& s) { s.entry().next_update = ""; }) == leaf_is_unknown);
  stapled s;
  for (const auto& [now, good] :
       {std::pair(unix_time{1577836799}, false), {1577836800, true}, {2524607999, true}, {2524608000, false}}) {
    s.settings.now = now;
    CHECK(s.check().empty() == good);
  }
}

TEST_CASE("ocsp: of several entries the worst that is of now counts") {
  stapled s;
  s.response.entries.resize(3);
  CHECK(s.check() == fine);
  s.response.entries[1].serial = tlv(0x02, "\x02");
  s.response.entries[1].status = ocsp_revoked();
  CHECK(s.check() == fine);
  s.response.entries[2].status = ocsp_unknown();
  CHECK(s.check() == leaf_is_unknown);
  s.response.entries[2].status = ocsp_revoked();
  CHECK(s.check() == leaf_is_revoked);
  s.response.entries[2].next_update = tlv(0xa0, tlv(0x18, "20250101000000Z"));
  CHECK(s.check() == fine);
}

TEST_CASE("ocsp: what is not wholly understood, not successful, or does not parse is not there") {
  const std::string critical = extension("\x2a\x03", "x", true), harmless = extension("\x2a\x03", "x");
  CHECK(with_staple([&](stapled& s) { s.response.extensions = critical; }) == leaf_is_unknown);
  CHECK(with_staple([&](stapled& s) { s.entry().extensions = critical; }) == leaf_is_unknown);
  CHECK(with_staple([&](stapled& s) { s.response.extensions = s.entry().extensions = harmless; }) == fine);
  CHECK(with_staple([](stapled& s) { s.response.trailing = "x"; }) == leaf_is_unknown);
  CHECK(with_staple([](stapled& s) { s.response.status = tlv(0x0a, "\x01"); }) == leaf_is_unknown);
}

TEST_CASE("ocsp: the issuer itself may sign, named by its name or by its key") {
  CHECK(with_staple([](stapled& s) { s.response.responder = responder_key('I'); }) == fine);
  CHECK(with_staple([](stapled& s) { s.response.responder = responder_name("Intermediate"); }) == fine);
  CHECK(with_staple([](stapled& s) { s.response.responder = responder_name("root"); }) == leaf_is_unknown);
  CHECK(with_staple([](stapled& s) { s.response.responder = responder_key('R'); }) == leaf_is_unknown);
  CHECK(with_staple([](stapled& s) { s.response.signature = bit_string(ecdsa_value('X')); }) == leaf_is_unknown);
  CHECK(with_staple([](stapled& s) {  // the root above speaks for its own certificates only
          s.response.responder = responder_name("root");
          s.response.signature = bit_string(ecdsa_value('R'));
          s.delegates = {make_ca("root", "root", 'R')};
        }) == leaf_is_unknown);
}

TEST_CASE("ocsp: signatures and keys reach the floors, and are written as they must be") {
  CHECK(with_staple([](stapled& s) { s.response.algorithm = ecdsa_sha1(); }) == leaf_is_unknown);
  CHECK(with_staple([](stapled& s) { s.response.algorithm = rsa_md5(); }) == leaf_is_unknown);
  CHECK(with_staple([](stapled& s) {
          s.response.algorithm = ecdsa_sha1();
          s.settings.floors.hash_bits = 160;
        }) == fine);
  CHECK(with_staple([](stapled& s) { s.response.signature = bit_string("xI"); }) == leaf_is_unknown);
  CHECK(with_staple([](stapled& s) {
          s.response.algorithm = sequence(oid("\x2a\x86\x48\xce\x3d\x04\x03\x02") + tlv(0x05, ""));
        }) == leaf_is_unknown);
  CHECK(with_staple([](stapled& s) {
          certificate_maker m = make_delegate();
          m.key = ec_key('D', "\x2a\x86\x48\xce\x3d\x03\x01\x01", 24);
          s.delegate(m);
        }) == leaf_is_unknown);
  CHECK(with_staple([](stapled& s) {
          certificate_maker m = make_delegate();
          m.inner_algorithm = ecdsa_sha1();
          s.delegate(m);
        }) == leaf_is_unknown);
}

TEST_CASE("ocsp: the issuer's delegate may sign, and nobody else") {
  const auto signed_by_delegate = [](const auto& change) {
    return with_staple([&](stapled& s) {
      certificate_maker m = make_delegate();
      change(m);
      s.delegate(m);
    });
  };
  const std::string usage = key_usage_bits(0x80), purpose_oid = oid("\x2b\x06\x01\x05\x05\x07\x03\x09");
  using maker = certificate_maker;
  CHECK(signed_by_delegate([](maker&) {}) == fine);
  CHECK(signed_by_delegate([&](maker& m) { m.extensions = ext_key_usage(server_auth() + purpose_oid); }) == fine);
  CHECK(signed_by_delegate([&](maker& m) { m.extensions = key_usage_bits(0x40) + ext_key_usage(purpose_oid); }) ==
        fine);
  CHECK(signed_by_delegate([&](maker& m) { m.extensions = usage; }) == leaf_is_unknown);
  CHECK(signed_by_delegate([&](maker& m) { m.extensions = usage + ext_key_usage(server_auth()); }) == leaf_is_unknown);
  CHECK(signed_by_delegate([&](maker& m) { m.extensions = usage + ext_key_usage(oid("\x55\x1d\x25\x00"s)); }) ==
        leaf_is_unknown);
  CHECK(signed_by_delegate([&](maker& m) { m.extensions = key_usage_bits(0x20) + ext_key_usage(purpose_oid); }) ==
        leaf_is_unknown);
  CHECK(signed_by_delegate([](maker& m) { m.extensions += extension("\x2a\x03", "x", true); }) == leaf_is_unknown);
  CHECK(signed_by_delegate([](maker& m) { m.not_after = tlv(0x17, "250101000000Z"); }) == leaf_is_unknown);
  CHECK(signed_by_delegate([](maker& m) { m.not_before = tlv(0x17, "480101000000Z"); }) == leaf_is_unknown);
  CHECK(signed_by_delegate([](maker& m) { m.issuer = dn("root"); }) == leaf_is_unknown);
  CHECK(signed_by_delegate([](maker& m) { m.signature = bit_string(ecdsa_value('R')); }) == leaf_is_unknown);
  CHECK(signed_by_delegate([](maker& m) { m.signature = bit_string(ecdsa_value('D')); }) == leaf_is_unknown);
  CHECK(signed_by_delegate([](maker& m) { m.subject = dn("other"); }) == leaf_is_unknown);
  CHECK(signed_by_delegate([](maker& m) { m.key = ec_key('E'); }) == leaf_is_unknown);
  CHECK(signed_by_delegate([](maker& m) { m.trailing = sequence("x"); }) == fine);  // one more that does not parse
  CHECK(with_staple([](stapled& s) { s.delegate().response.responder = responder_key('D'); }) == fine);
  CHECK(with_staple([](stapled& s) { s.delegate().response.responder = responder_key('I'); }) == leaf_is_unknown);
  CHECK(with_staple([](stapled& s) { s.delegate().delegates.clear(); }) == leaf_is_unknown);
  CHECK(with_staple([](stapled& s) { s.delegate().delegates = {certificate_maker(), make_delegate()}; }) == fine);
  CHECK(with_staple([](stapled& s) {
          certificate_maker m = make_delegate();
          m.extensions += authority_key_id("j");
          s.intermediate.extensions += subject_key_id("i");
          s.delegate(m);
        }) == leaf_is_unknown);
}

TEST_CASE("ocsp: a delegate that a CRL lists does not speak for its CA") {
  stapled s;
  s.delegate();
  s.policy.soft = true;
  s.intermediate = can_sign_crls(s.intermediate);
  s.entry().status = ocsp_revoked();
  s.crls = {list_of_intermediate("")};
  CHECK(s.check() == leaf_is_revoked);
  s.crls = {list_of_intermediate("\x09")};
  CHECK(s.check() == fine);
}

TEST_CASE("ocsp: a response is one source beside the CRLs") {
  const auto both = [](const std::string& status, const std::string& listed, bool soft = false) {
    stapled s;
    s.policy.soft = soft;
    s.intermediate = can_sign_crls(s.intermediate);
    s.entry().status = status;
    s.crls = {list_of_intermediate(listed)};
    return s.check();
  };
  for (const bool soft : {false, true}) {
    CHECK(both(ocsp_good(), "", soft) == fine);
    CHECK(both(ocsp_unknown(), "", soft) == fine);
    CHECK(both(ocsp_revoked(), "", soft) == leaf_is_revoked);
    CHECK(both(ocsp_good(), "\x01", soft) == leaf_is_revoked);
    CHECK(both(ocsp_unknown(), "\x01", soft) == leaf_is_revoked);
    CHECK(both(ocsp_revoked(), "\x01", soft) == leaf_is_revoked);
  }
  stapled s;
  s.policy.mode = revocation_mode::chain;
  CHECK(s.check() == problem_list{{errc::revocation_unknown, 1}});
}

TEST_CASE("ocsp: a promised staple must say good where one is asked for (RFC 7633)") {
  const auto promised = [](const std::string& value, const auto& change) {
    stapled s;
    s.leaf.extensions += tls_feature(value);
    s.policy.soft = true;
    change(s);
    return s.check();
  };
  const auto missing = [](stapled& s) { s.is_there = false; };
  const std::string yes = sequence(tlv(0x02, "\x05"));
  CHECK(promised(yes, [](stapled&) {}) == fine);
  CHECK(promised(yes, missing) == leaf_is_unknown);
  CHECK(promised(yes, [](stapled& s) { s.entry().status = ocsp_unknown(); }) == leaf_is_unknown);
  CHECK(promised(yes, [](stapled& s) { s.entry().status = ocsp_revoked(); }) == leaf_is_revoked);
  CHECK(promised(yes, [](stapled& s) { s.entry().next_update = ""; }) == leaf_is_unknown);
  CHECK(promised(yes, [](stapled& s) { s.is_there = s.policy.staple = false; }) == fine);
  const auto beside_list = [&](const std::string& listed) {
    return promised(yes, [&](stapled& s) {
      s.is_there = false;
      s.intermediate = can_sign_crls(s.intermediate);
      s.crls = {list_of_intermediate(listed)};
    });
  };
  CHECK(beside_list("") == leaf_is_unknown);
  CHECK(beside_list("\x01") == leaf_is_revoked);
  CHECK(promised(sequence(tlv(0x02, "\x11")), missing) == fine);
  CHECK(promised(sequence(tlv(0x02, "\x11") + tlv(0x02, "\x05")), missing) == leaf_is_unknown);
  CHECK(promised("x", missing) == leaf_is_unknown);
  CHECK(promised(sequence("x"), missing) == leaf_is_unknown);
}

TEST_CASE("ocsp: what a peer staples costs a bounded number of signatures") {
  stapled s;
  s.delegate();
  certificate_maker m = make_delegate();
  m.signature = bit_string(ecdsa_value('X'));
  s.delegates.assign(200, m);
  signatures = 0;
  CHECK(s.check() == leaf_is_unknown);
  CHECK(signatures == 8);  // no more certificates are looked into
  CHECK(s.check(50) == leaf_is_unknown);
  CHECK(signatures == 8 + 32);
  s.delegates[7] = make_delegate();
  CHECK(s.check(2) == fine);
  s.delegates[7] = m;
  s.delegates[8] = make_delegate();
  CHECK(s.check() == leaf_is_unknown);
}
