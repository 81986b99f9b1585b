// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "threads.hpp"

namespace bench {

/// All workloads, of a side that brings what messages.hpp and threads.hpp ask for.
template <class S, class Line>
std::unique_ptr<job> make_workload(const task& what) {
  const std::string_view work = what.work;
  if (auto made = make_common_workload<S, Line>(what)) return made;
  if (what.over_tcp == 0) throw not_offered("measured over sockets");
  if (what.threads != 0) return std::make_unique<threaded<S>>(what);
  if (work == "gather") return std::make_unique<exchanges<S, tcp_line, gathered<S>>>(what);
  if (work == "lines") return std::make_unique<exchanges<S, tcp_line, text_lines<S>>>(what);
  if (work == "reconnect") return std::make_unique<reconnecting<S>>(what);
  throw not_offered("not measured with this side");
}
template <class S>
std::unique_ptr<job> make_workload_over(const task& what) {
  return what.over_tcp != 0 ? make_workload<S, tcp_line>(what) : make_workload<S, memory_line>(what);
}

}  // namespace bench
