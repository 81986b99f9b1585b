// SPDX-License-Identifier: BSL-1.0
#include "plugtls/wire.hpp"

#include <memory>
#include <string>

#include "null_protocol.hpp"
#include "support/catch.hpp"
#include "support/drive.hpp"
#include "support/print.hpp"

using namespace plugtls;
using plugtls_test::null::handshake_message;
using plugtls_test::null::plain_record;
using plugtls_test::null::writer;

namespace {

/// A port that a test scripts: what each read gives, how much each write takes (0: would block).
struct script_port : port {
  script_port() {
    read = [](port& self, std::byte* data, std::size_t size) noexcept -> io_result {
      auto& p = static_cast<script_port&>(self);
      ++p.reads;
      if (p.in.empty()) {
        if (p.at_end == io_status::error) p.error = p.code;
        return {0, p.at_end};
      }
      const std::size_t n = std::min({size, p.in.size(), p.per_read});
      std::copy_n(p.in.begin(), n, data);
      p.in.erase(0, n);
      return {n, io_status::ok};
    };
    write = [](port& self, const std::byte* data, std::size_t size) noexcept -> io_result {
      auto& p = static_cast<script_port&>(self);
      ++p.writes;
      if (p.write_fails != io_status::ok) {
        p.error = p.code;
        return {0, p.write_fails};
      }
      const std::size_t n = std::min(size, p.room);
      if (n == 0) return {0, io_status::would_block};
      p.out.append(reinterpret_cast<const char*>(data), n);
      p.room -= n;
      return {n, io_status::ok};
    };
  }
  void feed(byte_view bytes) {
    for (const std::byte b : bytes) in.push_back(static_cast<std::byte>(b));
  }
  std::basic_string<std::byte> in;
  std::string out;
  std::size_t per_read = 1000000;
  std::size_t room = 1000000;
  io_status at_end = io_status::would_block;
  io_status write_fails = io_status::ok;
  std::error_code code = std::make_error_code(std::errc::broken_pipe);
  int reads = 0;
  int writes = 0;
};

struct fixture {
  explicit fixture(role own = role::client, std::size_t limit = 131072)
      : begun(own, tls_version::tls1_2, tls_version::tls1_3, {}, limit), w(begun) {
    w.bind(p);
  }
  bool push(std::string_view text) { return w.push(as_bytes(text).data(), text.size()); }
  io_result pull(std::size_t size = 16384) { return w.pull(buffer, size); }
  script_port p;
  wire::start begun;
  wire w;
  std::byte buffer[16384] = {};
};

byte_vector message_of(std::size_t size, unsigned type = 2) {
  return handshake_message(type, writer().raw(byte_vector(size)));
}

}  // namespace

TEST_CASE("a handshake flight leaves in one write, before its answer is waited for") {
  fixture f;
  CHECK(f.push("one"));
  CHECK(f.push("two"));
  CHECK(f.p.writes == 0);
  CHECK(f.pull().status == io_status::would_block);
  CHECK(f.p.out == "onetwo");
  CHECK(f.p.writes == 1);
  CHECK(f.w.blocked_read());
  CHECK_FALSE(f.w.blocked_write());
}

TEST_CASE("a flight that the transport does not take blocks reading, and is told as a blocked write") {
  fixture f;
  f.push("flight");
  f.p.room = 2;
  CHECK(f.pull().status == io_status::would_block);
  CHECK(f.w.blocked_write());
  CHECK_FALSE(f.w.blocked_read());
  CHECK(f.p.reads == 0);
  f.p.room = 100;
  f.w.bind(f.p);
  CHECK_FALSE(f.w.blocked_write());
  f.pull();
  CHECK(f.p.out == "flight");
  CHECK(f.w.blocked_read());
}

