// SPDX-License-Identifier: BSL-1.0
#include "engine_pair.hpp"
#include "support/catch.hpp"

using namespace plugtls;
using namespace plugtls_test;

// The core's part of authentication after the handshake, over a library that says what the test has it say.

namespace {

/// What the library does about a request, and about the answer, which it invents.
struct later_script {
  native_status sends = native_status::done;
  bool shows = false;     // a certificate to the verifier, whose answer it ignores
  bool holds = false;     // has one that it shows nobody
  bool answered = false;  // says that the client has proved who it is
  int requests = 0;
  bool required = false;
};
later_script the_answer;

struct later_connection : null::connection {
  native_status request_certificate(bool is_required, peer_verifier& verifier) {
    ++the_answer.requests;
    the_answer.required = is_required;
    later = &verifier;
    return the_answer.sends;
  }
  bool has_answered() const { return the_answer.answered; }
  native_status look() {
    std::byte dropped;
    const std::ptrdiff_t n = read(&dropped, 1);
    return n > 0 ? native_status::done : read_ended(n);
  }
  std::ptrdiff_t read(std::byte* out, std::size_t size) noexcept {
    show();
    return null::connection::read(out, size);
  }
  void peer_chain(std::vector<byte_vector>& chain) const {
    if (!the_answer.holds) return;
    const identity own = client_identity();
    const byte_view der = own.chain().front().der();
    chain.emplace_back(der.begin(), der.end());
  }
  void show() {
    if (!the_answer.shows || later == nullptr) return;
    std::vector<byte_view> presented;
    const identity own = client_identity();
    for (const certificate& c : own.chain()) presented.push_back(c.der());
    null::judge_by_script(presented, *later);
  }
  peer_verifier* later = nullptr;
};

struct later_backend : null_backend {
  using connection = later_connection;
  static constexpr capability_set capabilities = {capability::tls1_3, capability::post_handshake_auth};
};
static_assert(Backend<later_backend>);

struct later_pair {
  explicit later_pair(const later_script& script, verify_mode mode = verify_mode::none)
      : client(engine_of(basic_context<later_backend>::client(offering()))),
        server(engine_of(basic_context<later_backend>::server(wanting(mode)))) {
    the_answer = script;
    REQUIRE(pump(client, server));
    REQUIRE(server.up());
  }
  ~later_pair() { the_answer = {}; }
  later_pair(const later_pair&) = delete;
  later_pair& operator=(const later_pair&) = delete;

  using engine_type = basic_engine<later_backend>;
  static engine_type engine_of(const basic_context<later_backend>& c) { return engine_type(c, server_name); }
  static client_settings offering() {
    client_settings s = client_defaults();
    s.post_handshake_auth = true;
    return s;
  }
  static server_settings wanting(verify_mode mode) {
    server_settings s = mutual_defaults(mode);
    s.post_handshake_auth = true;
    return s;
  }
  engine_result ask(verify_mode mode = verify_mode::required) {
    return server.engine.request_client_certificate(server.port, mode);
  }
  errc read() {
    std::byte block[8];
    return server.engine.read_some(server.port, block, sizeof block).error;
  }

  endpoint<engine_type> client, server;
};

}  // namespace

TEST_CASE("later authentication: a verdict counts when the library says that the answer is complete") {
  later_pair p({.shows = true});
  CHECK(p.ask().status == engine_status::done);
  CHECK(the_answer.required);
  CHECK(p.read() == errc::success);
  CHECK(p.server.engine.client_certificate_pending());
  CHECK(p.server.engine.peer_chain().empty());
  CHECK(p.server.engine.verified_path().empty());
  CHECK(p.server.engine.await_client_certificate(p.server.port).status == engine_status::want_read);
  the_answer.answered = true;
  CHECK(p.server.engine.await_client_certificate(p.server.port).status == engine_status::done);
  CHECK_FALSE(p.server.engine.client_certificate_pending());
  CHECK(p.server.engine.peer_chain().size() == 2);
  CHECK(p.server.engine.verified_path().size() == 3);
  CHECK(p.read() == errc::success);
}

TEST_CASE("later authentication: what a library lets pass is refused nevertheless") {
  {
    later_pair p({.answered = true});
    CHECK(p.ask().status == engine_status::done);
    CHECK(p.read() == errc::certificate_required);
    CHECK(leading(p.server.engine.error().problems) == errc::certificate_required);
    CHECK(p.read() == errc::certificate_required);
    CHECK_FALSE(p.server.engine.client_certificate_pending());
  }
  {
    later_pair p({.answered = true});
    CHECK(p.ask(verify_mode::optional).status == engine_status::done);
    CHECK_FALSE(the_answer.required);
    CHECK(p.read() == errc::success);
    CHECK(p.server.engine.peer_chain().empty());
  }
  {
    later_pair p({.holds = true, .answered = true});
    CHECK(p.server.engine.peer_chain().empty());
    CHECK(p.ask(verify_mode::optional).status == engine_status::done);
    CHECK(p.server.engine.peer_chain().empty());
    CHECK(p.read() == errc::bad_certificate);
    CHECK(p.server.engine.peer_chain().empty());
  }
  {
    const null_scripted script;
    later_pair p({.shows = true, .answered = true});
    script->trusted = false;
    script->signature = errc::bad_signature;
    CHECK(p.ask().status == engine_status::done);
    CHECK(p.server.engine.await_client_certificate(p.server.port).error == errc::bad_signature);
    CHECK(p.server.engine.error().code == errc::bad_signature);
    CHECK_FALSE(p.server.engine.established());
  }
}

TEST_CASE("later authentication: a request that the library cannot send now, or not at all") {
  {
    later_pair p({.sends = native_status::again});
    CHECK(p.ask().status == engine_status::want_read);
    CHECK_FALSE(p.server.engine.client_certificate_pending());
    the_answer.sends = native_status::done;
    CHECK(p.ask().status == engine_status::done);
    CHECK(p.server.engine.client_certificate_pending());
    CHECK(p.ask().error == errc::invalid_argument);
    CHECK(the_answer.requests == 2);
  }
  later_pair p({.sends = native_status::failed});
  CHECK(p.ask().error == errc::handshake_failed);
  CHECK_FALSE(p.server.engine.established());
}

TEST_CASE("later authentication: what cannot be is refused before the library is asked") {
  later_pair p({}, verify_mode::optional);
  CHECK(p.ask(verify_mode::none).error == errc::invalid_argument);
  CHECK(p.client.engine.request_client_certificate(p.client.port).error == errc::invalid_argument);
  p.server.engine.shutdown(p.server.port);
  CHECK(p.ask().error == errc::closed);
  CHECK(the_answer.requests == 0);
  error_info info;
  CHECK_FALSE(basic_context<null_backend>::client(later_pair::offering(), info));
  CHECK(info.code == errc::unsupported);
  CHECK_FALSE(basic_context<null_backend>::server(later_pair::wanting(verify_mode::none), info));
  CHECK(info.code == errc::unsupported);
}
