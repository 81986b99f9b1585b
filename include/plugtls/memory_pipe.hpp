// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <mutex>
#include <span>
#include <system_error>
#include <utility>

#include "plugtls/detail/byte_queue.hpp"
#include "plugtls/transport.hpp"

namespace plugtls {

/// One end of a pipe in memory, for tests: a transport with switches for everything that a network does to a program.
///
/// Made in pairs by `make_memory_pipe`; each end may be in a thread of its own, and its switches may be turned from
/// any. The switches of an end concern what this end reads and writes; offsets count its bytes since the start. A pipe
/// holds up to its capacity in each direction; writing to a full one would block. `wait` blocks until the other end
/// acts, at most 30 seconds unless set, so that a test that is stuck ends with `errc::timed_out`. Closes when it is
/// destroyed.
class memory_pipe {
 public:
  /// Calls and bytes of one end. A call that gave `would_block` counts too.
  struct counters {
    std::uint64_t reads = 0;
    std::uint64_t writes = 0;
    std::uint64_t waits = 0;
    std::uint64_t bytes_read = 0;
    std::uint64_t bytes_written = 0;
  };

  memory_pipe() noexcept = default;
  memory_pipe(memory_pipe&& other) noexcept : pipe_(std::move(other.pipe_)), side_(other.side_) {}
  memory_pipe& operator=(memory_pipe&& other) noexcept {
    if (this == &other) return *this;
    close();
    pipe_ = std::move(other.pipe_);
    side_ = other.side_;
    return *this;
  }
  ~memory_pipe() { close(); }

  std::size_t read_some(std::span<std::byte> out, std::error_code& ec) {
    if (!pipe_ || out.empty()) return failed(std::errc::invalid_argument, ec);
    const std::lock_guard lock(pipe_->mutex);
    end& me = own();
    ++me.count.reads;
    if (me.is_closed) return failed(std::errc::bad_file_descriptor, ec);
    if (me.block_first(readiness::read)) return blocked(ec);
    const std::uint64_t done = me.count.bytes_read;
    if (done >= me.fail_at) return failed(std::errc::connection_reset, ec);
    ec.clear();
    if (done >= me.end_at) return 0;
    drop(me);
    const std::uint64_t limit = std::min({me.fail_at, me.end_at, me.drop_at}) - done;
    const std::size_t wanted = static_cast<std::size_t>(std::min<std::uint64_t>({out.size(), me.max_read, limit}));
    const std::size_t n = me.inbound.take(out.data(), wanted);
    if (n == 0) return me.ended() ? 0 : blocked(ec);
    if (me.flip_at >= done && me.flip_at < done + n) out[static_cast<std::size_t>(me.flip_at - done)] ^= me.flip_mask;
    me.count.bytes_read += n;
    me.moved(readiness::read);
    pipe_->changed.notify_all();
    return n;
  }

  std::size_t write_some(byte_view in, std::error_code& ec) {
    if (!pipe_) return failed(std::errc::invalid_argument, ec);
    const std::lock_guard lock(pipe_->mutex);
    end& me = own();
    end& peer = other();
    ++me.count.writes;
    if (me.is_closed) return failed(std::errc::bad_file_descriptor, ec);
    if (me.block_first(readiness::write)) return blocked(ec);
    if (peer.is_closed || me.count.bytes_written >= me.fail_write_at) return failed(std::errc::broken_pipe, ec);
    ec.clear();
    if (in.empty()) return 0;
    drop(peer);
    const std::size_t room = pipe_->capacity - std::min(pipe_->capacity, peer.inbound.size());
    const std::uint64_t limit = me.fail_write_at - me.count.bytes_written;
    const std::size_t n = static_cast<std::size_t>(std::min<std::uint64_t>({in.size(), me.max_write, room, limit}));
    if (n == 0) return blocked(ec);
    if (!peer.inbound.append(in.data(), n)) return failed(std::errc::not_enough_memory, ec);
    me.count.bytes_written += n;
    me.moved(readiness::write);
    pipe_->changed.notify_all();
    return n;
  }

  void wait(readiness what, std::error_code& ec) { wait_for(what == readiness::read, what != readiness::read, ec); }
  /// Blocks until either may be, under the same deadline.
  void wait_either(std::error_code& ec) { wait_for(true, true, ec); }

  /// The same for either of both, until a moment.
  void wait_until(bool reading, bool writing, std::chrono::steady_clock::time_point until, std::error_code& ec) {
    ec.clear();
    if (!pipe_) {
      failed(std::errc::invalid_argument, ec);
      return;
    }
    std::unique_lock lock(pipe_->mutex);
    ++own().count.waits;
    const auto ready = [&] {
      return (reading && is_ready(readiness::read)) || (writing && is_ready(readiness::write));
    };
    const auto latest = std::chrono::steady_clock::now() + std::chrono::hours(24);
    if (!pipe_->changed.wait_until(lock, std::min(until, latest), ready)) ec = errc::timed_out;
  }
  void interrupt() noexcept { close(); }

  /// Ends both directions: the peer reads what was sent, then the end, and cannot write any more.
  void close() {
    if (!pipe_) return;
    const std::lock_guard lock(pipe_->mutex);
    own().is_closed = true;
    other().peer_closed = true;
    own().inbound.release();
    pipe_->changed.notify_all();
  }

  // Switches.

