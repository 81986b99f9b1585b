// SPDX-License-Identifier: BSL-1.0
#include "counted.hpp"

#include "child.hpp"

namespace bench {
namespace {

player ready_player(const loaded& m, const row& r) {
  const side* wanted = m.find(r.side);
  if (wanted == nullptr) throw refusal(std::string("no side \"") + r.side + "\" here");
  player p(*wanted, r.what);
  if (p.is_refused()) throw refusal(p.why());
  if (!p.is_ready()) throw std::runtime_error(p.why());
  return p;
}

}  // namespace

json count_in_child(const place& where, const std::string& name, const row& r) {
  const bool is_heap = std::string_view(r.what.work).starts_with("idle");
  return in_child([&] {
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
    return counted_cell({more / static_cast<double>(many - few)});
  });
}

json context_in_child(const place& where, const std::string& name, bool is_first, int times) {
  const auto measure = [&](int further) {
    return in_child([&] {
      const loaded m = load(where, "bench", name);
      player p = ready_player(m, {"", "", {.work = "context"}});
      std::vector<double> values = {p.run(1) * 1e6};
      if (further != 0) values.clear();
      for (int n = 0; n < further; ++n) values.push_back(p.run(20) * 1e6);
      return counted_cell(values);
    });
  };
  if (!is_first) return measure(times);
  std::vector<double> values;
  for (int i = 0; i < times && !is_interrupted(); ++i) {
    const json one = measure(0);
    if (!one.contains("median")) return one;
    values.push_back(one["median"]);
  }
  return values.empty() ? missing_cell("interrupted before it was measured", false) : counted_cell(std::move(values));
}

}  // namespace bench
