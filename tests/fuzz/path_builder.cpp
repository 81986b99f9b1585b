// SPDX-License-Identifier: BSL-1.0
// The path selector on any tangle of names, keys and signatures: it ends within its limits, and what it gives is a
// path.
#include "plugtls/path_builder.hpp"

#include <vector>

#include "fuzz.hpp"
#include "support/certificate_maker.hpp"

using namespace plugtls_fuzz;
using namespace plugtls_test;

namespace {

// A certificate of three bytes: who, by whom, with which key.
std::string certificate_of(parts& input) {
  const unsigned who = input.byte(), by = input.byte(), keys = input.byte();
  certificate_maker c;
  c.subject = dn(std::string(1, static_cast<char>('a' + who % 5)));
  c.issuer = dn(std::string(1, static_cast<char>('a' + by % 5)));
  c.key = ec_key(static_cast<char>('A' + keys % 4));
  // The signature names the key that made it; see `verify`.
  c.signature = bit_string(ecdsa_value(static_cast<char>('A' + keys / 4 % 4)));
  c.extensions = basic_constraints((who & 0x80) == 0);
  if ((by & 0x80) != 0) c.extensions += subject_key_id("s" + std::string(1, static_cast<char>('0' + keys % 4)));
  if ((keys & 0x80) != 0) c.extensions += authority_key_id("s" + std::string(1, static_cast<char>('0' + keys / 4 % 4)));
  return c.der();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  parts input(bytes_of(data, size));
  const std::size_t presented_count = 1 + input.byte() % 12, anchor_count = input.byte() % 6;
  const unsigned pickiness = input.byte();
  std::vector<std::string> ders;
  for (std::size_t i = 0; i < presented_count + anchor_count; ++i) ders.push_back(certificate_of(input));
  std::vector<certificate_view> presented, anchors;
  for (std::size_t i = 0; i < ders.size(); ++i) {
    errc e = errc::success;
    const auto view = certificate_view::parse(as_bytes(ders[i]), e);
    require(view.has_value(), "the certificates are good");
    (i < presented_count ? presented : anchors).push_back(*view);
  }
  const path_limits limits;
  std::size_t verified = 0, asked = 0;
  const auto verify = [&](byte_view spki, byte_view, byte_view, byte_view signature) {
    ++verified;
    return !signature.empty() && spki.back() == signature.back() ? errc::success : errc::bad_signature;
  };
  const path_result found = build_path(presented, anchors, limits, verify, [&](std::span<const certificate_view>) {
    ++asked;
    return asked > pickiness % 4;
  });
  // Beside the candidates, self-issued ones may be tried on themselves.
  require(verified <= 2 * limits.candidates + limits.certificates, "no more signatures than the limit");
  require(!found.path.empty() && found.path.front() == presented.front(), "a path begins with the leaf");
  require(found.path.size() <= limits.certificates, "no longer than the limit");
  require(found.anchored == (found.reason == errc::success), "an anchor, or a reason");
  for (std::size_t i = 0; i + 1 < found.path.size(); ++i) {
    const certificate_view &child = found.path[i], &issuer = found.path[i + 1];
    require(child.issuer() == issuer.subject(), "each is issued by the next");
    require(verify(issuer.spki_der(), {}, {}, child.signature()) == errc::success, "and signed by it");
  }
  if (!found.anchored) return 0;
  bool is_anchor = false;
  for (const certificate_view& anchor : anchors) is_anchor = is_anchor || anchor == found.path.back();
  require(is_anchor, "an anchored path ends in an anchor");
  return 0;
}
