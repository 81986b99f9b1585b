// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <new>
#include <span>
#include <utility>

#include "plugtls/bytes.hpp"
#include "plugtls/transport.hpp"

namespace plugtls {

/// What a wire has read from its transport before the library asks for it: libraries ask for small pieces one after the
/// other, and are served from one read.
///
/// The room for that is lent by each call and is the caller's again at its end, since a connection that holds nothing
/// needs no memory of its own. What is left then waits in a block of this. Not thread-safe; belongs to one wire.
class read_ahead {
 public:
  /// How much is read at a time, in bytes, and the size of a room.
  static constexpr std::size_t room_size = 4096;

  read_ahead() noexcept = default;
  read_ahead(const read_ahead&) = delete;
  read_ahead& operator=(const read_ahead&) = delete;
  ~read_ahead() {
    if (is_own_) delete[] room_;
  }

  // What callbacks of libraries come to with every record.

  /// Whether that much can be taken, and nothing is hidden.
  [[gnu::always_inline]] bool holds(std::size_t size) const noexcept {
    return static_cast<std::int64_t>(size) <= held_;
  }
  /// Gives the next bytes, which it `holds`.
  [[gnu::always_inline]] void take(std::byte* data, std::size_t size) noexcept {
    const std::byte* from = end_ - held_;
    held_ -= static_cast<std::int64_t>(size);
    std::memcpy(data, from, size);
  }
  /// Whether there is a room of a plain read, nothing is in it, and nothing is hidden since.
  [[gnu::always_inline]] bool has_free_room() const noexcept { return held_ == free_room; }
  /// The room; null without one.
  std::byte* room() const noexcept { return room_; }
  /// Notes that so many bytes have come into its room, of which the first are given already.
  [[gnu::always_inline]] void fill(const std::byte* room, std::size_t size, std::size_t given = 0) noexcept {
    fetched_ += size;
    hold(room + size, size - given);
  }

  // What a call begins and ends with.

  /// Lends room for `room_size` bytes until `take_room`.
  void lend(std::byte* room) noexcept { room_ = room; }
  /// The same for a plain read: nothing is held.
  [[gnu::always_inline]] void lend_free(std::byte* room) noexcept {
    room_ = room;
    held_ = free_room;
  }
  /// Returns whether `keep` is needed as well.
  [[gnu::always_inline]] bool take_room() noexcept {
    room_ = nullptr;
    return held_ != 0;
  }
  /// Keeps what is left in the room that was taken, in a block of its own, which is the room for as long as it is
  /// needed. False where there is no memory: it is lost.
  [[gnu::cold]] bool keep() noexcept {
    if (held_ == free_room) held_ = 0;
    if (held_ == 0) return true;
    show();
    room_ = new (std::nothrow) std::byte[room_size];
    is_own_ = room_ != nullptr;
    if (is_own_) std::memcpy(room_, end_ - held_, size());
    is_own_ ? hold(room_ + size(), size()) : drop();
    return is_own_;
  }
  /// Whether it has a block of its own.
  bool is_kept() const noexcept { return is_own_; }
  /// Gives up a block that is empty. Returns whether there was one.
  bool release() noexcept {
    if (!is_own_ || size() != 0) return false;
    delete[] std::exchange(room_, nullptr);
    is_own_ = false;
    return true;
  }

  // The long way.

  /// What is held, hidden or not.
  std::size_t size() const noexcept { return static_cast<std::size_t>(held_ < 0 ? ~held_ : held_); }
  byte_view view() const noexcept { return {end_ - size(), size()}; }
  /// Bytes that were given, or read past this.
  std::uint64_t given() const noexcept { return fetched_ - size(); }
  /// Hides what is held from `holds`, and the room from `has_free_room`: a wire has something to do first.
  void hide() noexcept {
    if (held_ > 0) held_ = ~held_;
  }
  /// Ends that; a room is no longer that of a plain read.
  void show() noexcept { held_ = static_cast<std::int64_t>(size()); }
  /// Forgets what is held.
  void drop() noexcept { held_ = 0; }

  /// Gives up to `size` bytes of what is held and not hidden, or else reads from the port: what is wanted, and where
  /// that can be done by the same call as much as there is room for. Errors: the port's.
  [[gnu::always_inline]] io_result serve(port& from, std::byte* data, std::size_t size) noexcept {
    if (held_ > 0) return {take_some(data, size), io_status::ok};
    const bool is_small = room_ != nullptr && size < room_size;
    const bool both = room_ != nullptr && from.read_both != nullptr;
    const io_result r = is_small ? from.read(from, room_, room_size)
                        : both   ? from.read_both(from, {data, size}, {room_, room_size})
                                 : from.read(from, data, size);
    if (r.status != io_status::ok) return r;
    fetched_ += r.bytes;
    if (r.bytes <= size && !is_small) return r;
    const std::size_t held = is_small ? r.bytes : r.bytes - size;
    hold(room_ + held, held);
    return {is_small ? take_some(data, size) : size, io_status::ok};
  }
  /// Gives up to `size` bytes of what is held and not hidden; returns how many.
  std::size_t take_some(std::byte* data, std::size_t size) noexcept {
    if (!holds(size)) size = static_cast<std::size_t>(held_);
    if (size != 0) take(data, size);
    return size;
  }

 private:
  static constexpr std::int64_t free_room = -1;

  [[gnu::always_inline]] void hold(const std::byte* end, std::size_t size) noexcept {
    end_ = end;
    held_ = static_cast<std::int64_t>(size);
  }

  // How much is held; its complement while it is hidden; `free_room` in a plain read as long as nothing is in its room.
  // One number, so that a callback need look at nothing else.
  std::int64_t held_ = 0;
  const std::byte* end_ = nullptr;  // of what is held
  std::uint64_t fetched_ = 0;
  std::byte* room_ = nullptr;
  bool is_own_ = false;  // the room
};

}  // namespace plugtls
