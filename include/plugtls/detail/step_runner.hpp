// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <memory>

namespace plugtls::detail {

/// Runs steps of a handshake so that they can stop in the middle, where a signature is not there yet: no library can
/// leave its handshake there and come back (those of OpenSSL's asynchronous jobs run on stacks of 32 KiB).
class step_runner {
 public:
  using step = void (*)(void*) noexcept;

  virtual ~step_runner() = default;
  /// Runs a step, or goes on with the one that paused, whatever is given then. True: it is done; false: it has paused.
  virtual bool run(step what, void* with) noexcept = 0;
  /// Called within a step: returns when `run` is called again. False: the step is to give up and come to its end.
  virtual bool pause() noexcept = 0;
  /// Has a step that paused give up; nothing is run afterwards.
  virtual void abandon() noexcept = 0;
};

using make_step_runner = std::unique_ptr<step_runner> (*)();

}  // namespace plugtls::detail
