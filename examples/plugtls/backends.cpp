// SPDX-License-Identifier: BSL-1.0
#include <nlohmann/json.hpp>

#include "options.hpp"
#include "report.hpp"

namespace cli {

int run_backends(const common_options& o) {
  std::vector<const tls::backend_entry*> shown;
  if (!o.backend.empty()) {
    shown.push_back(&choose_backend(o.backend));
  } else {
    for (const tls::backend_entry& entry : tls::registered_backends()) shown.push_back(&entry);
  }

  if (o.json) {
    json list = json::array();
    for (const tls::backend_entry* entry : shown) {
      json capabilities = json::object();
      for (const tls::capability c : tls::all_capabilities)
        capabilities[std::string(tls::name(c))] = entry->capabilities.has(c);
      list.push_back({{"name", entry->name}, {"library", entry->library().text}, {"capabilities", capabilities}});
    }
    print_json({{"default", default_backend_name()}, {"backends", list}});
    return 0;
  }

  const auto cell = [](std::string_view text, std::size_t width) {
    std::string out(text);
    out.resize(std::max(out.size() + 2, width), ' ');
    return out;
  };
  std::vector<std::vector<std::string>> columns;
  std::size_t first = 0;
  for (const tls::capability c : tls::all_capabilities) first = std::max(first, tls::name(c).size() + 2);
  std::string text = cell("", first);
  std::string libraries = cell("library", first);
  for (const tls::backend_entry* entry : shown) {
    const std::string title = std::string(entry->name) + (entry->name == default_backend_name() ? " (default)" : "");
    const std::string library = entry->library().text;
    const std::size_t width = std::max(title.size(), library.size()) + 2;
    text += cell(title, width);
    libraries += cell(library, width);
    columns.push_back({});
    for (const tls::capability c : tls::all_capabilities)
      columns.back().push_back(cell(entry->capabilities.has(c) ? "yes" : "-", width));
  }
  text += "\n" + libraries + "\n";
  std::size_t row = 0;
  for (const tls::capability c : tls::all_capabilities) {
    text += cell(tls::name(c), first);
    for (const auto& column : columns) text += column[row];
    text += "\n";
    ++row;
  }
  print(text);
  return 0;
}

}  // namespace cli
