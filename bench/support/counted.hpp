// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <type_traits>

namespace bench {

/// Calls an operation; callgrind, which finds this by its name, counts what happens inside and nothing else. In a unit
/// of its own, so that no compiler sees through it.
extern "C" void bench_counted(void (*operation)(void*), void* self);

/// Ends a workload of `count` operations: tells what it was, and callgrind writes down what was counted since the last.
extern "C" void bench_workload_done(const char* what, int count);

/// Has one operation counted.
template <class Operation>
void counted(Operation&& operation) {
  bench_counted([](void* self) { (*static_cast<std::remove_reference_t<Operation>*>(self))(); }, &operation);
}

}  // namespace bench
