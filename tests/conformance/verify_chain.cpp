// SPDX-License-Identifier: BSL-1.0
#include <ostream>
#include <stdexcept>
#include <thread>

#include "conformance.hpp"
#include "support/failures.hpp"

using namespace plugtls;
using namespace plugtls_test;

// A chain without a connection gets the verdict that a handshake would give. Each case is both: verified by the
// context, and presented to a connection of the same context.

namespace {

struct said {
  errc code;
  problem_list problems;
  std::vector<certificate> path;
  int calls;
  bool operator==(const said&) const = default;
};

std::ostream& operator<<(std::ostream& out, const said& s) {
  out << name(s.code) << ", path of " << s.path.size() << ", callback called " << s.calls << " times";
  for (const problem& p : s.problems) out << ", " << name(p.what) << " at " << p.depth;
  return out;
}

// Runs f with a callback that counts its calls.
template <class Settings, class F>
said counted(Settings s, F&& f) {
  int calls = 0;
  s.on_verify = [&calls](const verify_context&) { return ++calls > 0; };
  said out = f(s);
  out.calls = calls;
  return out;
}

said said_of(const chain_verdict& v) { return {v.error.code, v.error.problems, v.path, 0}; }
said said_of(const endpoint<engine>& e) {
  return {e.handshake_error, e.engine.error().problems, e.engine.verified_path(), 0};
}

// What a client's context says of a server's chain.
void compare(const client_settings& s, const identity& id, const char* peer) {
  const said alone = counted(s, [&](const client_settings& c) {
    return said_of(make_client(c).verify_chain(id.chain(), {peer, {}}));
  });
  for (const tls_version v : versions()) {
    const said connected = counted(with_version(s, v), [&](const client_settings& c) {
      return said_of(connection(c, server_defaults(id), peer).run().client);
    });
    CHECK(alone == connected);
  }
}

// What a server's context says of a client's.
void compare(const server_settings& s, const identity& id) {
  const said alone =
      counted(s, [&](const server_settings& c) { return said_of(make_server(c).verify_chain(id.chain())); });
  for (const tls_version v : versions()) {
    client_settings presenter = with_version(client_defaults(), v);
    presenter.identities = {id};
    const said connected =
        counted(s, [&](const server_settings& c) { return said_of(connection(presenter, c).run().server); });
    CHECK(alone == connected);
  }
}

identity with_chain(const std::string& pem) { return make_identity(pem, pki::server_key); }

identity with_changed_signature(std::size_t at) {
  identity id = server_identity();
  std::vector<certificate> chain = id.chain();
  byte_vector der(chain[at].der().begin(), chain[at].der().end());
  der.back() ^= std::byte{1};
  errc e = errc::success;
  chain[at] = *certificate::from_der(std::move(der), e);
  return identity(std::move(chain), id.key());
}

}  // namespace

TEST_CASE("verify_chain: what is wrong with a server's certificate is what a handshake says") {
  for (const failure& f : failures) {
    CAPTURE(f.what);
    compare(client_defaults(), make_identity(f.chain, f.key), f.peer);
    const chain_verdict v = make_client().verify_chain(make_identity(f.chain, f.key).chain(), {f.peer, {}});
    CHECK(v.error.problems == f.problems);
    CHECK(v.error.code == leading(f.problems));
  }
}

TEST_CASE("verify_chain: what is good is good, and leads to the anchor") {
  for (const char* peer : {"plugtls.test", "localhost", "127.0.0.1", "::1"}) {
    CAPTURE(peer);
    compare(client_defaults(), server_identity(), peer);
    compare(client_defaults(), rsa_identity(), peer);
    const chain_verdict v = make_client().verify_chain(server_identity().chain(), {peer, {}});
    CHECK(v.ok());
    CHECK(v.path.size() == 3);
  }
}

TEST_CASE("verify_chain: order, strangers, a root that is presented, a signature that does not fit") {
  const std::string server(pki::server), intermediate(pki::intermediate), root(pki::root);
  const std::string strangers = std::string(pki::foreign) + std::string(pki::client);
  compare(client_defaults(), with_chain(server + strangers + root + intermediate), server_name);
  compare(client_defaults(), with_chain(server + intermediate + root), server_name);
  compare(client_defaults(), with_chain(server + intermediate + intermediate), server_name);
  compare(client_defaults(), with_chain(server + strangers), server_name);
  compare(client_defaults(), with_changed_signature(0), server_name);
  compare(client_defaults(), with_changed_signature(1), server_name);
  CHECK(make_client().verify_chain(with_changed_signature(1).chain()).error.code == errc::bad_signature);
}

TEST_CASE("verify_chain: a leaf and an issuer that have their issuer's name are as good as others") {
  // Neither signed itself, and no key identifier says so: RFC 5280 §6.1 has only signatures to tell.
  const identity namesake = make_identity(pki::namesake_chain, pki::namesake_key);
  compare(client_defaults(), namesake, server_name);
  const chain_verdict v = make_client().verify_chain(namesake.chain());
  CHECK(v.error.problems == problem_list());
  CHECK(v.path.size() == 3);
  for (const std::string_view anchor : {pki::namesake_ca, pki::namesake}) {
    client_settings s = client_defaults();
    s.trust = trust(anchor);
    compare(s, namesake, server_name);
    CHECK(make_client(s).verify_chain(namesake.chain()).ok());
    s.trust = trust(pki::other_root);
    compare(s, namesake, server_name);
    CHECK_FALSE(make_client(s).verify_chain(namesake.chain()).ok());
  }
  // The root made the signature of the issuer, and not of the leaf.
  compare(client_defaults(), make_identity(pki::namesake, pki::namesake_key), server_name);
  CHECK(make_client().verify_chain(make_identity(pki::namesake, pki::namesake_key).chain()).error.code ==
        errc::bad_signature);
}

