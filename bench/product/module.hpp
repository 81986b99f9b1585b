// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstddef>
#include <cstdint>

// What the runner and what it measures say to each other. A module is a shared object that holds one TLS library and
// what is measured over it. The runner loads each into a namespace of its own (dlmopen), so that several libraries, and
// several installations of one, run in one process without meeting: nothing but plain C crosses the border, no memory
// changes hands, and no exception leaves a module.

namespace bench {

/// One row: what is to be done. Numbers are IANA's; 0 or "" where they say nothing.
struct task {
  const char* work = "";  ///< see workloads.hpp; or "context", or the name of a primitive
  int version = 0;
  int suite = 0;
  int group = 0;
  int is_rsa = 0;         ///< the server's key: RSA-2048, else ECDSA P-256
  int over_tcp = 0;       ///< TCP over loopback, else memory
  std::size_t size = 0;   ///< bytes of one write, or of the request
  std::size_t reply = 0;  ///< bytes of the answer, or of each further piece
  int resumes = 0;        ///< handshakes resume the session before
  int pieces = 0;         ///< that a message has
  int threads = 0;        ///< 0: one; 1: two on one core; 2: two wherever the system puts them
};

/// Room for one line of text, of the caller's.
struct line {
  char text[256];
};

enum class made : int { ready, not_offered, failed };

/// What is measured: plugtls, or somebody else's way to use the library.
struct side {
  const char* name;
  /// Makes a task ready: keys, contexts. `why` tells where it is not; `*job` then is null.
  made (*make)(const task& what, void** job, line& why);
  /// Does the task `count` times, over a new connection, and adds up the seconds of CPU time. False: `why`.
  int (*run)(void* job, std::uint64_t count, double* seconds, line& why);
  void (*destroy)(void* job);
};

struct fact {
  const char* name;
  const char* value;
};

struct module {
  const char* backend;
  const char* library;  ///< name and version, as the library tells at run time
  const fact* facts;    ///< how the library was built
  std::size_t fact_count;
  const side* sides;
  std::size_t side_count;
};

/// What was allocated in a module's namespace, where that is counted.
struct memory_count {
  std::uint64_t allocations;
  std::uint64_t live;  ///< bytes
};

using module_function = const module* (*)();
using memory_function = memory_count (*)();

}  // namespace bench
