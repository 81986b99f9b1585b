// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "loaded.hpp"
#include "rounds.hpp"
#include "tables.hpp"

namespace bench {

using json = nlohmann::ordered_json;

/// What ran where: processor, cores, memory, system, compiler.
json describe_machine();
json describe_module(const loaded& m);

/// A row's cell from its rounds, in the table's unit; with `base`, also the ratio of its time to the base's, round by
/// round.
json cell_of(const player& p, unit figure, std::size_t size, const player* base);
json missing_cell(const std::string& why, bool is_refused);
/// A cell from single figures, counted or measured.
json counted_cell(std::vector<double> values);

std::string unit_name(unit figure);

/// The file of results. It is written after each row, so that what was measured outlives whatever ends the run.
class results {
 public:
  explicit results(std::string path) : path_(std::move(path)) {}
  json& all() noexcept { return all_; }
  /// Begins a table and returns its place; rows are added by `add_row`.
  void begin_table(const table& t, const json& columns, const std::string& suffix = "", const std::string& title = "");
  void add_row(const row& r, const std::string& unit, json cells);
  /// Throws std::runtime_error when the file cannot be written.
  void save() const;

 private:
  std::string path_;
  json all_ = json::object();
};

}  // namespace bench
