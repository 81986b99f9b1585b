// SPDX-License-Identifier: BSL-1.0
// The reader of certificates: what it takes can be told in full, and stands within its bytes.
#include "plugtls/certificate.hpp"

#include "fuzz.hpp"
#include "plugtls/chain_policy.hpp"
#include "plugtls/general_names.hpp"

using namespace plugtls_fuzz;

namespace {

void require_within(byte_view part, byte_view whole, const char* what) {
  require(part.empty() || (part.data() >= whole.data() && part.data() + part.size() <= whole.data() + whole.size()),
          what);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const byte_view der = bytes_of(data, size);
  errc e = errc::success;
  const auto view = certificate_view::parse(der, e);
  require(view.has_value() == (e == errc::success), "a certificate or a reason");
  if (!view) return 0;
  for (const byte_view part : {view->tbs(), view->serial(), view->signature(), view->spki_der(),
                               view->signature_algorithm_der(), view->authority_key_id(), view->subject_key_id(),
                               view->name_constraints(), view->subject().raw(), view->issuer().raw()})
    require_within(part, der, "fields stand within the certificate");
  require(view->not_before() >= detail::earliest_time && view->not_after() <= detail::latest_time, "dates exist");
  std::size_t length = view->subject().oneline().size() + view->issuer().oneline().size();
  for (const name_component& c : view->subject().components()) length += c.value.size();
  for (const general_name& name : view->subject_alt_names()) length += to_string(name).size();
  length += view->public_key().description().size() + to_rfc3339(view->not_before()).size();
  require(length < 64 * size + 4096, "texts stay in proportion");

  const auto owned = certificate::from_der(der, e);
  require(owned && owned->view() == *view, "an owned copy is the same");
  const auto again = certificate::from_pem(owned->pem(), e);
  require(again && *again == *owned, "PEM and back is the same");
  problem_list problems;
  const certificate_view path[] = {*view, *view};
  check_path(path, true, {}, problems);
  return 0;
}
