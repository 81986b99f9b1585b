// SPDX-License-Identifier: BSL-1.0
#include "plugtls/trust_store.hpp"

#include <unistd.h>
#include <filesystem>
#include <fstream>
#include <thread>

#include "plugtls/detail/anchor_cache.hpp"
#include "plugtls/trust_directory.hpp"
#include "support/catch.hpp"
#include "support/pki.hpp"

using namespace plugtls;
using namespace plugtls_test;

static std::size_t count(const trust_store& s) {
  error_info info;
  return s.anchors(info).size();
}

TEST_CASE("a trust store holds what it was given, and nothing else") {
  CHECK(count(trust_store::none()) == 0);
  CHECK(count(trust_store()) == 0);
  CHECK_FALSE(trust_store::none().is_system());
  CHECK(trust_store::system().is_system());
  error_info info;
  const std::string two = std::string(pki::root) + std::string(pki::other_root);
  CHECK(count(trust_store::from_memory(two, info)) == 2);
  CHECK(count(trust_store::from_memory(as_bytes(pki::server_der), info)) == 1);
  CHECK_FALSE(info);
}

TEST_CASE("stores are values: what is added to a copy is not in the other") {
  error_info info;
  trust_store a = trust_store::from_memory(pki::root, info);
  trust_store b = a;
  CHECK(b.add(as_bytes(pki::other_root), info) == errc::success);
  CHECK(count(a) == 1);
  CHECK(count(b) == 2);
  CHECK(a.add_file(PLUGTLS_TEST_DATA "/pki/other_root.pem", info) == errc::success);
  CHECK(count(a) == 2);
}

TEST_CASE("broken input adds nothing and is told by name") {
  error_info info;
  trust_store s = trust_store::from_memory(pki::root, info);
  CHECK(s.add(as_bytes(""), info) == errc::no_certificates_found);
  CHECK(s.add(as_bytes(pki::server_key), info) == errc::no_certificates_found);
  const std::string half = std::string(pki::other_root) + std::string(pki::root).substr(0, 200);
  CHECK(s.add(as_bytes(half), info) == errc::bad_pem);
  CHECK(s.add(as_bytes(std::string_view(pki::server_der).substr(0, 100)), info) == errc::bad_der);
  CHECK(s.add_file("/no/such/file", info) == errc::file_error);
  CHECK(s.add_file(PLUGTLS_TEST_DATA "/pki/server_key.pem", info) == errc::no_certificates_found);
  CHECK(explain(info).find("server_key.pem") != std::string::npos);
  CHECK(count(s) == 1);
  CHECK_THROWS_AS(trust_store::from_file("/no/such/file"), tls_error);
  CHECK_THROWS_AS(trust_store::from_memory(""), tls_error);
}

TEST_CASE("the machine's bundle can be read here, or says what to do") {
  error_info info;
  const std::size_t n = trust_store::system().anchors(info).size();
  if (info) {
    CHECK(n == 0);
    CHECK(explain(info).find("ca-certificates") != std::string::npos);
  } else {
    CHECK(n > 10);
  }
}

TEST_CASE("a directory of certificates is read file by file, junk left aside") {
  const std::filesystem::path folder = "/tmp/plugtls-unit-trust-" + std::to_string(getpid());
  std::filesystem::create_directory(folder);
  std::ofstream(folder / "root.pem") << pki::root;
  std::ofstream(folder / "other.crt") << pki::other_root;
  std::ofstream(folder / "README") << "not a certificate";
  std::filesystem::create_symlink("root.pem", folder / "12345678.0");  // as hashed directories have them
  std::filesystem::create_directory(folder / "subdirectory");
  std::ofstream(folder / "subdirectory" / "server.pem") << pki::server;
  error_info info;
  CHECK(count(load_trust_directory(folder.string(), info)) == 2);
  CHECK_FALSE(info);
  CHECK(count(load_trust_directory((folder / "subdirectory" / "..").string(), info)) == 2);
  std::filesystem::remove(folder / "subdirectory" / "server.pem");
  load_trust_directory((folder / "subdirectory").string(), info);
  CHECK(info.code == errc::no_certificates_found);
  std::filesystem::remove_all(folder);
  info = {};
  load_trust_directory(folder.string(), info);
  CHECK(info.code == errc::file_error);
}

