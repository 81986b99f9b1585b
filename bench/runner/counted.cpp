// SPDX-License-Identifier: BSL-1.0
#include "counted.hpp"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstring>
#include <stdexcept>

namespace bench {
namespace {

// What a child tells: figures, or why there are none.
struct answer {
  int count = 0;
  bool is_refused = false;
  double values[64] = {};
  line why{};
  void add(double value) {
    if (count < 64) values[count++] = value;
  }
};

struct refusal : std::runtime_error {
  using std::runtime_error::runtime_error;
};

template <class F>
answer in_child(F work) {
  answer out;
  int ends[2];
  if (pipe(ends) != 0) throw std::runtime_error("no pipe");
  const pid_t child = fork();
  if (child < 0) throw std::runtime_error("no child process");
  if (child == 0) {
    signal(SIGINT, SIG_IGN);
    try {
      work(out);
    } catch (const std::exception& e) {
      out.count = 0;
      out.is_refused = dynamic_cast<const refusal*>(&e) != nullptr;
      std::strncpy(out.why.text, e.what(), sizeof out.why.text - 1);
    }
    const bool told = write(ends[1], &out, sizeof out) == static_cast<ssize_t>(sizeof out);
    _exit(told ? 0 : 1);
  }
  close(ends[1]);
  char* into = reinterpret_cast<char*>(&out);
  std::size_t got = 0;
  for (ssize_t n = 1; n > 0 && got < sizeof out; got += static_cast<std::size_t>(n))
    n = std::max<ssize_t>(0, read(ends[0], into + got, sizeof out - got));
  close(ends[0]);
  int status = 0;
  waitpid(child, &status, 0);
  if (got != sizeof out) {
    out = {};
    const std::string end =
        WIFSIGNALED(status) ? std::string("ended by signal: ") + strsignal(WTERMSIG(status)) : "ended early";
    std::strncpy(out.why.text, end.c_str(), sizeof out.why.text - 1);
  }
  return out;
}

player ready_player(const loaded& m, const row& r) {
  const side* ours = m.find("plugtls");
  if (ours == nullptr) throw std::runtime_error("the module has no side of plugtls");
  player p(*ours, r.what);
  if (p.is_refused()) throw refusal(p.why());
  if (!p.is_ready()) throw std::runtime_error(p.why());
  return p;
}

json cell(const std::vector<answer>& answers) {
  std::vector<double> values;
  for (const answer& a : answers) {
    if (a.count == 0) return missing_cell(a.why.text, a.is_refused);
    values.insert(values.end(), a.values, a.values + a.count);
  }
  return counted_cell(std::move(values));
}

}  // namespace

json count_in_child(const place& where, const std::string& name, const row& r) {
  const bool is_heap = std::string_view(r.what.work) == "idle";
  return cell({in_child([&](answer& out) {
    const loaded m = load(where, "bench", name, true);
    player p = ready_player(m, r);
    if (m.memory == nullptr) throw std::runtime_error("the module does not count");
    const auto counted = [&] { return is_heap ? m.memory().live : m.memory().allocations; };
    // The difference of many and few: what comes once, or only with the first, cancels out.
    const std::uint64_t few = 8, many = 40;
    p.run(few);
    const auto a = counted();
    p.run(few);
    const auto b = counted();
    p.run(many);
    const auto c = counted();
    // Idle connections replace those of the run before; others are counted on top of them.
    const double more = is_heap ? static_cast<double>(c) - static_cast<double>(b)
                                : static_cast<double>(c - b) - static_cast<double>(b - a);
    out.add(more / static_cast<double>(many - few));
  })});
}

json context_in_child(const place& where, const std::string& name, bool is_first, int times) {
  std::vector<answer> answers;
  for (int i = 0; i < (is_first ? times : 1) && !is_interrupted(); ++i)
    answers.push_back(in_child([&](answer& out) {
      const loaded m = load(where, "bench", name);
      player p = ready_player(m, {"", "", {"context", 0, 0, 0, 0, 0, 0, 0}});
      const double first = p.run(1) * 1e6;
      if (is_first) return out.add(first);
      for (int n = 0; n < times; ++n) out.add(p.run(20) * 1e6);
    }));
  return answers.empty() ? missing_cell("interrupted before it was measured", false) : cell(answers);
}

}  // namespace bench