TEST_CASE("after the handshake bytes leave at once, and what is refused waits in order") {
  fixture f;
  f.w.established();
  f.p.room = 4;
  CHECK(f.push("abcdefgh"));
  CHECK(f.p.out == "abcd");
  CHECK(f.w.buffered() == 4);
  f.p.room = 3;
  CHECK(f.push("ijk"));
  CHECK(f.w.buffered() == 7);
  CHECK(f.w.flush() == io_status::would_block);
  CHECK(f.w.blocked_write());
  f.p.room = 100;
  CHECK(f.w.flush() == io_status::ok);
  CHECK(f.p.out == "abcdefghijk");
  CHECK_FALSE(f.w.has_output());
  CHECK(f.w.flush() == io_status::ok);
}

TEST_CASE("a reader does not wait for a writer unless answers pile up") {
  fixture f;
  f.w.established();
  f.p.room = 0;
  f.push(std::string(1000, 'x'));
  f.p.feed(as_bytes("data"));
  CHECK(f.pull().status == io_status::ok);
  f.w.bind(f.p);
  CHECK(f.pull().status == io_status::would_block);
  CHECK(f.w.blocked_read());
  // A reader that has bytes to read was not blocked by the writer, whatever the library says next.
  f.w.bind(f.p);
  f.p.feed(as_bytes("data"));
  CHECK(f.pull().status == io_status::ok);
  CHECK_FALSE(f.w.blocked_write());
  f.push(std::string(100000, 'x'));
  f.w.bind(f.p);
  f.p.feed(as_bytes("data"));
  CHECK(f.pull().status == io_status::would_block);
  CHECK(f.w.blocked_write());
}

TEST_CASE("a write that failed stays failed: nothing is written behind the hole that it left") {
  for (const bool corked : {true, false}) {
    fixture f;
    if (!corked) f.w.established();
    f.p.write_fails = io_status::error;
    f.push("lost");
    f.w.flush();
    CHECK(f.w.write_broken());
    CHECK_FALSE(f.w.has_output());
    CHECK(f.w.transport_error() == std::errc::broken_pipe);
    f.p.write_fails = io_status::ok;
    const int writes = f.p.writes;
    CHECK(f.push("after"));
    CHECK(f.w.flush() == io_status::error);
    CHECK(f.p.writes == writes);
    CHECK(f.p.out.empty());
    f.p.feed(as_bytes(std::string_view("\x15\x03\x03\x00\x02", 5)));
    CHECK(f.pull().status == io_status::ok);
  }
}

TEST_CASE("a port that fails without a code, or ends a write, has failed all the same") {
  for (const io_status s : {io_status::error, io_status::end}) {
    fixture f;
    f.w.established();
    f.p.write_fails = s;
    f.p.code = {};
    CHECK_FALSE(f.push("lost"));
    CHECK(f.w.write_broken());
    CHECK(f.w.transport_error());
  }
}

TEST_CASE("the end of the stream and faults of the transport are remembered") {
  fixture end;
  end.p.at_end = io_status::end;
  CHECK(end.pull().status == io_status::end);
  CHECK(end.w.ended());
  CHECK(end.w.fault() == errc::success);

  fixture reset;
  reset.p.at_end = io_status::error;
  reset.p.code = std::make_error_code(std::errc::connection_reset);
  CHECK(reset.pull().status == io_status::error);
  CHECK(reset.w.fault() == errc::io_error);
  CHECK(reset.w.transport_error() == std::errc::connection_reset);

  fixture late;
  late.p.at_end = io_status::error;
  late.p.code = make_error_code(errc::timed_out);
  late.pull();
  CHECK(late.w.fault() == errc::timed_out);

  fixture echo;  // of a failed write
  echo.p.write_fails = io_status::error;
  echo.push("x");
  echo.p.at_end = io_status::end;
  echo.pull();
  CHECK(echo.w.fault() == errc::io_error);
}

TEST_CASE("a peer that does not speak TLS is told from its first byte") {
  for (const std::string_view text : {"GET / HTTP/1.0", "HTTP/1.1 400", "SSH-2.0", "\x80\x2e\x01", "\x16\x02\x00"}) {
    fixture f(role::server);
    f.p.feed(as_bytes(text));
    f.p.per_read = 1;
    io_result r{0, io_status::ok};
    for (int i = 0; i < 2 && r.status == io_status::ok; ++i) r = f.pull();
    CHECK(r.status == io_status::error);
    CHECK(f.w.fault() == errc::not_tls);
  }
}