namespace {

trust_anchors anchors_of(std::string_view pem) {
  error_info info;
  return trust_store::from_memory(pem, info).share(info);
}

// Counts those that live.
struct made_of {
  explicit made_of(trust_anchors a) : anchors(std::move(a)) { ++living; }
  made_of(const made_of&) = delete;
  made_of& operator=(const made_of&) = delete;
  ~made_of() { --living; }
  trust_anchors anchors;
  inline static std::atomic<int> living = 0;
};

}  // namespace

TEST_CASE("trust anchors are equal by their contents and their order") {
  const std::string two = std::string(pki::root) + std::string(pki::other_root);
  const std::string turned = std::string(pki::other_root) + std::string(pki::root);
  CHECK(anchors_of(two) == anchors_of(two));
  CHECK_FALSE(anchors_of(two) == anchors_of(turned));
  CHECK_FALSE(anchors_of(two) == anchors_of(pki::root));
  CHECK(trust_anchors() == trust_anchors(std::vector<certificate>()));
  CHECK(anchors_of(two).digest() == anchors_of(two).digest());
  CHECK(anchors_of(two).digest() != anchors_of(turned).digest());
  CHECK(anchors_of(two).digest() != anchors_of(pki::root).digest());
  CHECK(trust_anchors().empty());
  CHECK(anchors_of(two).views().size() == 2);
  error_info info;
  const trust_store system = trust_store::system();
  if (!system.anchors(info).empty()) CHECK(system.share(info).views().data() == system.share(info).views().data());
}

TEST_CASE("what was made of trust anchors is found by contents for as long as somebody has it") {
  REQUIRE(made_of::living == 0);
  {
    detail::anchor_cache<made_of> cache;
    CHECK(cache.find(anchors_of(pki::root)) == nullptr);
    auto first = std::make_shared<const made_of>(anchors_of(pki::root));
    cache.keep(first);
    CHECK(cache.find(anchors_of(pki::root)) == first);
    CHECK(cache.find(anchors_of(pki::other_root)) == nullptr);
    // The latest stays for the next context, and no other.
    cache.keep(std::make_shared<const made_of>(anchors_of(pki::other_root)));
    CHECK(made_of::living == 2);
    CHECK(cache.find(anchors_of(pki::other_root)) != nullptr);
    CHECK(cache.find(anchors_of(pki::root)) == first);
    first.reset();
    CHECK(made_of::living == 1);
    CHECK(cache.find(anchors_of(pki::root)) == nullptr);
    for (int i = 0; i < 100; ++i) cache.keep(std::make_shared<const made_of>(anchors_of(pki::root)));
    CHECK(made_of::living == 1);
  }
  CHECK(made_of::living == 0);
}

TEST_CASE("several threads find and keep what was made of trust anchors") {
  detail::anchor_cache<made_of> cache;
  std::atomic<int> wrong = 0;
  const auto work = [&](std::string_view pem) {
    const trust_anchors own = anchors_of(pem);
    for (int i = 0; i < 500; ++i) {
      auto found = cache.find(own);
      if (found == nullptr) cache.keep(found = std::make_shared<const made_of>(own));
      if (!(found->anchors == own) || own.digest() != found->anchors.digest()) ++wrong;
    }
  };
  std::thread threads[] = {std::thread([&] { work(pki::root); }), std::thread([&] { work(pki::other_root); }),
                           std::thread([&] { work(pki::root); })};
  for (std::thread& t : threads) t.join();
  CHECK(wrong == 0);
}
