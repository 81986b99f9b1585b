// SPDX-License-Identifier: BSL-1.0
#include "plugtls/read_ahead.hpp"

#include <algorithm>
#include <string>

#include "support/catch.hpp"
#include "support/drive.hpp"

using namespace plugtls;

namespace {

/// Gives a text, as much at a time as is asked for.
struct text_port : port {
  explicit text_port(std::string all) : text(std::move(all)) {
    read = [](port& self, std::byte* data, std::size_t size) noexcept -> io_result {
      auto& p = static_cast<text_port&>(self);
      ++p.reads;
      const std::size_t n = std::min(size, p.text.size() - p.at);
      if (n == 0) return {0, io_status::would_block};
      std::copy_n(as_bytes(p.text).begin() + static_cast<std::ptrdiff_t>(p.at), n, data);
      p.at += n;
      return {n, io_status::ok};
    };
  }
  std::string text;
  std::size_t at = 0;
  int reads = 0;
};

std::string_view text_of(const std::byte* data, std::size_t size) { return as_text({data, size}); }

}  // namespace

TEST_CASE("what is read ahead gives nothing where it holds nothing") {
  read_ahead ahead;
  CHECK(ahead.holds(0));
  CHECK_FALSE(ahead.holds(1));
  CHECK(ahead.view().empty());
  std::byte one{7};
  CHECK(ahead.take_some(&one, 0) == 0);
  CHECK(ahead.take_some(&one, 1) == 0);
  CHECK(one == std::byte{7});
  CHECK(ahead.keep());
  CHECK_FALSE(ahead.is_kept());
  CHECK_FALSE(ahead.release());
}

TEST_CASE("without a room only what is wanted is read") {
  read_ahead ahead;
  text_port p("header and body");
  std::byte out[64];
  CHECK(ahead.serve(p, out, 6).bytes == 6);
  CHECK(p.at == 6);
  CHECK(ahead.view().empty());
  CHECK(ahead.given() == 6);
}

TEST_CASE("what is left in a room is kept in a block of its own until it is given, also while it is hidden") {
  read_ahead ahead;
  text_port p("header and body");
  std::byte out[64];
  std::byte room[read_ahead::room_size];
  ahead.lend(room);
  CHECK(ahead.serve(p, out, 6).bytes == 6);
  CHECK(text_of(out, 6) == "header");
  CHECK(p.reads == 1);
  CHECK(ahead.given() == 6);
  const bool is_hidden = GENERATE(false, true);
  if (is_hidden) ahead.hide();
  CHECK(ahead.holds(9) == !is_hidden);
  CHECK(ahead.take_room());
  CHECK(ahead.keep());
  std::fill_n(room, sizeof room, std::byte{0xee});
  CHECK(ahead.is_kept());
  CHECK_FALSE(ahead.release());
  CHECK(as_text(ahead.view()) == " and body");
  ahead.show();
  CHECK(ahead.take_some(out, sizeof out) == 9);
  CHECK(text_of(out, 9) == " and body");
  CHECK(ahead.given() == 15);
  CHECK(ahead.room() != nullptr);
  CHECK(ahead.release());
  CHECK(ahead.room() == nullptr);
  CHECK(ahead.serve(p, out, 1).status == io_status::would_block);
  CHECK(p.reads == 2);
}

TEST_CASE("the room of a plain read is free until something comes into it, or until it is shown") {
  read_ahead ahead;
  std::byte room[read_ahead::room_size] = {};
  ahead.lend_free(room);
  CHECK(ahead.has_free_room());
  CHECK_FALSE(ahead.holds(0));
  CHECK(ahead.size() == 0);
  SECTION("it stays free") {}
  SECTION("it is shown") {
    ahead.show();
    ahead.hide();
    CHECK_FALSE(ahead.has_free_room());
  }
  SECTION("a header and a body come") {
    ahead.fill(room, 105, 5);
    CHECK_FALSE(ahead.has_free_room());
    CHECK(ahead.given() == 5);
    CHECK(ahead.holds(100));
    std::byte out[100];
    ahead.take(out, 100);
    CHECK_FALSE(ahead.take_room());
  }
  static_cast<void>(ahead.take_room());
  CHECK(ahead.keep());
  CHECK_FALSE(ahead.is_kept());
  CHECK(ahead.holds(0));
}
