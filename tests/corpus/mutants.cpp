// SPDX-License-Identifier: BSL-1.0
#include <chrono>
#include <cstdlib>

#include "native/signer.hpp"
#include "support/any_pair.hpp"
#include "support/corpus.hpp"
#include "support/mutator.hpp"

using namespace plugtls;
using namespace plugtls_test;

// Certificates of good chains, changed element by element. What is changed is refused, unless its issuer signs it anew;
// then it may be good or bad. In any case all backends say the same.

namespace {

constexpr std::size_t mutants = 3000;
// Other ones with each run, for a search: PLUGTLS_SEED=17 ./corpus 'mutants*'
std::uint64_t seed() {
  const char* text = std::getenv("PLUGTLS_SEED");
  return text != nullptr ? std::strtoull(text, nullptr, 10) : 1;
}

struct good_chain {
  std::string what;
  std::vector<std::string> ders;    // leaf first, without the root
  std::vector<std::string> keys;    // of each one's issuer, to sign it anew; empty where there is none
  std::vector<any_context> judges;  // one for each backend
  chain_options options;
};

std::vector<std::string> split(const std::string& pems) {
  std::vector<byte_vector> ders;
  std::vector<std::string> out;
  CHECK(load_certificate_bytes(as_bytes(pems), ders) == errc::success);
  for (const byte_vector& der : ders) out.emplace_back(as_text(der));
  return out;
}

good_chain make(std::string what, const std::string& chain, std::string_view root, std::vector<std::string> keys,
                chain_options options) {
  good_chain out{std::move(what), split(chain), std::move(keys), {}, std::move(options)};
  out.keys.resize(out.ders.size());
  client_settings s;
  s.trust = trust(root);
  for (const backend_entry& b : registered_backends()) out.judges.push_back(make_client(b, s));
  return out;
}

bool all_have(capability c) {
  for (const backend_entry& b : registered_backends())
    if (!b.capabilities.has(c)) return false;
  return true;
}

std::vector<good_chain> good_chains() {
  const std::string low(pki::intermediate_key), high(pki::root_key);
  std::vector<good_chain> out;
  out.push_back(make("server", std::string(pki::server_chain), pki::root, {low, high}, {server_name, {}}));
  out.push_back(make("rsa", std::string(pki::server_rsa_chain), pki::root, {low, high}, {server_name, {}}));
  out.push_back(
      make("client", std::string(pki::client_chain), pki::root, {low, high}, {std::nullopt, purpose::client_auth}));
  for (const corpus_case& c : corpus_cases()) {
    // Both need what not every backend can do; test_limbo and test_verify_corpus have their like.
    if (c.expected != "success" || c.role != "server" || c.id == "ok-ed25519" || c.id == "ok-nc-permitted") continue;
    if (c.id == "ok-200-sans" && !all_have(capability::many_alt_names)) continue;
    out.push_back(make(c.id, read_corpus(c, "leaf.pem") + read_corpus(c, "chain.pem"), read_corpus(c, "roots.pem"), {},
                       {c.name, {}}));
  }
  return out;
}

struct verdicts {
  std::vector<errc> codes;
  bool uses_changed = false;  // the changed certificate is in an accepted path
  std::string what;
  bool differ() const {
    for (const errc e : codes)
      if (e != codes.front()) return true;
    return false;
  }
  // A library that cannot read, or will not have, what the others take, and says so; nothing else.
  bool is_refused_by_one() const { return is_success_but_for_one(errc::bad_certificate); }
  // mbedTLS reads every certificate that is presented, and gives up at extensions of one that no path needs.
  bool is_refused_for_unneeded() const {
    return !uses_changed && is_success_but_for_one(errc::unsupported_critical_extension);
  }
  bool is_success_but_for_one(errc refusal) const {
    std::size_t refused = 0, good = 0;
    for (const errc e : codes) refused += e == refusal, good += e == errc::success;
    return refused == 1 && good + 1 == codes.size();
  }
};

verdicts judge(const good_chain& chain, const std::vector<std::string>& ders, std::string_view changed = {}) {
  std::vector<byte_view> views;
  for (const std::string& der : ders) views.push_back(as_bytes(der));
  verdicts out;
  for (std::size_t i = 0; i < chain.judges.size(); ++i) {
    const chain_verdict v = chain.judges[i].verify_chain(views, chain.options);
    out.codes.push_back(v.error.code);
    for (const certificate& c : v.path) out.uses_changed = out.uses_changed || (v.ok() && as_text(c.der()) == changed);
    out.what += std::string(registered_backends()[i].name) + ": " + explain(v.error) + "\n";
  }
  return out;
}

std::string hex(const std::string& der) {
  std::string out;
  for (const char c : der) {
    constexpr char digits[] = "0123456789abcdef";
    out += digits[static_cast<unsigned char>(c) >> 4];
    out += digits[static_cast<unsigned char>(c) & 15U];
  }
  return out;
}

der_node read_node(std::string_view der) {
  const auto node = der_node::read(der);
  REQUIRE(node);
  REQUIRE(der.empty());
  return *node;
}

}  // namespace