TEST_CASE("the handshake limit counts all bytes that came, and what a message announces") {
  fixture announced(role::client, 4096);
  announced.p.feed(plain_record(22, writer().u8(2).u24(5000).bytes));
  CHECK(announced.pull().status == io_status::error);
  CHECK(announced.w.fault() == errc::handshake_too_large);

  fixture many(role::client, 4096);
  many.p.feed(plain_record(22, message_of(3000)));
  many.p.feed(plain_record(22, message_of(1500, 11)));
  while (many.pull(1000).status == io_status::ok) {
  }
  CHECK(many.w.fault() == errc::handshake_too_large);

  // Within the limit, however it is chopped.
  for (const std::size_t chunk : {1U, 5U, 100U, 16384U}) {
    fixture fits(role::client, 4096);
    fits.p.feed(plain_record(22, message_of(4096 - 9)));
    while (fits.pull(chunk).status == io_status::ok) {
    }
    CHECK(fits.w.fault() == errc::success);
  }

  fixture later(role::client, 4096);
  later.w.established();
  later.p.feed(byte_vector(20000));
  while (later.pull(1000).status == io_status::ok) {
  }
  CHECK(later.w.fault() == errc::success);
}

TEST_CASE("a server refuses an offer without a version of its window, by protocol_version") {
  const auto offer = [](std::vector<tls_version> versions, tls_version min, tls_version max) {
    const std::vector<named_group> groups{named_group::x25519};
    plugtls_test::null::hello h{std::move(versions), {cipher_suite::aes_128_gcm_sha256}, groups, {}, {}};
    script_port p;
    wire::start begun(role::server, min, max, groups, 131072);
    wire w(begun);
    w.bind(p);
    p.feed(plain_record(22, plugtls_test::null::encode_client_hello(h)));
    std::byte buffer[4096];
    p.per_read = 3;
    while (w.pull(buffer, sizeof buffer).status == io_status::ok) {
    }
    w.flush();
    const bool sent = p.out == std::string_view("\x15\x03\x03\x00\x02\x02\x46", 7);
    CHECK(sent == (w.fault() == errc::protocol_version));
    CHECK(w.observer().alert_sent().has_value() == sent);
    return w.fault();
  };
  constexpr auto v2 = tls_version::tls1_2, v3 = tls_version::tls1_3;
  CHECK(offer({v2}, v3, v3) == errc::protocol_version);
  CHECK(offer({v3}, v2, v2) == errc::protocol_version);
  CHECK(offer({tls_version::tls1_0, tls_version::tls1_1}, v2, v3) == errc::protocol_version);
  CHECK(offer({static_cast<tls_version>(0x7a7a)}, v2, v3) == errc::protocol_version);
  CHECK(offer({v2, v3}, v2, v2) == errc::success);
  CHECK(offer({v2, v3}, v3, v3) == errc::success);
  CHECK(offer({v2}, v2, v3) == errc::success);
  CHECK(offer({v3}, v2, v3) == errc::success);
}

TEST_CASE("a server refuses an offer without a group of its own, as it does one without a suite") {
  const auto offer = [](std::vector<named_group> theirs) {
    const std::vector<named_group> ours{named_group::x25519, named_group::secp384r1};
    plugtls_test::null::hello h{{tls_version::tls1_2}, {cipher_suite::aes_128_gcm_sha256}, std::move(theirs), {}, {}};
    script_port p;
    wire::start begun(role::server, tls_version::tls1_2, tls_version::tls1_3, ours, 131072);
    wire w(begun);
    w.bind(p);
    p.feed(plain_record(22, plugtls_test::null::encode_client_hello(h)));
    std::byte buffer[4096];
    while (w.pull(buffer, sizeof buffer).status == io_status::ok) {
    }
    w.flush();
    CHECK((p.out == std::string_view("\x15\x03\x03\x00\x02\x02\x28", 7)) == (w.fault() != errc::success));
    return w.fault();
  };
  CHECK(offer({named_group::secp256r1, named_group::secp521r1}) == errc::no_shared_cipher);
  CHECK(offer({static_cast<named_group>(0x1a1a)}) == errc::no_shared_cipher);
  CHECK(offer({named_group::secp256r1, named_group::secp384r1}) == errc::success);
  CHECK(offer({named_group::x25519}) == errc::success);
}

