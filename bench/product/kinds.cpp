// SPDX-License-Identifier: BSL-1.0
// plugtls's other streams: of a backend that is chosen at run time, and for a reader and a writer thread.
#include "ours.hpp"
#include "register.hpp"
#include "workloads.hpp"

namespace {

template <class Kind>
std::unique_ptr<bench::job> make_job(const bench::task& what) {
  return bench::make_few_workloads<bench::ours<Kind>>(what);
}

const bool added = bench::add_side(bench::make_side<make_job<bench::as_any_stream>>("any_stream")) &&
                   bench::add_side(bench::make_side<make_job<bench::as_duplex_stream>>("duplex_stream"));

}  // namespace