TEST_CASE("verify_chain: trust, clock and limits are the context's") {
  client_settings s = client_defaults();
  s.trust = trust_store::none();
  compare(s, server_identity(), server_name);
  s.trust = trust(pki::other_root);
  compare(s, server_identity(), server_name);
  s.trust = trust(pki::intermediate);
  compare(s, server_identity(), server_name);
  s.trust = trust(pki::self_signed);
  compare(s, make_identity(pki::self_signed_chain, pki::self_signed_key), server_name);
  s = client_defaults();
  for (const unix_time now : {unix_time{1546300800}, unix_time{1593561600}, unix_time{2840140800}}) {
    s.clock = [now] { return now; };
    compare(s, server_identity(), server_name);
  }
  s = client_defaults();
  s.limit.max_chain_length = 1;
  compare(s, make_identity(pki::server, pki::server_key), server_name);
  CHECK(make_client(s).verify_chain(server_identity().chain()).error.code == errc::handshake_too_large);
  s = client_defaults();
  s.limit.max_intermediates = 0;
  compare(s, server_identity(), server_name);
  CHECK(make_client(s).verify_chain(server_identity().chain()).error.code == errc::path_length_exceeded);
}

TEST_CASE("verify_chain: a server's context says of a client's certificate what its handshake says") {
  compare(mutual_defaults(), client_identity());
  compare(mutual_defaults(), server_identity());
  compare(mutual_defaults(), make_identity(pki::foreign_chain, pki::foreign_key));
  compare(mutual_defaults(), make_identity(pki::self_signed_chain, pki::self_signed_key));
  compare(mutual_defaults(), make_identity(pki::expired_chain, pki::expired_key));
  CHECK(make_server(mutual_defaults()).verify_chain(client_identity().chain()).ok());
  const std::vector<certificate> of_client = client_identity().chain();
  CHECK(make_client().verify_chain(of_client).error.code == errc::invalid_purpose);
  CHECK(make_client().verify_chain(of_client, {{}, purpose::client_auth}).ok());
  CHECK(make_server(mutual_defaults()).verify_chain(server_identity().chain(), {{}, purpose::server_auth}).ok());
}

TEST_CASE("verify_chain: nothing is remembered from one chain to the next") {
  const context c = make_client();
  const std::vector<certificate> full = server_identity().chain(), leaf{full.front()};
  for (int i = 0; i < 2; ++i) {
    CHECK(c.verify_chain(leaf).error.code == errc::unknown_issuer);
    CHECK(c.verify_chain(full).ok());
  }
  connection k(c, make_server());
  k.connect();
  CHECK(c.verify_chain(leaf).error.code == errc::unknown_issuer);
  CHECK_FALSE(c.verify_chain(with_changed_signature(0).chain()).ok());
  connection again(c, make_server());
  again.connect();
}

TEST_CASE("verify_chain: bytes that are no certificate are malformed_certificate, wherever they stand") {
  const std::vector<certificate> good = server_identity().chain();
  const byte_view leaf = good[0].der(), broken = leaf.first(leaf.size() - 1), nothing;
  for (const std::vector<byte_view>& chain : {std::vector{broken}, std::vector{nothing}, std::vector{leaf, broken},
                                              std::vector{leaf, good[1].der(), nothing}}) {
    const chain_verdict v = make_client().verify_chain(chain);
    CHECK(v.error.code == errc::malformed_certificate);
    CHECK(v.error.problems == problem_list{{errc::malformed_certificate, static_cast<int>(chain.size()) - 1}});
  }
  CHECK(make_client().verify_chain(std::vector<byte_view>{}).error.code == errc::certificate_required);
}

TEST_CASE("verify_chain: callbacks tighten, override and throw as in a handshake") {
  client_settings s = client_defaults();
  s.on_verify = [](const verify_context& v) { return v.path.size() != 3 || v.peer_name != "localhost"; };
  CHECK(make_client(s).verify_chain(server_identity().chain(), {"plugtls.test", {}}).ok());
  CHECK(make_client(s).verify_chain(server_identity().chain(), {"localhost", {}}).error.code ==
        errc::rejected_by_callback);
  const std::vector<certificate> foreign = make_identity(pki::foreign_chain, pki::foreign_key).chain();
  CHECK(make_client(s).verify_chain(foreign).error.code == errc::unknown_issuer);
  s.on_verify = {};
  s.insecure_override = [](const verify_context& v) { return !v.problems.empty(); };
  CHECK(make_client(s).verify_chain(foreign).ok());
  CHECK(make_client(s).verify_chain(server_identity().chain()).error.code == errc::rejected_by_callback);
  s.insecure_override = [](const verify_context&) -> bool { throw std::runtime_error("mine"); };
  CHECK_THROWS_WITH(make_client(s).verify_chain(foreign), "mine");
}

TEST_CASE("verify_chain: threads share a context") {
  const context c = make_client();
  const std::vector<certificate> good = server_identity().chain();
  const std::vector<certificate> foreign = make_identity(pki::foreign_chain, pki::foreign_key).chain();
  std::vector<int> right(4);
  std::vector<std::thread> threads;
  for (int& count : right)
    threads.emplace_back([&c, &good, &foreign, &count] {
      for (int i = 0; i < 25; ++i)
        count +=
            c.verify_chain(good, {server_name, {}}).ok() && c.verify_chain(foreign).error.code == errc::unknown_issuer;
    });
  for (std::thread& t : threads) t.join();
  CHECK(right == std::vector<int>(4, 25));
}
