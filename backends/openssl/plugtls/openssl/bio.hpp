// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "plugtls/openssl/handle.hpp"
#include "plugtls/wire.hpp"

namespace plugtls::openssl {

namespace detail_bio {

inline int read(BIO* bio, char* out, int size) {
  BIO_clear_retry_flags(bio);
  if (size <= 0) return 0;
  auto* w = static_cast<wire*>(BIO_get_data(bio));
  const io_result r = w->pull(reinterpret_cast<std::byte*>(out), static_cast<std::size_t>(size));
  switch (r.status) {
    case io_status::ok: return static_cast<int>(r.bytes);
    case io_status::would_block: BIO_set_retry_read(bio); return -1;
    case io_status::end: return 0;
    default: return -1;
  }
}

inline int write(BIO* bio, const char* data, int size) {
  BIO_clear_retry_flags(bio);
  if (size <= 0) return 0;
  auto* w = static_cast<wire*>(BIO_get_data(bio));
  return w->push(reinterpret_cast<const std::byte*>(data), static_cast<std::size_t>(size)) ? size : -1;
}

inline long control(BIO* bio, int command, long, void*) {
  if (command == BIO_CTRL_FLUSH) return 1;
  if (command == BIO_CTRL_EOF) return static_cast<wire*>(BIO_get_data(bio))->ended() ? 1 : 0;
  return 0;
}

}  // namespace detail_bio

/// Makes the BIO through which a connection reaches its wire, which must outlive it. Null when memory is out.
inline bio_handle make_bio(wire& w) {
  static const bio_method_handle method = [] {
    bio_method_handle m(BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "plugtls wire"));
    if (m && BIO_meth_set_read(m.get(), detail_bio::read) == 1 && BIO_meth_set_write(m.get(), detail_bio::write) == 1 &&
        BIO_meth_set_ctrl(m.get(), detail_bio::control) == 1)
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
