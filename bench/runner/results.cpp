// SPDX-License-Identifier: BSL-1.0
#include "results.hpp"

#include <sched.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <stdexcept>

namespace bench {
namespace {

// The value of the first line that begins with a key.
std::string value_in(const char* file, const std::string& key, char separator) {
  std::ifstream in(file);
  for (std::string line; std::getline(in, line);)
    if (line.starts_with(key)) {
      const auto begin = line.find_first_not_of(" \t\"", line.find(separator) + 1);
      const auto end = line.find_last_not_of(" \t\"");
      return begin == std::string::npos ? "" : line.substr(begin, end + 1 - begin);
    }
  return "";
}

double figure_of(double seconds, unit figure, std::size_t size) {
  switch (figure) {
    case unit::per_second: return 1 / seconds;
    case unit::megabytes: return static_cast<double>(size) / seconds / 1e6;
    case unit::microseconds:
    case unit::wall_microseconds: return seconds * 1e6;
    case unit::wall_milliseconds: return seconds * 1e3;
    case unit::bytes:
    case unit::count: break;
  }
  return seconds;
}

json as_json(const spread& s) { return {{"median", s.median}, {"q1", s.q1}, {"q3", s.q3}}; }

}  // namespace

std::string unit_name(unit figure) {
  switch (figure) {
    case unit::per_second: return "per second";
    case unit::megabytes: return "MB/s";
    case unit::microseconds: return "us";
    case unit::wall_microseconds: return "us of wall time";
    case unit::wall_milliseconds: return "ms of wall time";
    case unit::bytes: return "bytes";
    case unit::count: break;
  }
  return "count";
}

json describe_machine() {
  utsname names{};
  uname(&names);
  const std::string flags =
      " " + value_in("/proc/cpuinfo", "flags", ':') + " " + value_in("/proc/cpuinfo", "Features", ':') + " ";
  json m;
  m["processor"] = value_in("/proc/cpuinfo", "model name", ':');
  m["architecture"] = names.machine;
  cpu_set_t cores;
  CPU_ZERO(&cores);
  sched_getaffinity(0, sizeof cores, &cores);
  m["cores"] = CPU_COUNT(&cores);  // that this process may use
  m["memory"] = value_in("/proc/meminfo", "MemTotal", ':');
  m["system"] = value_in("/etc/os-release", "PRETTY_NAME", '=');
  m["kernel"] = names.release;
  m["compiler"] = PLUGTLS_BENCH_COMPILER;
  m["aes_instructions"] = flags.find(" aes ") != std::string::npos;
  return m;
}

json describe_module(const loaded& m) {
  json facts = json::object();
  for (std::size_t i = 0; i < m.table->fact_count; ++i) facts[m.table->facts[i].name] = m.table->facts[i].value;
  std::size_t size = 0;
  for (const std::string& f : m.files) size += loaded_size(f);
  return {{"id", m.id},
          {"backend", m.table->backend},
          {"library", m.table->library},
          {"prefix", m.prefix},
          {"files", m.files},
          {"file_bytes", size},
          {"facts", facts}};
}

json missing_cell(const std::string& why, bool is_refused) {
  return {{"state", is_refused ? "not offered" : "failed"}, {"why", why}};
}

json cell_of(const player& p, unit figure, std::size_t size, const player* base) {
  if (!p.is_ready()) return missing_cell(p.why(), p.is_refused());
  if (p.seconds().empty()) return missing_cell("interrupted before it was measured", false);
  std::vector<double> values;
  for (const double s : p.seconds()) values.push_back(figure_of(s, figure, size));
  json out = as_json(spread_of(values));
  out["rounds"] = p.seconds().size();
  out["per_round"] = p.count();
  if (base != nullptr && base->is_ready()) {
    std::vector<double> ratios;
    const std::size_t n = std::min(p.seconds().size(), base->seconds().size());
    for (std::size_t i = 0; i < n; ++i) ratios.push_back(p.seconds()[i] / base->seconds()[i]);
    if (n != 0) out["ratio"] = as_json(spread_of(ratios));
  }
  return out;
}

json counted_cell(std::vector<double> values) {
  json out = as_json(spread_of(values));
  out["rounds"] = values.size();
  return out;
}

void results::begin_table(const table& t, const json& columns, const std::string& suffix, const std::string& title) {
  all_["tables"].push_back({{"id", t.id + suffix},
                            {"kind", t.id},
                            {"title", title.empty() ? t.title : title},
                            {"note", t.note},
                            {"unit", unit_name(t.figure)},
                            {"columns", columns},
                            {"rows", json::array()}});
}

void results::add_row(const row& r, const std::string& unit, json cells) {
  json& rows = all_["tables"].back()["rows"];
  rows.push_back({{"id", r.id}, {"title", r.title}, {"unit", unit}, {"cells", std::move(cells)}});
  save();
}

// A new file beside it takes its place whole: who reads sees the old one or the new one.
void results::save() const {
  const std::string beside = path_ + ".new";
  std::ofstream out(beside);
  out << all_.dump(1) << '\n';
  out.close();
  std::error_code ec;
  if (out) std::filesystem::rename(beside, path_, ec);
  if (!out || ec) throw std::runtime_error("cannot write " + path_);
}

}  // namespace bench
