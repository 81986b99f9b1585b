// SPDX-License-Identifier: BSL-1.0
#include "plugtls/buffer_port.hpp"

#include <string>

#include "support/catch.hpp"

using plugtls::as_bytes;
using plugtls::as_text;
using plugtls::buffer_port;
using plugtls::io_status;

TEST_CASE("a buffer port reads what it was fed, then blocks, then ends") {
  buffer_port buffers;
  plugtls::port& p = buffers;
  std::byte block[4];
  CHECK(p.read(p, block, sizeof block).status == io_status::would_block);
  CHECK(buffers.feed(as_bytes("12345")));
  CHECK(buffers.feed({}));
  plugtls::io_result r = p.read(p, block, sizeof block);
  CHECK(r.status == io_status::ok);
  CHECK(as_text({block, r.bytes}) == "1234");
  buffers.ended = true;
  r = p.read(p, block, sizeof block);
  CHECK(r.status == io_status::ok);
  CHECK(as_text({block, r.bytes}) == "5");
  CHECK(p.read(p, block, sizeof block).status == io_status::end);
  CHECK(p.read(p, block, sizeof block).status == io_status::end);
}

TEST_CASE("a buffer port collects output up to its limit") {
  buffer_port buffers(6);
  plugtls::port& p = buffers;
  const auto put = [&](std::string_view text) { return p.write(p, as_bytes(text).data(), text.size()); };
  CHECK(buffers.output().empty());
  CHECK(put("1234").bytes == 4);
  CHECK(put("5678").bytes == 2);
  CHECK(put("9").status == io_status::would_block);
  CHECK(as_text(buffers.output()) == "123456");
  buffers.consume_output(4);
  CHECK(as_text(buffers.output()) == "56");
  CHECK(put("789").bytes == 3);
  CHECK(as_text(buffers.output()) == "56789");
  buffers.consume_output(100);
  CHECK(buffers.output().empty());
}
