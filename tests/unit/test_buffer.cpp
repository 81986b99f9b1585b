// SPDX-License-Identifier: BSL-1.0
#include "plugtls/buffer.hpp"

#include <array>
#include <string>
#include <vector>

#include "support/catch.hpp"

namespace {

std::string sent(plugtls::const_buffer b) { return std::string(plugtls::as_text(b.bytes())); }

}  // namespace

TEST_CASE("a buffer to send holds what the caller means") {
  const char* pointer = "text";
  char array[4] = {'p', 'i', 'n', 'g'};
  const char unterminated[3] = {'a', 'b', 'c'};
  unsigned char numbers[2] = {1, 2};
  const std::byte bytes[2] = {std::byte{3}, std::byte{0}};
  CHECK(sent("literal") == "literal");
  CHECK(sent("") == "");
  CHECK(sent(pointer) == "text");
  CHECK(sent(std::string("a\0b", 3)) == std::string("a\0b", 3));
  CHECK(sent(std::string_view("view")) == "view");
  CHECK(sent(std::vector<char>{'x', 'y'}) == "xy");
  CHECK(sent(std::array<unsigned char, 1>{'z'}) == "z");
  // An array that is no text is sent whole, and nothing beyond it.
  CHECK(sent(array) == "ping");
  CHECK(sent(unterminated) == "abc");
  CHECK(sent(numbers) == "\x01\x02");
  CHECK(sent(bytes) == std::string("\x03\0", 2));
}

TEST_CASE("room to receive is the whole of what is given") {
  char array[4];
  std::string text(5, ' ');
  std::byte bytes[6];
  CHECK(plugtls::mutable_buffer(array).bytes().size() == 4);
  CHECK(plugtls::mutable_buffer(text).bytes().size() == 5);
  CHECK(plugtls::mutable_buffer(bytes).bytes().size() == 6);
  CHECK(plugtls::mutable_buffer(std::span(bytes, 2)).bytes().size() == 2);
}
