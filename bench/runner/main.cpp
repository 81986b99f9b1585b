// SPDX-License-Identifier: BSL-1.0
// Runs the benchmarks over the modules of some folders and writes what was measured as JSON.
// Exit status: 0 all was measured, 1 something failed, 2 usage, 130 interrupted; what was measured is kept then.
#include <sys/resource.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <cstdlib>
#include <string>

#include "session.hpp"

namespace {

// Several copies of the C library live in one process, and each wants room for its thread-local data. The loader
// reserves that at the start only, and is told so by its environment.
void make_room_for_namespaces(char** argv) {
  const char* set = std::getenv("GLIBC_TUNABLES");
  if (set != nullptr && std::string(set).find("glibc.rtld.nns") != std::string::npos) return;
  setenv("GLIBC_TUNABLES", "glibc.rtld.nns=16:glibc.rtld.optional_static_tls=32768", 1);
  execv("/proc/self/exe", argv);
}

// CPU time of this process and of those that it started.
double cpu_time() {
  double sum = 0;
  for (const int who : {RUSAGE_SELF, RUSAGE_CHILDREN}) {
    rusage used{};
    getrusage(who, &used);
    sum += static_cast<double>(used.ru_utime.tv_sec + used.ru_stime.tv_sec) +
           static_cast<double>(used.ru_utime.tv_usec + used.ru_stime.tv_usec) * 1e-6;
  }
  return sum;
}

int measure(const bench::options& o) {
  bench::catch_interrupts();
  const auto begin = std::chrono::steady_clock::now();
  bench::measuring_session counted(o);
  counted.add_counted_tables();
  counted.add_timed_tables();
  if (counted.planned() == 0) {
    std::fprintf(stderr, "plugtls-bench: no row matches \"%s\"\n", o.filter.c_str());
    return 2;
  }
  const std::size_t missing = counted.run();
  bench::json& all = counted.out().all();
  all["partial"] = missing != 0 || bench::is_interrupted();
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  all["seconds"] = seconds;
  all["machine"]["share_of_a_core"] = cpu_time() / seconds;  // 1, or nearly, on a machine that is idle otherwise
  counted.out().save();
  if (!bench::is_interrupted()) return 0;
  std::fprintf(stderr, "plugtls-bench: interrupted; %zu rows were not measured, what was measured is kept\n", missing);
  return 130;
}

}  // namespace

int main(int argc, char** argv) {
  make_room_for_namespaces(argv);
  bench::options o;
  std::vector<std::string> places;
  double milliseconds = 5;
  CLI::App app("Measures TLS libraries through plugtls, and plugtls against other ways to use them.");
  app.add_option("--modules", places, "a folder of modules; FOLDER=PREFIX for those over another installation")
      ->required();
  app.add_option("--out", o.out, "the file for the results, JSON")->required();
  app.add_option("--filter", o.filter, "only rows that this regular expression finds in TABLE/ROW TITLE");
  app.add_option("--rounds", o.rounds, "rounds of each row")->check(CLI::Range(1, 10000));
  app.add_option("--round-time", milliseconds, "milliseconds of one round")->check(CLI::Range(0.1, 1000.0));
  app.add_option("--seconds", o.seconds, "the time that all may take: rows get fewer rounds, 5 at least");
  app.add_flag("--quick", o.is_quick, "mark the results as those of a quick run");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& e) {
    return app.exit(e) == 0 ? 0 : 2;
  }
  o.round_seconds = milliseconds / 1000;
  for (const std::string& p : places) {
    const auto at = p.find('=');
    o.places.push_back({p.substr(0, at), at == std::string::npos ? "" : p.substr(at + 1)});
  }
  int status = 1;
  try {
    status = measure(o);
  } catch (const std::regex_error&) {
    std::fprintf(stderr, "plugtls-bench: \"%s\" is no regular expression\n", o.filter.c_str());
    status = 2;
  } catch (const std::exception& e) {
    std::fprintf(stderr, "plugtls-bench: %s\n", e.what());
  }
  // The loaded libraries do not all come to a good end together.
  std::fflush(nullptr);
  _exit(status);
}
