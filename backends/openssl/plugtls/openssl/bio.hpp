// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "plugtls/openssl/handle.hpp"
#include "plugtls/wire.hpp"

namespace plugtls::openssl {

namespace detail_bio {

// OpenSSL looks at the retry flags only where a call has not succeeded. They say that it would block; where there is
// something else to say they are cleared until `connection::failed`.
[[gnu::noinline]] inline int fail(BIO* bio, int result) {
  BIO_clear_retry_flags(bio);
  return result;
}
inline int end_read(BIO* bio, io_result r, std::size_t* n) {
  *n = r.bytes;
  if (r.status == io_status::ok) return 1;
  if (r.status == io_status::would_block) return -1;
  return fail(bio, r.status == io_status::end ? 0 : -1);
}

template <class P>
[[gnu::noinline]] int read_header(BIO* bio, std::byte* out, std::size_t* n) {
  const io_result r = static_cast<wire*>(BIO_get_data(bio))->pull_header<P>(out);
  return end_read(bio, r, n);
}

[[gnu::noinline]] inline int read_body(BIO* bio, std::byte* out, std::size_t size, std::size_t* n) {
  auto* w = static_cast<wire*>(BIO_get_data(bio));
  if (w->holds(size)) [[likely]] {
    *n = size;
    w->take_held(out, size);
    return 1;
  }
  return end_read(bio, w->pull_more(out, size), n);
}

template <class P>
int read(BIO* bio, char* out, std::size_t size, std::size_t* n) {
  auto* to = reinterpret_cast<std::byte*>(out);
  return size == wire::header_size ? read_header<P>(bio, to, n) : read_body(bio, to, size, n);
}

// What is rare finds the BIO by the wire: it need not be kept while the transport writes.
template <class P>
int write(BIO* bio, const char* data, std::size_t size, std::size_t* n) {
  auto* w = static_cast<wire*>(BIO_get_data(bio));
  const auto* from = reinterpret_cast<const std::byte*>(data);
  if (w->is_direct<P>()) [[likely]] {
    *n = w->push_some<P>(from, size);
    if (*n != 0) [[likely]]
      return 1;
    return fail(static_cast<BIO*>(w->owner()), -1);
  }
  *n = size;
  return w->push(from, size) ? 1 : fail(static_cast<BIO*>(w->owner()), -1);
}

// Several calls of this come with every record: all ask for what only other BIOs have. BIO_CTRL_EOF too is no: at an
// end, which the wire knows, OpenSSL would send an alert (ssl/record/rec_layer_s3.c,
// SSL_R_UNEXPECTED_EOF_WHILE_READING) that other libraries do not send, to a peer that may still listen.
inline long control(BIO*, int command, long, void*) {
  if (command > BIO_CTRL_FLUSH) [[likely]]
    return 0;
  return command == BIO_CTRL_FLUSH ? 1 : 0;
}

}  // namespace detail_bio

/// Makes the BIO through which a connection reaches its wire, which must outlive it, for one type of port. Null when
/// memory is out.
template <class P = port>
bio_handle make_bio(wire& w) {
  // Never freed: streams with static storage may end after it.
  static const BIO_METHOD* const method = []() -> const BIO_METHOD* {
    bio_method_handle m(BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "plugtls wire"));
    if (m && BIO_meth_set_read_ex(m.get(), detail_bio::read<P>) == 1 &&
        BIO_meth_set_write_ex(m.get(), detail_bio::write<P>) == 1 &&
        BIO_meth_set_ctrl(m.get(), detail_bio::control) == 1)
      return m.release();
    return nullptr;
  }();
  bio_handle bio(method != nullptr ? BIO_new(method) : nullptr);
  if (bio) {
    BIO_set_data(bio.get(), &w);
    BIO_set_retry_read(bio.get());
    BIO_set_init(bio.get(), 1);
  }
  return bio;
}

}  // namespace plugtls::openssl
