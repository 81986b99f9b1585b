// SPDX-License-Identifier: BSL-1.0
#pragma once

namespace bench {

/// What the heap was asked for, by whoever it was: account.cpp stands in for malloc and its kin.
struct account {
  long allocations = 0;
  long live_bytes = 0;  ///< as large as the heap made the blocks
};

/// Writes into an account as long as it lives; before and after nothing is counted.
class accounting {
 public:
  explicit accounting(account& into) noexcept : before_(current) { current = &into; }
  ~accounting() { current = before_; }
  accounting(const accounting&) = delete;
  accounting& operator=(const accounting&) = delete;

  static inline account* current = nullptr;

 private:
  account* before_;
};

}  // namespace bench
