// SPDX-License-Identifier: BSL-1.0
// malloc and its kin as glibc has them, with a count. A program's own are taken by the libraries that it links, too.
#include "account.hpp"

#include <malloc.h>

#include <cerrno>
#include <cstddef>

extern "C" {
void* __libc_malloc(std::size_t);
void* __libc_calloc(std::size_t, std::size_t);
void* __libc_realloc(void*, std::size_t);
void* __libc_memalign(std::size_t, std::size_t);
void __libc_free(void*);
}

namespace {

void* given(void* p) noexcept {
  if (bench::account* a = bench::accounting::current; a != nullptr && p != nullptr) {
    ++a->allocations;
    a->live_bytes += static_cast<long>(malloc_usable_size(p));
  }
  return p;
}
void taken(void* p) noexcept {
  if (bench::account* a = bench::accounting::current; a != nullptr && p != nullptr)
    a->live_bytes -= static_cast<long>(malloc_usable_size(p));
}

}  // namespace

extern "C" {
void* malloc(std::size_t n) { return given(__libc_malloc(n)); }
void* calloc(std::size_t count, std::size_t n) { return given(__libc_calloc(count, n)); }
void* realloc(void* p, std::size_t n) {
  taken(p);
  return given(__libc_realloc(p, n));
}
void* memalign(std::size_t alignment, std::size_t n) { return given(__libc_memalign(alignment, n)); }
void* aligned_alloc(std::size_t alignment, std::size_t n) { return given(__libc_memalign(alignment, n)); }
int posix_memalign(void** out, std::size_t alignment, std::size_t n) {
  void* p = given(__libc_memalign(alignment, n));
  if (p == nullptr) return ENOMEM;
  *out = p;
  return 0;
}
void free(void* p) {
  taken(p);
  __libc_free(p);
}
}
