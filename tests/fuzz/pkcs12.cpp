// SPDX-License-Identifier: BSL-1.0
// The reader of PKCS#12: what it finds stands within its bytes, and neither the MAC nor the bags lead it beyond them.
#include "plugtls/detail/pkcs12.hpp"

#include "fuzz.hpp"

using namespace plugtls_fuzz;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  namespace pkcs12 = detail::pkcs12;
  const byte_view bytes = bytes_of(data, size);
  pkcs12::container c;
  pkcs12::contents found;
  error_info info;
  const errc e = c.parse(bytes, info);
  require(e == info.code, "a container or a reason");
  if (e != errc::success) return 0;
  for (const pkcs12::part& p : c.parts) {
    require(
        p.bytes.empty() || (p.bytes.data() >= bytes.data() && p.bytes.data() + p.bytes.size() <= bytes.data() + size),
        "parts stand within the container");
    if (p.algorithm.empty()) pkcs12::read_bags(p.bytes, found);
  }
  std::size_t total = 0;
  for (const byte_vector& certificate : found.certificates) total += certificate.size();
  for (const secret& key : found.keys) total += key.size();
  require(total <= size, "bags hold no more than the container");
  if (size < 4096 && as_text(c.mac).find("\x02\x03") == std::string_view::npos)  // not millions of rounds
    require(pkcs12::check_mac(c, secret("secret"), info) == info.code || info.code != errc::success, "a verdict");
  return 0;
}
