// SPDX-License-Identifier: BSL-1.0
// The reader of CRLs and its index: what it takes stands within its bytes, and each entry that is there is found, as is
// no other. The input is a serial number after its length, then a CRL.
#include "plugtls/crl.hpp"

#include "fuzz.hpp"

using namespace plugtls_fuzz;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const byte_view all = bytes_of(data, size);
  const std::size_t length = all.empty() ? 0 : std::to_integer<std::size_t>(all[0]);
  if (all.size() < 1 + length) return 0;
  const byte_view asked = all.subspan(1, length), der = all.subspan(1 + length);
  errc e = errc::success;
  const auto list = crl::from_der(der, e);
  require(list.has_value() == (e == errc::success), "a CRL or a reason");
  if (!list) return 0;
  const crl_view& view = list->view();
  for (const byte_view part : {view.tbs(), view.signature(), view.signature_algorithm().raw, view.issuer().raw(),
                               view.number(), view.authority_key_id(), view.entries(), view.scope().distribution_point})
    require(part.empty() || (part.data() >= list->der().data() &&
                             part.data() + part.size() <= list->der().data() + list->der().size()),
            "fields stand within the CRL");
  require(view.this_update() >= detail::earliest_time && view.next_update().value_or(0) <= detail::latest_time,
          "dates exist");

  std::size_t count = 0;
  bool is_listed = false;
  detail::der::reader in(view.entries());
  crl_entry entry;
  while (!in.at_end()) {
    require(crl_view::read_entry(in, entry), "what has parsed can be read again");
    const auto found = list->find(entry.serial);
    require(found && detail::der::equal(found->serial, entry.serial), "each entry is found");
    is_listed = is_listed || detail::der::equal(entry.serial, asked);
    ++count;
  }
  require(count == list->size(), "the index holds all entries");
  require(list->find(asked).has_value() == is_listed, "and no other");
  const auto again = crl::from_der(list->der(), e);
  require(again && *again == *list, "a copy is the same");
  return 0;
}
