// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <string>

#include "plugtls/alert.hpp"
#include "plugtls/errc.hpp"
#include "plugtls/problem.hpp"
#include "plugtls/protocol.hpp"
#include "support/catch.hpp"

// How a failed check spells our values.
namespace Catch {
template <>
struct StringMaker<plugtls::errc> {
  static std::string convert(plugtls::errc e) { return std::string(plugtls::name(e)); }
};
template <>
struct StringMaker<plugtls::alert> {
  static std::string convert(plugtls::alert a) { return std::string(plugtls::name(a)); }
};
template <>
struct StringMaker<plugtls::tls_version> {
  static std::string convert(plugtls::tls_version v) { return std::string(plugtls::name(v)); }
};
template <>
struct StringMaker<plugtls::cipher_suite> {
  static std::string convert(plugtls::cipher_suite s) { return std::string(plugtls::name(s)); }
};
template <>
struct StringMaker<plugtls::named_group> {
  static std::string convert(plugtls::named_group g) { return std::string(plugtls::name(g)); }
};
template <>
struct StringMaker<plugtls::problem> {
  static std::string convert(const plugtls::problem& p) {
    return std::string(plugtls::name(p.what)) + '@' + std::to_string(p.depth);
  }
};
}  // namespace Catch