  /// Takes at most n bytes (at least 1) per call.
  void max_read(std::size_t n) { set(&end::max_read, std::max<std::size_t>(n, 1)); }
  void max_write(std::size_t n) { set(&end::max_write, std::max<std::size_t>(n, 1)); }
  /// Puts one `would_block` before every call that moves bytes; the `wait` after it returns at once.
  void would_block_every_other(bool on) { set(&end::alternate, on); }
  /// Reads the end after n bytes, whatever the peer does.
  void end_after(std::uint64_t n) { set(&end::end_at, n); }
  /// Fails reading after n bytes, as a reset connection does.
  void fail_after(std::uint64_t n) { set(&end::fail_at, n); }
  /// Fails writing after n bytes, as a pipe without reader does.
  void fail_write_after(std::uint64_t n) { set(&end::fail_write_at, n); }
  /// Loses all that comes after n bytes, its end included: what a dead network looks like.
  void drop_after(std::uint64_t n) { set(&end::drop_at, n); }
  /// Changes one bit (0 to 7) of the byte that is read at this offset.
  void flip_bit(std::uint64_t offset, unsigned bit = 0) {
    set(&end::flip_mask, static_cast<std::byte>(1U << (bit & 7U)));
    set(&end::flip_at, offset);
  }
  /// Sets how long one `wait` blocks, at most a day.
  void timeout(std::chrono::milliseconds each) {
    set(&end::timeout, std::min<std::chrono::milliseconds>(each, std::chrono::hours(24)));
  }

  counters counts() const {
    if (!pipe_) return {};
    const std::lock_guard lock(pipe_->mutex);
    return own().count;
  }
  bool is_open() const {
    if (!pipe_) return false;
    const std::lock_guard lock(pipe_->mutex);
    return !own().is_closed;
  }

  friend std::pair<memory_pipe, memory_pipe> make_memory_pipe(std::size_t capacity);

 private:
  void wait_for(bool reading, bool writing, std::error_code& ec) {
    ec.clear();
    if (!pipe_) {
      failed(std::errc::invalid_argument, ec);
      return;
    }
    std::unique_lock lock(pipe_->mutex);
    end& me = own();
    ++me.count.waits;
    const auto ready = [&] {
      return (reading && is_ready(readiness::read)) || (writing && is_ready(readiness::write));
    };
    if (!pipe_->changed.wait_for(lock, me.timeout, ready)) ec = errc::timed_out;
  }

  static constexpr std::uint64_t never = std::numeric_limits<std::uint64_t>::max();

  struct end {
    detail::byte_queue inbound;
    counters count;
    std::size_t max_read = std::numeric_limits<std::size_t>::max();
    std::size_t max_write = std::numeric_limits<std::size_t>::max();
    std::uint64_t end_at = never;
    std::uint64_t fail_at = never;
    std::uint64_t fail_write_at = never;
    std::uint64_t drop_at = never;
    std::uint64_t flip_at = never;
    std::byte flip_mask{1};
    std::chrono::milliseconds timeout = std::chrono::seconds(30);
    bool is_closed = false;
    bool peer_closed = false;
    bool alternate = false;
    // By readiness: whether the would_block that goes before was given, and whether it is what the last call gave.
    bool blocked_once[2] = {};
    bool pretended[2] = {};

    bool ended() const noexcept { return peer_closed && count.bytes_read < drop_at; }
    bool block_first(readiness what) noexcept {
      const auto i = static_cast<std::size_t>(what);
      pretended[i] = alternate && !std::exchange(blocked_once[i], true);
      return pretended[i];
    }
    void moved(readiness what) noexcept { blocked_once[static_cast<std::size_t>(what)] = false; }
  };
  struct state {
    std::mutex mutex;
    std::condition_variable changed;
    std::size_t capacity = 0;
    end ends[2];
  };

  memory_pipe(std::shared_ptr<state> pipe, int side) noexcept : pipe_(std::move(pipe)), side_(side) {}

  end& own() const noexcept { return pipe_->ends[side_]; }
  end& other() const noexcept { return pipe_->ends[1 - side_]; }

  template <class T>
  void set(T end::*member, T value) {
    if (!pipe_) return;
    const std::lock_guard lock(pipe_->mutex);
    own().*member = value;
    pipe_->changed.notify_all();
  }

  // Forgets what lies beyond drop_at, so that the sender does not find the pipe full.
  static void drop(end& reader) noexcept {
    if (reader.count.bytes_read >= reader.drop_at) reader.inbound.release();
  }

  bool is_ready(readiness what) const noexcept {
    end& me = own();
    if (me.is_closed || me.pretended[static_cast<std::size_t>(what)]) return true;
    if (what == readiness::write) {
      drop(other());
      return other().is_closed || me.count.bytes_written >= me.fail_write_at ||
             other().inbound.size() < pipe_->capacity;
    }
    const std::uint64_t done = me.count.bytes_read;
    if (done >= me.fail_at || done >= me.end_at) return true;
    drop(me);
    return !me.inbound.empty() || me.ended();
  }

  static std::size_t failed(std::errc what, std::error_code& ec) noexcept {
    ec = std::make_error_code(what);
    return 0;
  }
  static std::size_t blocked(std::error_code& ec) noexcept {
    ec = errc::would_block;
    return 0;
  }

  std::shared_ptr<state> pipe_;
  int side_ = 0;
};

static_assert(Transport<memory_pipe>);

/// Makes two connected ends, with room for `capacity` bytes in each direction.
inline std::pair<memory_pipe, memory_pipe> make_memory_pipe(std::size_t capacity = std::size_t{1} << 20) {
  auto pipe = std::make_shared<memory_pipe::state>();
  pipe->capacity = std::max<std::size_t>(capacity, 1);
  return {memory_pipe(pipe, 0), memory_pipe(pipe, 1)};
}

}  // namespace plugtls
