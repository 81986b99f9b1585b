// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "plugtls/bytes.hpp"
#include "plugtls/crl_view.hpp"
#include "plugtls/detail/serial_index.hpp"
#include "plugtls/errc.hpp"
#include "plugtls/pem.hpp"

namespace plugtls {

/// A certificate revocation list that owns its bytes, with an index of its serial numbers: four bytes for each entry,
/// made once, in n log n steps at most. An immutable value: copies share bytes and index, and copies may be used in
/// different threads. Names and views that it returns are valid as long as some copy of it lives.
class crl {
 public:
  /// Takes over and reads the DER of one CRL; `errc::bad_der` as in `crl_view::parse`.
  static std::optional<crl> from_der(byte_vector&& der, errc& e) {
    auto made = std::make_shared<contents>();
    made->der = std::move(der);
    const auto view = crl_view::parse(made->der, e);
    if (!view) return std::nullopt;
    made->index = detail::serial_index(view->entries());
    return crl(std::move(made), *view);
  }
  /// The same, copying.
  static std::optional<crl> from_der(byte_view der, errc& e) {
    return from_der(byte_vector(der.begin(), der.end()), e);
  }

  const crl_view& view() const noexcept { return view_; }
  byte_view der() const noexcept { return contents_->der; }
  std::string pem() const { return to_pem("X509 CRL", contents_->der); }
  const distinguished_name& issuer() const noexcept { return view_.issuer(); }
  unix_time this_update() const noexcept { return view_.this_update(); }
  std::optional<unix_time> next_update() const noexcept { return view_.next_update(); }
  /// Returns the number of revoked certificates.
  std::size_t size() const noexcept { return contents_->index.size(); }

  /// Finds the entry for a certificate by its serial number (contents of the INTEGER), by binary search.
  std::optional<crl_entry> find(byte_view serial) const noexcept {
    return contents_->index.find(view_.entries(), serial);
  }

  /// Compares the bytes.
  friend bool operator==(const crl& a, const crl& b) noexcept { return detail::der::equal(a.der(), b.der()); }

 private:
  struct contents {
    byte_vector der;
    detail::serial_index index;
  };
  crl(std::shared_ptr<const contents> made, const crl_view& view) noexcept : contents_(std::move(made)), view_(view) {}

  std::shared_ptr<const contents> contents_;
  crl_view view_;
};

/// Appends every CRL in the input to `out`: PEM with any number of `X509 CRL` blocks (other blocks are passed over), or
/// DER, several one after the other.
///
/// Gives `errc::bad_pem` for text that is broken or holds no CRL, `errc::bad_der` for other input that holds none and
/// where one of them does not parse; `out` is then unchanged.
inline errc load_crls(byte_view input, std::vector<crl>& out) {
  std::vector<crl> found;
  errc e = errc::success;
  const auto take = [&](byte_vector&& der) {
    auto one = crl::from_der(std::move(der), e);
    if (one) found.push_back(*std::move(one));
    return one.has_value();
  };
  const std::string_view text = as_text(input);
  // Text is recognised by its boundary lines, as for certificates.
  if (text.find(detail::pem_begin) != std::string_view::npos || text.find(detail::pem_end) != std::string_view::npos) {
    pem_reader reader(text);
    pem_block block;
    while (reader.next(block, e))
      if (block.label == "X509 CRL" && !take(std::move(block.der))) return e;
    if (e != errc::success || found.empty()) return errc::bad_pem;
  } else {
    detail::der::reader reader(input);
    detail::der::element one;
    if (reader.at_end()) return errc::bad_der;
    while (!reader.at_end()) {
      if (!reader.next(detail::der::tag::sequence, one)) return errc::bad_der;
      if (!take(byte_vector(one.raw.begin(), one.raw.end()))) return e;
    }
  }
  for (crl& one : found) out.push_back(std::move(one));
  return errc::success;
}

}  // namespace plugtls
