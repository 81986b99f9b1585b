// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <concepts>
#include <cstddef>
#include <span>
#include <string_view>
#include <type_traits>

#include "plugtls/bytes.hpp"

namespace plugtls {

namespace detail {
template <class T>
concept byte_like = std::same_as < std::remove_cv_t<T>,
char > || std::same_as<std::remove_cv_t<T>, unsigned char> || std::same_as<std::remove_cv_t<T>, std::byte>;

template <class R>
concept byte_range = requires(R& r) {
  { r.size() } -> std::convertible_to<std::size_t>;
  requires byte_like<std::remove_pointer_t<decltype(r.data())>>;
};
}  // namespace detail

/// Bytes to send: anything contiguous of char, unsigned char or std::byte, or text. Views; the caller keeps the bytes
/// alive and unchanged during the call.
class const_buffer {
 public:
  const_buffer(byte_view bytes) noexcept : bytes_(bytes) {}
  const_buffer(std::string_view text) noexcept : bytes_(as_bytes(text)) {}
  template <class P>
  requires(std::same_as<P, const char*> || std::same_as<P, char*>) const_buffer(const P& text)
  noexcept : bytes_(as_bytes(std::string_view(text))) {}
  /// An array is sent whole; one of const char, such as a literal, up to its NUL, and never beyond its end.
  template <detail::byte_like T, std::size_t N>
  const_buffer(T (&array)[N]) noexcept : bytes_(std::as_bytes(std::span(array))) {
    if constexpr (std::is_same_v<T, const char>) {
      const std::size_t end = std::string_view(array, N).find('\0');
      if (end != std::string_view::npos) bytes_ = bytes_.first(end);
    }
  }
  template <detail::byte_range R>
  const_buffer(const R& range) noexcept : bytes_(std::as_bytes(std::span(range.data(), range.size()))) {}

  byte_view bytes() const noexcept { return bytes_; }

 private:
  byte_view bytes_;
};

/// Room for bytes that are received: anything contiguous and writable of char, unsigned char or std::byte, an array
/// too.
class mutable_buffer {
 public:
  mutable_buffer(std::span<std::byte> bytes) noexcept : bytes_(bytes) {}
  template <detail::byte_range R>
  requires(!std::is_const_v<std::remove_pointer_t<decltype(std::declval<R&>().data())>>) mutable_buffer(R&& range)
  noexcept : bytes_(std::as_writable_bytes(std::span(range.data(), range.size()))) {}
  template <detail::byte_like T, std::size_t N>
  requires(!std::is_const_v<T>) mutable_buffer(T (&array)[N])
  noexcept : bytes_(std::as_writable_bytes(std::span(array))) {}

  std::span<std::byte> bytes() const noexcept { return bytes_; }

 private:
  std::span<std::byte> bytes_;
};

}  // namespace plugtls
