// SPDX-License-Identifier: BSL-1.0
// plugtls's stream, and its contexts.
#include "all_workloads.hpp"
#include "ours.hpp"
#include "register.hpp"

namespace {

// A context on the system's store while another one holds it: what each but the first costs.
struct contexts : bench::job {
  double run(std::uint64_t count) override {
    const double begin = bench::cpu_seconds();
    for (std::uint64_t i = 0; i < count; ++i) {
      bench::tls::context made = bench::tls::context::client({});
      if (!held) held = made;
    }
    return bench::cpu_seconds() - begin;
  }
  bench::tls::context held;
};

std::unique_ptr<bench::job> make_job(const bench::task& what) {
  if (std::string_view(what.work) == "context") return std::make_unique<contexts>();
  return bench::make_workload_over<bench::ours<bench::as_stream>>(what);
}

const bool added = bench::add_side(bench::make_side<make_job>("plugtls"));

}  // namespace
