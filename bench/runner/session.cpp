// SPDX-License-Identifier: BSL-1.0
#include "session.hpp"

#include <unistd.h>

#include <algorithm>
#include <cstdio>

#include "child.hpp"
#include "counted.hpp"

namespace bench {
namespace {

constexpr int fewest_rounds = 5;

double since(std::chrono::steady_clock::time_point begin) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

std::string clock_text(double seconds) {
  const int s = static_cast<int>(seconds + 0.5);
  return s < 60 ? std::to_string(s) + " s" : std::to_string(s / 60) + " min " + std::to_string(s % 60) + " s";
}

json column_json(const std::string& id, const std::string& title, const std::string& module_id) {
  return {{"id", id}, {"title", title}, {"module", module_id}};
}

}  // namespace

measuring_session::measuring_session(const options& o)
    : options_(o),
      filter_(o.filter, std::regex::icase),
      results_(o.out),
      rounds_now_(o.rounds),
      on_terminal_(isatty(STDERR_FILENO) == 1) {
  json& all = results_.all();
  all["plugtls_bench"] = 1;
  all["partial"] = true;
  all["quick"] = o.is_quick;
  all["filter"] = o.filter;
  all["rounds"] = o.rounds;
  all["round_seconds"] = o.round_seconds;
  all["machine"] = describe_machine();
  all["modules"] = json::array();
  all["tables"] = json::array();
  results_.save();
}

std::string measuring_session::title_of(const loaded& m) const {
  return m.prefix.empty() ? m.table->library : std::string(m.table->library) + " (" + m.prefix + ")";
}

bool measuring_session::wanted(const table& t, const row& r, const std::string& suffix) const {
  return options_.filter.empty() || std::regex_search(t.id + suffix + "/" + r.id + " " + r.title, filter_);
}

void measuring_session::add_counted_tables() {
  add_counted(memory_table(), count_in_child);
  const int times = options_.is_quick ? 3 : 7;
  add_counted(context_table(), [times](const place& where, const std::string& name, const row& r) {
    return context_in_child(where, name, r.id == "first", times);
  });
}

void measuring_session::add_counted(const table& t,
                                    const std::function<json(const place&, const std::string&, const row&)>& count) {
  bool has_begun = false;
  for (const row& r : t.rows) {
    if (!wanted(t, r, "")) continue;
    step s{t.title + ": " + r.title, 1, {}, {}, 30};
    if (!has_begun)
      s.begin_table = [this, t] {
        json columns = json::array();
        for (const place& where : options_.places)
          for (const std::string& name : names_in(where, "bench")) {
            const std::string id = where.prefix.empty() ? name : name + "@" + where.prefix;
            columns.push_back(column_json(id, id, id));
          }
        results_.begin_table(t, columns);
      };
    has_begun = true;
    s.measure = [this, t, r, count] {
      json cells = json::object();
      for (const place& where : options_.places)
        for (const std::string& name : names_in(where, "bench"))
          cells[where.prefix.empty() ? name : name + "@" + where.prefix] = count(where, name, r);
      results_.add_row(r, unit_name(r.figure.value_or(t.figure)), std::move(cells));
    };
    steps_.push_back(std::move(s));
  }
}

void measuring_session::add_timed_tables() {
  for (const place& where : options_.places) {
    for (const std::string& name : names_in(where, "bench")) backends_.push_back(load(where, "bench", name));
    if (where.prefix.empty())
      for (const std::string& name : names_in(where, "peers")) peers_.push_back(load(where, "peers", name));
  }
  add_modules();
  add_sizes();
  const column again{nullptr, nullptr, "again", "A/A"};  // each row says who plays twice
  const auto of_all = [&](std::string_view name) {
    std::vector<column> out;
    for (const loaded& m : backends_)
      if (const side* s = m.find(name)) out.push_back({&m, s, m.id, title_of(m)});
    if (!out.empty()) out.push_back(again);
    return out;
  };
  for (const table& t : backend_tables()) add_table(t, of_all("plugtls"), "", "");
  add_table(primitive_table(), of_all("primitives"), "", "");
  // Sides that have nothing to do with a table are no columns of it.
  const auto belongs = [](const side& s, const table& t) {
    return std::any_of(t.rows.begin(), t.rows.end(), [&](const row& r) { return !player(s, r.what).is_refused(); });
  };
  const auto sides_of = [&](const loaded& m, const table& t) {
    std::vector<column> out;
    for (std::size_t i = 0; i < m.table->side_count; ++i)
      if (const side& s = m.table->sides[i]; belongs(s, t)) out.push_back({&m, &s, s.name, s.name});
    const auto is_ours = [](const column& c) { return c.id == "plugtls"; };
    std::stable_partition(out.begin(), out.end(), is_ours);
    const bool is_compared = out.size() > 1;
    if (is_compared) out.push_back(again);
    return is_compared ? out : std::vector<column>();
  };
  for (const loaded& m : backends_) {
    const side* ours = m.find("plugtls");
    const bool has_1_3 = ours != nullptr && player(*ours, raw_table(0x0304).rows[0].what).is_ready();
    for (const auto& make_table : {raw_table, thread_table}) {
      const table t = make_table(has_1_3 ? 0x0304 : 0x0303);
      add_table(t, sides_of(m, t), "_" + m.id, t.title + ": " + title_of(m));
    }
  }
  for (const loaded& m : peers_)
    for (const table& t : peer_tables()) add_table(t, sides_of(m, t), "_" + m.id, t.title + ": " + title_of(m));
}

void measuring_session::add_modules() {
  for (const auto* list : {&backends_, &peers_})
    for (const loaded& m : *list) results_.all()["modules"].push_back(describe_module(m));
}

// Programs of one source: what each takes when it is loaded, and the libraries that come with it.
void measuring_session::add_sizes() {
  json sizes = json::object();
  std::size_t at = 0;
  for (const place& where : options_.places)
    for (const std::string& name : names_in(where, "bench")) {
      const loaded& m = backends_[at++];
      std::size_t libraries = 0;
      for (const std::string& f : m.files) libraries += loaded_size(f);
      sizes[m.id] = {{"program", loaded_size(path_of(where, "client", name, ""))}, {"libraries", libraries}};
    }
  results_.all()["sizes"] = sizes;
}

void measuring_session::add_table(const table& t, const std::vector<column>& columns, const std::string& suffix,
                                  const std::string& title) {
  bool has_begun = false;
  for (const row& r : t.rows) {
    if (columns.empty() || !wanted(t, r, suffix)) continue;
    step s{(title.empty() ? t.title : title) + ": " + r.title, columns.size(), {}, {}};
    if (!has_begun)
      s.begin_table = [=, this] {
        json list = json::array();
        for (const column& c : columns) list.push_back(column_json(c.id, c.title, c.from == nullptr ? "" : c.from->id));
        results_.begin_table(t, list, suffix, title);
      };
    has_begun = true;
    s.measure = [=, this] { measure(t, r, columns); };
    steps_.push_back(std::move(s));
  }
}

json measuring_session::play_row(const table& t, const row& r, const std::vector<column>& columns) const {
  std::vector<player> players;
  for (const column& c : columns)
    if (c.id != "again") players.emplace_back(*c.plays, r.what);
  // What plays twice, so that each row shows what the method can tell apart: the first that can.
  const auto first = std::find_if(players.begin(), players.end(), [](const player& p) { return p.is_ready(); });
  const std::size_t base = first == players.end() ? 0 : static_cast<std::size_t>(first - players.begin());
  if (players.size() < columns.size()) players.emplace_back(*columns[base].plays, r.what);
  play(players, rounds_now_, options_.round_seconds);
  const unit figure = r.figure.value_or(t.figure);
  json cells = json::object();
  for (std::size_t i = 0; i < players.size(); ++i)
    cells[columns[i].id] = cell_of(players[i], figure, r.what.size, i == base ? nullptr : &players[base]);
  if (players[base].is_ready()) cells[columns.back().id]["again"] = columns[base].id;
  return cells;
}

// The same where there are threads: the C library's do not outlive those of a second namespace unharmed. So the module
// is loaded as programs load it, into a process of its own.
json measuring_session::play_plainly(const table& t, const row& r, std::vector<column> columns) const {
  json cells = in_child([&] {
    const loaded again = load_plainly(*columns.front().from);
    for (column& c : columns)
      if (c.plays != nullptr) c.plays = again.table->sides + (c.plays - c.from->table->sides);  // names may come twice
    return play_row(t, r, columns);
  });
  if (!cells.contains("why")) return cells;
  json none = json::object();
  for (const column& c : columns) none[c.id] = cells;
  return none;
}

void measuring_session::measure(const table& t, const row& r, const std::vector<column>& columns) {
  json cells = t.has_threads ? play_plainly(t, r, columns) : play_row(t, r, columns);
  results_.add_row(r, unit_name(r.figure.value_or(t.figure)), std::move(cells));
}

// Seconds that the rows from here on should take at the most rounds.
double measuring_session::planned_after(std::size_t at) const {
  double sum = 0;
  for (; at < steps_.size(); ++at)
    sum += options_.round_seconds * static_cast<double>(steps_[at].players) * (options_.rounds * 1.3 + 6) *
           steps_[at].slowness;
  return sum;
}

void measuring_session::show_progress(std::size_t at) {
  const double gone = since(begin_), all = planned_after(0), rest = planned_after(at);
  const double left = at < 4 ? rest : gone * rest / std::max(all - rest, 1e-9);
  if (options_.seconds > 0) {
    const double may = (options_.seconds - gone) / std::max(left, 1e-9) * rounds_now_;
    rounds_now_ = std::clamp(static_cast<int>(may), fewest_rounds, options_.rounds);
  }
  const std::string what = steps_[at].what.substr(0, 72);
  std::fprintf(stderr, "%s[%zu/%zu] %s, %s left%s", on_terminal_ ? "\r\033[K" : "", at + 1, steps_.size(), what.c_str(),
               clock_text(options_.seconds > 0 ? std::min(left, std::max(0.0, options_.seconds - gone)) : left).c_str(),
               on_terminal_ ? "" : "\n");
  std::fflush(stderr);
}

std::size_t measuring_session::run() {
  begin_ = std::chrono::steady_clock::now();
  std::size_t at = 0;
  for (; at < steps_.size() && !is_interrupted(); ++at) {
    show_progress(at);
    if (steps_[at].begin_table) steps_[at].begin_table();
    steps_[at].measure();
  }
  if (on_terminal_) std::fputs("\r\033[K", stderr);
  const std::size_t missing = steps_.size() - at;
  json& all = results_.all();
  all["rows_left_out"] = missing;
  steps_.clear();
  return missing;
}

}  // namespace bench
