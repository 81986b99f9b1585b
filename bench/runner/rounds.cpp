// SPDX-License-Identifier: BSL-1.0
#include "rounds.hpp"

#include <signal.h>

#include <algorithm>
#include <cmath>
#include <stdexcept>

namespace bench {
namespace {

volatile sig_atomic_t interrupted = 0;

double quantile(const std::vector<double>& sorted, double q) {
  const double at = q * static_cast<double>(sorted.size() - 1);
  const auto below = static_cast<std::size_t>(at);
  const std::size_t above = std::min(below + 1, sorted.size() - 1);
  return sorted[below] + (at - static_cast<double>(below)) * (sorted[above] - sorted[below]);
}

}  // namespace

bool is_interrupted() noexcept { return interrupted != 0; }
void catch_interrupts() {
  struct sigaction action {};
  action.sa_handler = [](int) { interrupted = 1; };
  action.sa_flags = SA_RESTART | static_cast<int>(SA_RESETHAND);  // a second one ends at once
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
}

spread spread_of(std::vector<double> values) {
  if (values.empty()) return {};
  std::sort(values.begin(), values.end());
  return {quantile(values, 0.5), quantile(values, 0.25), quantile(values, 0.75)};
}

player::player(const side& s, const task& what) : side_(&s), job_(nullptr, s.destroy) {
  void* job = nullptr;
  line why{};
  const made result = s.make(what, &job, why);
  job_.reset(job);
  why_ = why.text;
  refused_ = result == made::not_offered;
}

double player::run(std::uint64_t count) {
  double seconds = 0;
  line why{};
  if (side_->run(job_.get(), count, &seconds, why) == 0) throw std::runtime_error(why.text);
  return seconds / static_cast<double>(count);
}

void player::calibrate(double round_seconds) {
  double each = run(1);
  for (std::uint64_t tried = 1; each * static_cast<double>(tried) < round_seconds / 4 && tried < (1U << 24);) {
    tried *= 4;
    each = run(tried);
  }
  const double fits = round_seconds / std::max(each, 1e-9);
  count_ = static_cast<std::uint64_t>(std::max(1.0, std::round(fits)));
}

void player::fail(std::string why) {
  why_ = std::move(why);
  job_.reset();
  seconds_.clear();
}

void play(std::vector<player>& players, int rounds, double round_seconds) {
  const auto guarded = [](player& p, auto&& action) {
    try {
      if (p.is_ready()) action(p);
    } catch (const std::exception& e) {
      p.fail(e.what());
    }
  };
  for (player& p : players) guarded(p, [&](player& q) { q.calibrate(round_seconds); });
  std::size_t done = 0;
  for (; done < static_cast<std::size_t>(rounds) && !is_interrupted(); ++done)
    for (std::size_t i = 0; i < players.size(); ++i)
      guarded(players[(i + done) % players.size()], [](player& q) { q.round(); });
}

}  // namespace bench
