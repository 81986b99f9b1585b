// SPDX-License-Identifier: BSL-1.0
// A module without a TLS library, for the runner's test: what it does takes a known time, is refused, or fails.
#include <dlfcn.h>
#include <link.h>

#include <string>
#include <string_view>
#include <vector>

#include "../product/side.hpp"

namespace {

// Holds a kilobyte for each time, as long as the next run.
struct holding : bench::job {
  double run(std::uint64_t count) override {
    held.clear();
    held.resize(count, std::string(1000, 'x'));
    return 0;
  }
  std::vector<std::string> held;
};

// Whether this file is called so.
bool is_called(std::string_view name) {
  Dl_info found{};
  return dladdr(reinterpret_cast<const void*>(&is_called), &found) != 0 &&
         std::string_view(found.dli_fname).find(name) != std::string_view::npos;
}

// Whether this is loaded into the namespace of the process, which begins with the program.
bool is_plain() {
  Dl_info found{};
  link_map* map = nullptr;
  if (dladdr1(reinterpret_cast<const void*>(&is_plain), &found, reinterpret_cast<void**>(&map), RTLD_DL_LINKMAP) == 0)
    return false;
  while (map->l_prev != nullptr) map = map->l_prev;
  return *map->l_name == '\0';
}

// Burns CPU time: as many microseconds for each time as the row's size in KiB, at least one.
std::unique_ptr<bench::job> make_job(const bench::task& what) {
  if (what.version == 0x0304 && !is_called("newer")) throw bench::not_offered("no TLS 1.3 in the fake");
  if (what.threads != 0 && !is_plain())
    return bench::repeat([] { throw std::runtime_error("threads in a second namespace"); });
  if (what.resumes != 0) throw std::runtime_error("broken in the making");
  if (std::string_view(what.work) == "echo")
    return bench::repeat([] { throw std::runtime_error("broken in the run"); });
  if (std::string_view(what.work) == "idle") return std::make_unique<holding>();
  return bench::repeat([micros = 1 + static_cast<double>(what.size) / 1024] {
    const double end = bench::cpu_seconds() + micros * 1e-6;
    while (bench::cpu_seconds() < end) continue;
  });
}

const bench::side sides[] = {bench::make_side<make_job>("plugtls"), bench::make_side<make_job>("raw naive")};
const bench::fact facts[] = {{"assembly", "none"}};
const bench::module table{"fake", "Fake 1.0", facts, 1, sides, 2};

}  // namespace

extern "C" const bench::module* plugtls_bench_module() { return &table; }
