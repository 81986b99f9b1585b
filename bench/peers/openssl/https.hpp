// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <string>
#include <string_view>

#include "../../product/side.hpp"

namespace bench {

/// The port of an HTTPS server for "localhost", with the certificate of the tests, in a thread of its own. It answers
/// any GET of /N with N bytes, and keeps connections. All clients fetch from the same one; one that gives tickets is
/// for those that resume.
int https_port(bool gives_tickets);
/// How many handshakes with it have resumed a session.
std::uint64_t https_resumed();

/// A client, made from whether it resumes: get() fetches, over the connection it has or, where `anew`, over a new one,
/// and returns the body's length.
struct https_client {
  virtual ~https_client() = default;
  virtual std::size_t get(const std::string& path, bool anew) = 0;
};

/// Fetches; the CPU time of this thread alone.
template <class Client>
std::unique_ptr<job> make_fetching(const task& what) {
  const std::string_view work = what.work;
  if (work != "get" && work != "get-new") throw not_offered("an HTTPS client, not a stream");
  if (what.resumes != 0 && !Client::can_resume) throw not_offered("it does not resume sessions");
  struct fetching : job {
    double run(std::uint64_t count) override {
      Client client(resumes);
      const std::string path = "/" + std::to_string(size);
      client.get(path, anew);
      const std::uint64_t before = https_resumed();
      const double begin = cpu_seconds(CLOCK_THREAD_CPUTIME_ID);
      for (std::uint64_t i = 0; i < count; ++i) require(client.get(path, anew) == size, "fetching");
      const double seconds = cpu_seconds(CLOCK_THREAD_CPUTIME_ID) - begin;
      require(https_resumed() - before == (resumes ? count : 0), resumes ? "resuming" : "fetching without resuming");
      return seconds;
    }
    std::size_t size = 0;
    bool anew = false, resumes = false;
  };
  auto out = std::make_unique<fetching>();
  out->size = what.size;
  out->anew = work == "get-new";
  out->resumes = what.resumes != 0;
  return out;
}

}  // namespace bench
