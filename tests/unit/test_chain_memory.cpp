// SPDX-License-Identifier: BSL-1.0
#include <stdexcept>
#include <thread>

#include "plugtls/peer_verifier.hpp"
#include "support/catch.hpp"
#include "support/certificate_maker.hpp"

using namespace plugtls;
using namespace plugtls_test;

namespace memory_test {
namespace {

std::atomic<int> signatures_verified = 0, asked_library = 0;

errc any_signature(byte_view, byte_view, byte_view, byte_view signature) {
  ++signatures_verified;
  return signature.back() == std::byte{'!'} ? errc::bad_signature : errc::success;
}
errc good_path(void*, std::span<const certificate_view>) {
  ++asked_library;
  return errc::success;
}

certificate read(const certificate_maker& m) {
  errc e = errc::success;
  const auto c = certificate::from_der(as_bytes(m.der()), e);
  REQUIRE(c);
  return *c;
}

certificate make_leaf(const std::string& subject = "leaf") {
  certificate_maker m;
  m.issuer = dn("root");
  m.subject = dn(subject);
  return read(m);
}

verify_rules make_rules() {
  verify_rules rules;
  rules.anchors = std::vector{read(make_ca("root", "root", 'R'))};
  rules.verify_signature = any_signature;
  rules.clock = [] { return unix_time{1795348800}; };
  return rules;
}

struct verdict {
  verify_decision decision;
  problem_list problems;
  std::size_t path;
};

// One handshake, and what it cost.
verdict meet(const verify_rules& rules, const certificate& leaf, const std::string& peer = "www.example.test",
             purpose usage = purpose::server_auth) {
  errc e = errc::success;
  const std::optional<peer_name> name = peer_name::parse(peer, e);
  peer_verifier verifier(rules, name, peer, usage);
  const byte_view presented[] = {leaf.der()};
  signatures_verified = asked_library = 0;
  native_verdict native;
  native.presented = presented;
  native.verify_path = good_path;
  const verify_decision d = verifier.decide(native);
  return {d, verifier.problems(), verifier.path().size()};
}
int cost() { return signatures_verified + asked_library; }

}  // namespace

TEST_CASE("a chain that was accepted is not verified again by its signatures, and by everything else") {
  verify_rules rules = make_rules();
  const certificate leaf = make_leaf();
  CHECK(meet(rules, leaf).decision.accept);
  CHECK(cost() == 2);
  const verdict again = meet(rules, leaf);
  CHECK((again.decision.accept && again.path == 2 && again.problems.empty()));
  CHECK(cost() == 0);
  CHECK(meet(rules, leaf, "other.test").problems == problem_list{{errc::hostname_mismatch, 0}});
  CHECK(cost() == 0);
  CHECK(meet(make_rules(), leaf).decision.accept);
  CHECK(cost() == 2);  // another context remembers nothing
}

TEST_CASE("what is remembered for servers is not known of clients") {
  const verify_rules rules = make_rules();
  const certificate leaf = make_leaf();
  meet(rules, leaf);
  CHECK(meet(rules, leaf, "www.example.test", purpose::client_auth).decision.accept);
  CHECK(cost() == 2);
}

TEST_CASE("a remembered chain ages by the clock, and comes back") {
  verify_rules rules = make_rules();
  unix_time now = 1795348800;
  rules.clock = [&now] { return now; };
  const certificate leaf = make_leaf();
  CHECK(meet(rules, leaf).decision.accept);
  now = 4102444800;  // 2100
  CHECK(meet(rules, leaf).decision.reason == errc::certificate_expired);
  now = 0;
  CHECK(meet(rules, leaf).decision.reason == errc::certificate_not_yet_valid);
  now = 1795348800;
  CHECK(meet(rules, leaf).decision.accept);
  CHECK(cost() == 0);
}

TEST_CASE("callbacks are asked about remembered chains too; what they throw refuses the peer") {
  verify_rules rules = make_rules();
  int calls = 0;
  rules.on_verify = [&calls](const verify_context& c) {
    CHECK((c.path.size() == 2 && c.chain.size() == 1));
    if (++calls == 3) throw std::runtime_error("no");
    return calls == 1;
  };
  const certificate leaf = make_leaf();
  CHECK(meet(rules, leaf).decision.accept);
  CHECK(meet(rules, leaf).decision.reason == errc::rejected_by_callback);
  CHECK(meet(rules, leaf).decision.reason == errc::rejected_by_callback);
  CHECK(calls == 3);
}

TEST_CASE("refused chains are not remembered, nor those that the library has given up on recalled") {
  verify_rules rules = make_rules();
  certificate_maker m;
  m.issuer = dn("root");
  m.signature = bit_string(ecdsa_value('!'));
  const certificate forged = read(m);
  for (int i = 0; i < 2; ++i) {
    CHECK(meet(rules, forged).decision.reason == errc::bad_signature);
    CHECK(signatures_verified > 0);
  }
  const certificate leaf = make_leaf();
  CHECK(meet(rules, leaf).decision.accept);
  const std::optional<peer_name> nobody;
  peer_verifier verifier(rules, nobody, "", purpose::server_auth);
  const byte_view presented[] = {leaf.der()};
  CHECK(verifier.decide({presented, {}, false, {{errc::unsupported_critical_extension, 0}}}).reason ==
        errc::unsupported_critical_extension);
}

TEST_CASE("a changed byte, one certificate more or fewer is another chain") {
  const verify_rules rules = make_rules();
  const certificate leaf = make_leaf(), other = make_leaf("leaf2");
  CHECK(meet(rules, leaf).decision.accept);
  CHECK(meet(rules, other).decision.accept);
  CHECK(cost() == 2);
  const std::optional<peer_name> nobody;
  for (const std::vector<byte_view>& presented : {std::vector<byte_view>{leaf.der(), other.der()}, {}}) {
    peer_verifier verifier(rules, nobody, "", purpose::server_auth);
    CHECK_FALSE(verifier.decide_known(presented));
    CHECK_FALSE(verifier.decided());
  }
}

TEST_CASE("the memory is bounded: the oldest chain goes first") {
  const verify_rules rules = make_rules();
  std::vector<certificate> leaves;
  for (char i = 'a'; i < 'a' + 17; ++i) leaves.push_back(make_leaf(std::string("leaf ") + i));
  for (const certificate& leaf : leaves) CHECK(meet(rules, leaf).decision.accept);
  meet(rules, leaves[16]);
  CHECK(cost() == 0);
  meet(rules, leaves[1]);
  CHECK(cost() == 0);
  meet(rules, leaves[0]);
  CHECK(cost() == 2);
}

TEST_CASE("threads share a context's memory") {
  const verify_rules rules = make_rules();
  std::vector<certificate> leaves;
  for (char i = 'a'; i < 'a' + 20; ++i) leaves.push_back(make_leaf(std::string("leaf ") + i));
  std::atomic<int> accepted = 0;
  std::vector<std::thread> threads;
  for (std::size_t t = 0; t < 4; ++t)
    threads.emplace_back([&, t] {
      const std::optional<peer_name> nobody;
      for (std::size_t i = 0; i < 200; ++i) {
        peer_verifier verifier(rules, nobody, "", purpose::client_auth);
        native_verdict native;
        const byte_view presented[] = {leaves[(i * (t + 1)) % leaves.size()].der()};
        native.presented = presented;
        native.verify_path = good_path;
        accepted += verifier.decide(native).accept;
      }
    });
  for (std::thread& t : threads) t.join();
  CHECK(accepted == 800);
}

}  // namespace memory_test
