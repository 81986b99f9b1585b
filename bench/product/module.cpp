// SPDX-License-Identifier: BSL-1.0
// What a module gives away: all that its other files have put on the list.
#include <plugtls/backend.hpp>
#include <string>

#include "register.hpp"

bench::contents& bench::in_this_module() {
  static contents all;
  return all;
}

extern "C" const bench::module* plugtls_bench_module() {
  static const std::string library = plugtls::default_backend::library().text;
  static const std::string name(plugtls::default_backend::name);
  static bench::module m;
  const bench::contents& c = bench::in_this_module();
  m = {name.c_str(), library.c_str(), c.facts.data(), c.facts.size(), c.sides.data(), c.sides.size()};
  return &m;
}
