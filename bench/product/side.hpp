// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ctime>

#include <cstdio>
#include <exception>
#include <memory>
#include <stdexcept>
#include <string>

#include "../support/give_up.hpp"
#include "module.hpp"

// How a module makes its sides: a job is a class of its own, and here it becomes three plain functions.

namespace bench {

/// A task that this library, or this build of it, does not have: the row says so, and the run goes on.
struct not_offered : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// CPU time of the process, both ends of a connection included.
inline double cpu_seconds(clockid_t clock = CLOCK_PROCESS_CPUTIME_ID) noexcept {
  timespec t{};
  clock_gettime(clock, &t);
  return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_nsec) * 1e-9;
}

struct job {
  virtual ~job() = default;
  /// Returns the seconds that `count` times took.
  virtual double run(std::uint64_t count) = 0;
};

/// A job that is one function, called again and again.
template <class F>
struct repeated : job {
  explicit repeated(F f) : operation(std::move(f)) {}
  double run(std::uint64_t count) override {
    const double begin = cpu_seconds();
    for (std::uint64_t i = 0; i < count; ++i) operation();
    return cpu_seconds() - begin;
  }
  F operation;
};
template <class F>
std::unique_ptr<job> repeat(F f) {
  return std::make_unique<repeated<F>>(std::move(f));
}

inline void say(line& out, const std::exception& e) noexcept {
  std::snprintf(out.text, sizeof out.text, "%s", e.what());
}

template <std::unique_ptr<job> (*make_job)(const task&)>
constexpr side make_side(const char* name) {
  return {name,
          [](const task& what, void** out, line& why) {
            *out = nullptr;
            try {
              *out = make_job(what).release();
              return made::ready;
            } catch (const not_offered& e) {
              say(why, e);
              return made::not_offered;
            } catch (const std::exception& e) {
              say(why, e);
              return made::failed;
            }
          },
          [](void* j, std::uint64_t count, double* seconds, line& why) {
            try {
              *seconds = static_cast<job*>(j)->run(count);
              return 1;
            } catch (const std::exception& e) {
              say(why, e);
              return 0;
            }
          },
          [](void* j) { delete static_cast<job*>(j); }};
}

}  // namespace bench
