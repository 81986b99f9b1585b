// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <string>
#include <string_view>

#include "../../product/side.hpp"

namespace bench {

/// The port of an HTTPS server for "localhost", with the certificate of the tests, in a thread of its own. It answers
/// any GET of /N with N bytes, and keeps connections. All clients fetch from the same one.
int https_port();

/// A client: get() fetches, over the connection it has or, where `anew`, over a new one, and returns the body's length.
struct https_client {
  virtual ~https_client() = default;
  virtual std::size_t get(const std::string& path, bool anew) = 0;
};

/// Fetches; the CPU time of this thread alone.
template <class Client>
std::unique_ptr<job> make_fetching(const task& what) {
  const std::string_view work = what.work;
  if (work != "get" && work != "get-new") throw not_offered("an HTTPS client, not a stream");
  struct fetching : job {
    double run(std::uint64_t count) override {
      Client client;
      const std::string path = "/" + std::to_string(size);
      client.get(path, anew);
      const double begin = cpu_seconds(CLOCK_THREAD_CPUTIME_ID);
      for (std::uint64_t i = 0; i < count; ++i) require(client.get(path, anew) == size, "fetching");
      return cpu_seconds(CLOCK_THREAD_CPUTIME_ID) - begin;
    }
    std::size_t size = 0;
    bool anew = false;
  };
  auto out = std::make_unique<fetching>();
  out->size = what.size;
  out->anew = work == "get-new";
  return out;
}

}  // namespace bench
