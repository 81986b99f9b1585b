// SPDX-License-Identifier: BSL-1.0
#include "plugtls/detail/json_writer.hpp"
#include "plugtls/handshake_trace.hpp"
#include "support/catch.hpp"

using namespace plugtls;

namespace {

std::string record(unsigned type, const std::string& body) {
  std::string out{static_cast<char>(type), 3, 3, static_cast<char>(body.size() >> 8), static_cast<char>(body.size())};
  return out + body;
}
std::string message(unsigned type, const std::string& body) {
  return std::string{static_cast<char>(type), 0, static_cast<char>(body.size() >> 8), static_cast<char>(body.size())} +
         body;
}
std::string server_hello(bool is_1_3) {
  std::string body = std::string("\x03\x03", 2) + std::string(32, 'r') + std::string("\0\x13\x01\0", 4);
  const std::string extensions = is_1_3 ? std::string("\0\x2b\0\x02\x03\x04", 6) : "";
  body += '\0';
  body += static_cast<char>(extensions.size());
  return message(2, body + extensions);
}

std::vector<trace_event> traced(const std::string& bytes, std::size_t step, bool is_sent = false) {
  handshake_trace trace;
  for (std::size_t at = 0; at < bytes.size(); at += step)
    trace.pass(is_sent, as_bytes(std::string_view(bytes).substr(at, step)));
  return {trace.events().begin(), trace.events().end()};
}

}  // namespace

TEST_CASE("a trace tells records and messages, however the bytes are cut") {
  using kind = trace_event::kind;
  const std::string bytes = record(22, message(1, std::string(300, 'c')) + message(11, "").substr(0, 2)) +
                            record(22, message(11, "").substr(2)) + record(20, "\x01") + record(22, "0123456789");
  for (std::size_t step = 1; step <= bytes.size(); ++step) {
    const auto events = traced(bytes, step, true);
    REQUIRE(events.size() == 6);
    const kind kinds[] = {kind::record, kind::message, kind::record, kind::message, kind::record, kind::record};
    for (std::size_t i = 0; i < 6; ++i) {
      CHECK(events[i].what == kinds[i]);
      CHECK(events[i].is_sent);
      CHECK(events[i].is_encrypted == (i == 5));
    }
    CHECK(events[1].type == 1);
    CHECK(events[1].size == 300);
    CHECK(events[3].type == 11);
    CHECK(events[3].size == 0);
    CHECK(events[0].size == 306);
    CHECK(events[0].version == 0x0303);
  }
}

TEST_CASE("a trace does not take TLS 1.3's change_cipher_spec for the start of encryption") {
  for (const bool is_1_3 : {false, true}) {
    const auto events = traced(
        record(22, server_hello(is_1_3)) + record(20, "\x01") + record(22, message(4, "x")) + record(23, "encrypted"),
        7);
    REQUIRE(events.size() == (is_1_3 ? 6U : 5U));
    CHECK(events[3].is_encrypted != is_1_3);
    CHECK(events.back().is_encrypted);
  }
}

TEST_CASE("a trace tells alerts in the clear, and takes any bytes") {
  for (const std::size_t step : {1U, 6U, 100U}) {
    const auto events = traced(record(21, std::string("\x02\x28", 2)), step);
    REQUIRE(events.size() == 2);
    CHECK(events[1].what == trace_event::kind::alert);
    CHECK(events[1].level == 2);
    CHECK(static_cast<alert>(events[1].type) == alert::handshake_failure);
  }
  CHECK(traced(record(21, ""), 1).size() == 1);
  CHECK(traced(record(21, "x"), 1).size() == 1);
  std::string noise;
  for (unsigned i = 0; i < 100000; ++i) noise += static_cast<char>(i * 2654435761U >> 13);
  for (const std::size_t step : {1U, 13U, 4096U}) CHECK(traced(noise, step).size() <= 1024);
}

TEST_CASE("a trace keeps 1024 events and counts the others") {
  handshake_trace trace;
  for (int i = 0; i < 2000; ++i) trace.pass(true, as_bytes(record(23, "")));
  CHECK(trace.events().size() == 1024);
  CHECK(trace.dropped() == 976);
}

TEST_CASE("JSON is well-formed whatever the text") {
  const auto written = [](std::string_view text) { return detail::json_writer().string(text).take(); };
  CHECK(written("a\"b\\c\n") == "\"a\\\"b\\\\c\\u000a\"");
  CHECK(written(std::string_view("\0", 1)) == "\"\\u0000\"");
  CHECK(written("\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80") == "\"\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80\"");
  const std::string bad = "\"\xef\xbf\xbd";
  for (const char* text : {"\x80", "\xc0\x80", "\xc3", "\xed\xa0\x80", "\xf5\x80\x80\x80", "\xe2\x82", "\xff"})
    CHECK(written(text).starts_with(bad));
  detail::json_writer w;
  w.open('{').key("a").open('[').number(1).null().boolean(true).open('{').close('}').close(']').key("b").string_or_null(
      "");
  CHECK(w.close('}').take() == R"({"a":[1,null,true,{}],"b":null})");
}
