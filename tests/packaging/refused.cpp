// SPDX-License-Identifier: BSL-1.0
// Prints why no context can be made; exit status 0 when one can.
#include <plugtls/backend.hpp>
#include <plugtls/plugtls.hpp>

#include <iostream>

int main() {
  plugtls::error_info info;
  const plugtls::context context = plugtls::context::client({.insecure_no_verification = true}, info);
  std::cout << plugtls::default_backend::name << ": " << explain(info) << '\n';
  return info ? 1 : 0;
}
