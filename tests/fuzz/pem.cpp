// SPDX-License-Identifier: BSL-1.0
// The reader of PEM: it ends, gives blocks or a reason, and a block that is written again is read as the same.
#include "plugtls/pem.hpp"

#include "fuzz.hpp"

using namespace plugtls_fuzz;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  pem_reader reader(bytes_of(data, size));
  pem_block block;
  errc e = errc::success;
  std::size_t decoded = 0;
  while (reader.next(block, e)) {
    decoded += block.der.size();
    require(decoded <= size, "what is decoded is shorter than its text");
    const std::string text = to_pem(block.label, block.der);
    pem_reader second(text);
    pem_block same;
    require(second.next(same, e) && same.label == block.label && same.der == block.der, "written and read again");
  }
  require(e == errc::success || e == errc::bad_pem, "the end, or a reason");
  require(!reader.next(block, e), "nothing is read after the end");
  return 0;
}