TEST_CASE("a flight that could not be sent is not answered: reading fails instead of waiting") {
  fixture f;
  f.p.write_fails = io_status::error;
  f.push("flight");
  f.p.feed(as_bytes(std::string_view("\x15\x03\x03\x00\x02", 5)));
  CHECK(f.pull().status == io_status::ok);  // what the peer said before is still read
  CHECK(f.w.fault() == errc::success);
  CHECK(f.pull().status == io_status::error);
  CHECK(f.w.fault() == errc::io_error);
  CHECK_FALSE(f.w.blocked_read());
}

TEST_CASE("small reads are served from what was read ahead, and a connection that holds nothing keeps no memory") {
  fixture f;
  f.w.established();
  std::byte room[read_ahead::room_size];
  f.p.feed(as_bytes(plugtls_test::pattern(300)));
  f.w.lend_room(room);
  CHECK(f.w.pull_header(f.buffer).bytes == wire::header_size);
  CHECK(f.pull(100).bytes == 100);
  CHECK(f.p.reads == 1);
  CHECK(f.w.bytes_read() == 105);
  CHECK(f.w.ahead().size() == 195);
  f.w.take_room();
  std::fill_n(room, sizeof room, std::byte{0xee});  // whoever lent it has it back
  CHECK_FALSE(f.w.is_plain(wire::none));
  // Without room what was kept still comes first, and in order.
  CHECK(f.pull(1000).bytes == 195);
  CHECK(std::equal(f.buffer, f.buffer + 195, as_bytes(plugtls_test::pattern(300)).begin() + 105));
  CHECK(f.p.reads == 1);
  CHECK(f.pull(1000).status == io_status::would_block);
  { const wire::lender lent(f.w); }
  f.w.bind(f.p);
  CHECK(f.w.is_plain(wire::none));
}

TEST_CASE("what was read ahead takes the careful way while something is out of the ordinary, and is lost on neither") {
  fixture f;
  f.w.established();
  const auto text = plugtls_test::pattern(300);
  std::byte room[read_ahead::room_size];
  f.p.feed(as_bytes(text));
  f.w.lend_free_room(room);
  CHECK(f.w.has_free_room());
  CHECK(f.w.pull_header(f.buffer).bytes == wire::header_size);
  CHECK_FALSE(f.w.has_free_room());
  CHECK(f.w.holds(295));
  CHECK_FALSE(f.w.holds(296));

  f.w.set(wire::no_direct, true);
  CHECK_FALSE(f.w.holds(1));
  CHECK(f.w.ahead().size() == 295);
  CHECK(f.pull(95).bytes == 95);
  CHECK_FALSE(f.w.holds(1));
  const bool is_kept = GENERATE(false, true);  // past the end of the call
  if (is_kept) {
    f.w.take_room();
    std::fill_n(room, sizeof room, std::byte{0xee});
  }
  f.w.set(wire::no_direct, false);
  CHECK(f.w.holds(200));
  CHECK(f.pull(200).bytes == 200);
  CHECK(std::equal(f.buffer, f.buffer + 200, as_bytes(text).begin() + 100));
  CHECK(f.w.ahead().empty());
  CHECK(f.p.reads == 1);
}

