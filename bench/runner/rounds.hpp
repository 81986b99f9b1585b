// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "../product/module.hpp"

namespace bench {

/// A median and its quartiles.
struct spread {
  double median = 0, q1 = 0, q3 = 0;
};
spread spread_of(std::vector<double> values);

/// A task made ready in one column, until the row is done.
class player {
 public:
  player(const side& s, const task& what);
  player(player&& other) noexcept = default;
  player& operator=(player&& other) noexcept = default;

  bool is_ready() const noexcept { return job_ != nullptr; }
  bool is_refused() const noexcept { return refused_; }  ///< not offered, rather than failed
  const std::string& why() const noexcept { return why_; }
  /// Runs `count` times and returns the seconds that one took; throws std::runtime_error.
  double run(std::uint64_t count);
  /// Finds how often fits into a round, by running.
  void calibrate(double round_seconds);
  /// Runs one round.
  void round() { seconds_.push_back(run(count_)); }
  /// Gives up: the cell says why.
  void fail(std::string why);
  std::uint64_t count() const noexcept { return count_; }
  const std::vector<double>& seconds() const noexcept { return seconds_; }
  void keep_rounds(std::size_t n) {
    if (seconds_.size() > n) seconds_.resize(n);
  }

 private:
  using destroy_function = void (*)(void*);
  const side* side_;
  std::unique_ptr<void, destroy_function> job_;
  std::string why_;
  bool refused_ = false;
  std::uint64_t count_ = 1;
  std::vector<double> seconds_;
};

/// Says when to stop early: an interrupt.
bool is_interrupted() noexcept;
void catch_interrupts();

/// Runs the rounds of a row: all players take a turn in each, in an order that rotates. Ends early when interrupted,
/// and then all have the same number of rounds.
void play(std::vector<player>& players, int rounds, double round_seconds);

}  // namespace bench
