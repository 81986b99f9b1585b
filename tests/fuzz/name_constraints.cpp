// SPDX-License-Identifier: BSL-1.0
// Name constraints: a CA that permits less, or excludes more, never lets through what was refused before. The input is
// parts: a leaf's name, then subtrees, each after a byte that says which list it belongs to.
#include "fuzz.hpp"
#include "plugtls/certificate.hpp"
#include "plugtls/chain_policy.hpp"
#include "support/certificate_maker.hpp"

using namespace plugtls_fuzz;
using namespace plugtls_test;

namespace {

std::string name_of(parts& input) {
  static constexpr unsigned tags[] = {0x81, 0x82, 0x86, 0x87, 0xa4, 0x88, 0xa0};
  const unsigned tag = tags[input.byte() % std::size(tags)];
  return tlv(tag, std::string(input.text()));
}

// -2: the pair is not even parsed.
int judge(const std::string& leaf_names, const std::vector<std::string>& permitted,
          const std::vector<std::string>& excluded) {
  certificate_maker leaf, ca;
  leaf.extensions = basic_constraints(false) + alt_names(leaf_names);
  leaf.issuer = ca.subject = dn("ca");
  ca.extensions =
      basic_constraints(true) + (permitted.empty() && excluded.empty() ? "" : name_constraints(permitted, excluded));
  errc e = errc::success;
  const std::string leaf_der = leaf.der(), ca_der = ca.der();
  const auto leaf_view = certificate_view::parse(as_bytes(leaf_der), e);
  const auto ca_view = certificate_view::parse(as_bytes(ca_der), e);
  if (!leaf_view || !ca_view) return -2;
  const certificate_view path[] = {*leaf_view, *ca_view};
  problem_list problems;
  check_path(path, true, {.now = 1700000000}, problems);
  for (const problem& p : problems)
    if (p.what == errc::name_constraint_violated) return 1;
  return 0;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  parts input(bytes_of(data, size));
  std::string names = name_of(input);
  if (input.byte() % 2 != 0) names += name_of(input);
  std::vector<std::string> permitted, excluded;
  int before = judge(names, permitted, excluded);
  for (int i = 0; i < 6 && !input.empty(); ++i) {
    const bool permits = input.byte() % 2 != 0;
    (permits ? permitted : excluded).push_back(name_of(input));
    const int now = judge(names, permitted, excluded);
    require(now == judge(names, permitted, excluded), "the same twice");
    // More exclusions only tighten; so does the first permission of a form, and permissions are only added after it.
    if (!permits && before == 1) require(now != 0, "one more exclusion lets nothing through");
    before = now;
  }
  return 0;
}
