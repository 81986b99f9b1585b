// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <chrono>
#include <functional>
#include <regex>
#include <string>
#include <vector>

#include "results.hpp"

namespace bench {

struct options {
  std::vector<place> places;
  std::string out;
  std::string filter;
  int rounds = 31;
  double round_seconds = 0.005;
  double seconds = 0;  ///< that the whole may take; 0: as long as it takes
  bool is_quick = false;
};

/// One run: what is to be measured is put on a list first, so that the time left can be told.
class measuring_session {
 public:
  explicit measuring_session(const options& o);
  void add_counted_tables();
  void add_timed_tables();
  /// Measures all that was added; returns how many rows were not measured.
  std::size_t run();
  results& out() noexcept { return results_; }
  std::size_t planned() const noexcept { return steps_.size(); }

 private:
  // One row, and what must be there before it: its table.
  struct step {
    std::string what;
    std::size_t players;
    std::function<void()> begin_table;  // empty: the table has begun
    std::function<void()> measure;
    double slowness = 1;  // what it takes beyond its rounds
  };
  struct column {
    const loaded* from;
    const side* plays;
    std::string id, title;
  };

  void add_table(const table& t, const std::vector<column>& columns, const std::string& suffix,
                 const std::string& title);
  void add_counted(const table& t, const std::function<json(const place&, const std::string&, const row&)>& count);
  bool wanted(const table& t, const row& r, const std::string& suffix) const;
  json play_row(const table& t, const row& r, const std::vector<column>& columns) const;
  json play_plainly(const table& t, const row& r, std::vector<column> columns) const;
  void measure(const table& t, const row& r, const std::vector<column>& columns);
  void add_sizes();
  void add_modules();
  double planned_after(std::size_t step) const;
  void show_progress(std::size_t step);
  std::string title_of(const loaded& m) const;

  options options_;
  std::regex filter_;
  results results_;
  std::vector<step> steps_;
  std::vector<loaded> backends_;
  std::vector<loaded> peers_;
  int rounds_now_ = 0;
  bool on_terminal_ = false;
  std::chrono::steady_clock::time_point begin_ = std::chrono::steady_clock::now();
};

}  // namespace bench
