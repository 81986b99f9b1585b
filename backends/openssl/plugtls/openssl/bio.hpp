// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "plugtls/openssl/handle.hpp"
#include "plugtls/wire.hpp"

namespace plugtls::openssl {

namespace detail_bio {

// OpenSSL looks at the retry flags only where a call has not succeeded; `connection::stopped` clears them again.
inline int not_read(BIO* bio, io_status why) {
  if (why == io_status::would_block) BIO_set_retry_read(bio);
  return why == io_status::end ? 0 : -1;
}

[[gnu::noinline]] inline int end_read(BIO* bio, io_result r, std::size_t* n) {
  *n = r.bytes;
  return r.status == io_status::ok ? 1 : not_read(bio, r.status);
}

[[gnu::noinline]] inline int read_header(BIO* bio, std::byte* out, std::size_t* n) {
  *n = wire::header_size;
  const io_result r = static_cast<wire*>(BIO_get_data(bio))->pull_header(out);
  if (r.status == io_status::ok && r.bytes == wire::header_size) [[likely]]
    return 1;
  return end_read(bio, r, n);
}

[[gnu::noinline]] inline int read_body(BIO* bio, std::byte* out, std::size_t size, std::size_t* n) {
  auto* w = static_cast<wire*>(BIO_get_data(bio));
  if (w->holds(size)) [[likely]] {
    *n = size;
    w->take_held(out, size);
    return 1;
  }
  return end_read(bio, w->pull(out, size), n);
}

inline int read(BIO* bio, char* out, std::size_t size, std::size_t* n) {
  auto* to = reinterpret_cast<std::byte*>(out);
  return size == wire::header_size ? read_header(bio, to, n) : read_body(bio, to, size, n);
}

inline int write(BIO* bio, const char* data, std::size_t size, std::size_t* n) {
  *n = size;
  return static_cast<wire*>(BIO_get_data(bio))->push(reinterpret_cast<const std::byte*>(data), size) ? 1 : -1;
}

// Several calls of this come with every record: all ask for what only other BIOs have.
inline long control(BIO* bio, int command, long, void*) {
  if (command > BIO_CTRL_FLUSH) [[likely]]
    return 0;
  if (command == BIO_CTRL_FLUSH) return 1;
  if (command == BIO_CTRL_EOF) return static_cast<wire*>(BIO_get_data(bio))->ended() ? 1 : 0;
  return 0;
}

}  // namespace detail_bio

/// Makes the BIO through which a connection reaches its wire, which must outlive it. Null when memory is out.
inline bio_handle make_bio(wire& w) {
  static const bio_method_handle method = [] {
    bio_method_handle m(BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "plugtls wire"));
    if (m && BIO_meth_set_read_ex(m.get(), detail_bio::read) == 1 &&
        BIO_meth_set_write_ex(m.get(), detail_bio::write) == 1 && BIO_meth_set_ctrl(m.get(), detail_bio::control) == 1)
      return m;
    return bio_method_handle();
  }();
  bio_handle bio(method ? BIO_new(method.get()) : nullptr);
  if (bio) {
    BIO_set_data(bio.get(), &w);
    BIO_set_init(bio.get(), 1);
  }
  return bio;
}

}  // namespace plugtls::openssl