TEST_CASE("mutants: what reads DER writes it back") {
  for (const good_chain& c : good_chains()) {
    CAPTURE(c.what);
    for (const std::string& der : c.ders) CHECK(read_node(der).write() == der);
    const verdicts v = judge(c, c.ders);
    INFO(v.what);
    CHECK_FALSE(v.differ());
    CHECK(v.codes.front() == errc::success);
  }
}

TEST_CASE("mutants: what is changed is refused, by all alike") {
  const std::vector<good_chain> chains = good_chains();
  mutator m(seed());
  std::size_t changed = 0;
  for (std::size_t i = 0; i < mutants; ++i) {
    const good_chain& chain = chains[m.below(chains.size())];
    std::vector<std::string> ders = chain.ders;
    const std::size_t which = m.below(ders.size());
    der_node node = read_node(ders[which]);
    const std::string signed_part = node.children.at(0).write();
    const std::string what = m.change(node);
    ders[which] = node.write();
    if (ders[which] == chain.ders[which]) continue;
    ++changed;
    const verdicts v = judge(chain, ders, ders[which]);
    CAPTURE(chain.what, which, what, hex(ders[which]));
    INFO(v.what);
    if (!v.is_refused_for_unneeded()) CHECK_FALSE(v.differ());
    const bool is_signed = !node.children.empty() && node.children[0].write() == signed_part;
    if (!is_signed) CHECK_FALSE(v.uses_changed);
  }
  CHECK(changed > mutants * 9 / 10);
}

TEST_CASE("mutants: what is changed and signed anew gets one verdict") {
  std::vector<good_chain> chains = good_chains();
  std::erase_if(chains, [](const good_chain& c) { return c.keys.front().empty(); });
  mutator m(seed() + 1000);
  std::size_t accepted = 0, refused_by_one = 0;
  for (std::size_t i = 0; i < mutants; ++i) {
    const good_chain& chain = chains[m.below(chains.size())];
    std::vector<std::string> ders = chain.ders;
    const std::size_t which = m.below(ders.size());
    der_node node = read_node(ders[which]);
    const std::string what = m.change(node.children.at(0));
    der_node& signature = node.children.at(2);
    signature.children.clear();
    signature.value = std::string(1, '\0') + sign_ecdsa(chain.keys[which], node.children[0].write());
    ders[which] = node.write();
    const verdicts v = judge(chain, ders, ders[which]);
    CAPTURE(chain.what, which, what, hex(ders[which]));
    INFO(v.what);
    refused_by_one += v.is_refused_by_one();
    if (!v.is_refused_by_one() && !v.is_refused_for_unneeded()) CHECK_FALSE(v.differ());
    accepted += v.codes.front() == errc::success;
  }
  // wolfSSL 5.5 knows some types of attributes only, tells object identifiers by sums, and compares names byte by byte.
  // 5.7 refuses serial number 0 besides.
  CHECK(refused_by_one < mutants / 50);
  // Names, serial numbers and identifiers may be others.
  CHECK(accepted > mutants / 100);
  CHECK(accepted < mutants / 2);
}
