// SPDX-License-Identifier: BSL-1.0
// With ../support/account.cpp a shared object that counts what is allocated in the namespace that begins with it: its
// functions are found there before the C library's own.
#include "../support/account.hpp"
#include "module.hpp"

namespace {
bench::account all;
const bench::accounting always(all);
}  // namespace

extern "C" bench::memory_count plugtls_bench_memory() {
  return {static_cast<std::uint64_t>(all.allocations), static_cast<std::uint64_t>(all.live_bytes)};
}
