// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "plugtls/bytes.hpp"
#include "plugtls/detail/algorithm.hpp"
#include "plugtls/detail/der.hpp"

namespace plugtls::detail {

/// What certificates, CRLs and OCSP responses have in common (RFC 5280 §4.1.1, §5.1.1; RFC 6960 §4.2.1).
class signed_view {
 public:
  byte_view der() const noexcept { return der_; }
  byte_view tbs() const noexcept { return tbs_; }  ///< the signed part, with its tag and length
  byte_view signature() const noexcept { return signature_; }
  const algorithm_identifier& signature_algorithm() const noexcept { return algorithm_; }

 protected:
  signed_view() = default;

  /// Takes the parts out of a SEQUENCE; what is signed goes to `content`, what follows them to `rest`.
  bool read_signed(byte_view bytes, byte_view& content, der::reader& rest) noexcept {
    byte_view all, bits;
    der::element tbs;
    if (!der::read_single(bytes, der::tag::sequence, all)) return false;
    rest = der::reader(all);
    if (!rest.next(der::tag::sequence, tbs) || !read_algorithm(rest, algorithm_) ||
        !rest.next(der::tag::bit_string, bits) || !der::read_bit_string(bits, signature_))
      return false;
    tbs_ = tbs.raw;
    content = tbs.value;
    return true;
  }

  byte_view der_;
  byte_view tbs_;
  byte_view signature_;
  algorithm_identifier algorithm_;
};

}  // namespace plugtls::detail
