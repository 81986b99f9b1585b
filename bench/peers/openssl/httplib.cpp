// SPDX-License-Identifier: BSL-1.0
// cpp-httplib's HTTPS client. Debian ships the library compiled, with a header that does not declare its TLS stream:
// that layer alone cannot be reached.
#include <httplib.h>
#include <sys/mman.h>

#include <optional>
#include <test_pki.hpp>

#include "../../product/register.hpp"
#include "https.hpp"

namespace {

// It takes a file of anchors: one in memory.
const std::string& root_file() {
  static const std::string path = [] {
    const int fd = ::memfd_create("root", 0);
    const auto pem = plugtls::test_pki::root;
    bench::require(fd >= 0 && ::write(fd, pem.data(), pem.size()) == static_cast<ssize_t>(pem.size()),
                   "a file in memory");
    return "/proc/self/fd/" + std::to_string(fd);
  }();
  return path;
}

struct with_httplib : bench::https_client {
  static constexpr bool can_resume = false;

  explicit with_httplib(bool) {}
  std::size_t get(const std::string& path, bool anew) override {
    if (!client || anew) {
      client.emplace("localhost", bench::https_port(false));
      client->set_ca_cert_path(root_file());
      client->enable_server_certificate_verification(true);
      client->set_keep_alive(!anew);
      client->set_address_family(AF_INET);
      client->set_tcp_nodelay(true);
    }
    const auto result = client->Get(path);
    if (!result) throw std::runtime_error("cpp-httplib: " + httplib::to_string(result.error()));
    return result->body.size();
  }
  std::optional<httplib::SSLClient> client;
};

const bool added =
    bench::add_side(bench::make_side<bench::make_fetching<with_httplib>>("cpp-httplib " CPPHTTPLIB_VERSION));

}  // namespace
