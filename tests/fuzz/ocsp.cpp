// SPDX-License-Identifier: BSL-1.0
// The reader of OCSP responses, and the verdict on them: what is read stands within the bytes; a certificate is good or
// revoked only where an entry of now names it and a signature was verified; and signatures are few.
#include "plugtls/detail/ocsp_check.hpp"

#include <test_pki.hpp>

#include "fuzz.hpp"
#include "plugtls/certificate.hpp"

using namespace plugtls_fuzz;

namespace {

int verified = 0;
errc verify_any(byte_view, byte_view, byte_view, byte_view) {
  ++verified;
  return errc::success;
}
errc verify_none(byte_view, byte_view, byte_view, byte_view) { return errc::bad_signature; }

void require_within(byte_view part, byte_view whole) {
  require(part.empty() || (part.data() >= whole.data() && part.data() + part.size() <= whole.data() + whole.size()),
          "fields stand within the response");
}

certificate read_certificate(std::string_view pem) {
  errc e = errc::success;
  const auto made = certificate::from_pem(pem, e);
  require(made.has_value(), "the certificates are good");
  return *made;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const byte_view der = bytes_of(data, size);
  errc e = errc::success;
  const auto view = ocsp_view::parse(der, e);
  require(view.has_value() == (e == errc::success), "a response or a reason");
  if (!view) return 0;
  for (const byte_view part : {view->tbs(), view->signature(), view->signature_algorithm().raw, view->entries(),
                               view->certificates(), view->responder_key_hash()})
    require_within(part, der);
  const bool is_successful = view->status() == ocsp_response_status::successful;
  require(is_successful != view->entries().empty(), "a response has entries, or no success");
  require(!is_successful || view->responder_name().has_value() == view->responder_key_hash().empty(), "one responder");

  static const certificate server = read_certificate(test_pki::server), ca = read_certificate(test_pki::intermediate);
  const certificate_view &leaf = server.view(), &issuer = ca.view();
  bool is_named = false;
  detail::der::reader in(view->entries());
  ocsp_entry entry;
  while (!in.at_end()) {
    require(ocsp_view::read_entry(in, entry), "what has parsed can be read again");
    for (const byte_view part : {entry.issuer_name_hash, entry.issuer_key_hash, entry.serial})
      require_within(part, der);
    require(entry.this_update >= detail::earliest_time && entry.next_update.value_or(0) <= detail::latest_time,
            "dates exist");
    is_named = is_named || detail::der::equal(entry.serial, leaf.serial());
  }
  require(!detail::speaks_of(*view, leaf, nullptr) || is_named, "only an entry speaks");
  policy_settings policy;
  policy.now = 1770000000;
  const auto never = [](const certificate_view&) { return false; };
  verified = 0;
  const errc said = detail::ocsp_check(der, &verify_any, policy).look_up(leaf, issuer, never);
  require(verified <= 32, "few signatures");
  require(said == errc::revocation_unknown || (verified != 0 && detail::speaks_of(*view, leaf, &issuer)),
          "nothing counts that names another certificate, or was not verified");
  require(detail::ocsp_check(der, &verify_none, policy).look_up(leaf, issuer, never) == errc::revocation_unknown,
          "nothing counts that is not signed");
  return 0;
}
