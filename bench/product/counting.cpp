// SPDX-License-Identifier: BSL-1.0
// A shared object that counts what is allocated in the namespace that begins with it: its functions are found there
// before the C library's own.
#include <malloc.h>

#include <cerrno>

#include "module.hpp"

extern "C" {
void* __libc_malloc(std::size_t);
void* __libc_calloc(std::size_t, std::size_t);
void* __libc_realloc(void*, std::size_t);
void* __libc_memalign(std::size_t, std::size_t);
void __libc_free(void*);
}

namespace {
bench::memory_count counted{};

void* note(void* p) {
  if (p == nullptr) return p;
  ++counted.allocations;
  counted.live += malloc_usable_size(p);
  return p;
}
void drop(void* p) {
  if (p != nullptr) counted.live -= malloc_usable_size(p);
}
}  // namespace

extern "C" {
bench::memory_count plugtls_bench_memory() { return counted; }

void* malloc(std::size_t n) { return note(__libc_malloc(n)); }
void* calloc(std::size_t n, std::size_t size) { return note(__libc_calloc(n, size)); }
void* realloc(void* p, std::size_t n) {
  drop(p);
  void* moved = __libc_realloc(p, n);
  if (moved == nullptr && n != 0 && p != nullptr) counted.live += malloc_usable_size(p);
  return note(moved);
}
void* memalign(std::size_t alignment, std::size_t n) { return note(__libc_memalign(alignment, n)); }
void* aligned_alloc(std::size_t alignment, std::size_t n) { return note(__libc_memalign(alignment, n)); }
int posix_memalign(void** out, std::size_t alignment, std::size_t n) {
  *out = note(__libc_memalign(alignment, n));
  return *out == nullptr ? ENOMEM : 0;
}
void free(void* p) {
  drop(p);
  __libc_free(p);
}
}
