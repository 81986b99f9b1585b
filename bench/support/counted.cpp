// SPDX-License-Identifier: BSL-1.0
#include "counted.hpp"

#include <cstdio>

extern "C" {
void bench::bench_counted(void (*operation)(void*), void* self) { operation(self); }
void bench::bench_workload_done(const char* what, int count) { std::printf("workload %s %d\n", what, count); }
}