TEST_CASE("a plain read whose header does not come, or that asks for none, leaves nothing behind") {
  fixture f;
  f.w.established();
  std::byte room[read_ahead::room_size];
  f.w.lend_free_room(room);
  SECTION("it asks for none") {}
  SECTION("none has come") {
    CHECK(f.w.pull_header(f.buffer).status == io_status::would_block);
    CHECK_FALSE(f.w.has_free_room());
  }
  SECTION("a part of one has come") {
    f.p.feed(as_bytes(std::string_view("\x17\x03")));
    CHECK(f.w.pull_header(f.buffer).bytes == 2);
  }
  SECTION("the transport has failed") {
    f.p.at_end = io_status::error;
    CHECK(f.w.pull_header(f.buffer).status == io_status::error);
  }
  SECTION("something else is out of the ordinary first") {
    f.w.set(wire::no_direct, true);
    CHECK_FALSE(f.w.has_free_room());
    f.w.set(wire::no_direct, false);
    CHECK_FALSE(f.w.has_free_room());
  }
  f.w.take_room();
  CHECK_FALSE(f.w.has_free_room());
  CHECK(f.w.ahead().empty());
  f.w.bind(f.p);
  CHECK(f.w.is_plain(wire::none) == (f.w.fault() == errc::success));
}

TEST_CASE("what is asked for in one large piece goes where it is wanted, and what comes behind it is read ahead") {
  for (const bool has_both : {false, true}) {
    fixture f;
    f.w.established();
    if (has_both)
      f.p.read_both = [](port& self, std::span<std::byte> out, std::span<std::byte> beyond) noexcept -> io_result {
        const io_result r = self.read(self, out.data(), out.size());
        if (r.status != io_status::ok || r.bytes < out.size()) return r;
        const io_result more = self.read(self, beyond.data(), beyond.size());
        return {r.bytes + more.bytes, io_status::ok};
      };
    f.p.feed(as_bytes(plugtls_test::pattern(9000)));
    const wire::lender lent(f.w);
    CHECK(f.pull(8000).bytes == 8000);
    CHECK(f.w.ahead().size() == (has_both ? 1000U : 0U));
    CHECK(f.w.bytes_read() == 8000);
    CHECK(f.pull(2000).bytes == 1000);
    CHECK(std::equal(f.buffer, f.buffer + 1000, as_bytes(plugtls_test::pattern(9000)).begin() + 8000));
  }
}

TEST_CASE("bytes read ahead are observed, and counted against the limit, when they are given to the library") {
  fixture f(role::client, 4096);
  f.p.feed(plain_record(22, message_of(100)));
  f.p.feed(as_bytes("no record of TLS, and nobody has asked for it"));
  const wire::lender lent(f.w);
  CHECK(f.pull(5).bytes == 5);
  CHECK(f.w.observer().largest_message() == 0);
  CHECK(f.pull(104).bytes == 104);
  CHECK(f.w.observer().largest_message() == 100);
  CHECK(f.w.fault() == errc::success);
}

TEST_CASE("a port that takes nothing and does not say why has failed") {
  fixture f;
  f.w.established();
  f.p.write = [](port&, const std::byte*, std::size_t) noexcept { return io_result{0, io_status::ok}; };
  CHECK_FALSE(f.push("lost"));
  CHECK(f.w.write_broken());
  CHECK(f.w.transport_error() == errc::io_error);
}

TEST_CASE("a wire needs nothing of the handshake once it has let go of it") {
  const auto begin = [] {
    return std::make_unique<wire::start>(role::client, tls_version::tls1_2, tls_version::tls1_3,
                                         std::span<const named_group>(), 131072);
  };
  const auto push = [](wire& w, std::string_view text) { return w.push(as_bytes(text).data(), text.size()); };
  script_port p;
  auto begun = begin();
  wire w(*begun);
  w.bind(p);
  REQUIRE(push(w, "first"));
  CHECK(w.flush() == io_status::ok);
  REQUIRE(w.established());
  begun.reset();
  CHECK(w.established());
  CHECK(w.observer().largest_message() == 0);
  p.room = 0;
  REQUIRE(push(w, "second"));
  CHECK(w.has_output());
  p.room = 100;
  CHECK(w.flush() == io_status::ok);
  CHECK(p.out == "firstsecond");

  const auto kept = begin();
  wire late(*kept);
  late.bind(p);
  REQUIRE(push(late, "third"));
  CHECK(!late.established());  // what was not sent lies there
  CHECK(late.flush() == io_status::ok);
  CHECK(p.out == "firstsecondthird");
}
