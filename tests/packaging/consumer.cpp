// SPDX-License-Identifier: BSL-1.0
// What a user of the library writes: it must build against an installed copy and as a subproject.
#include <plugtls/backend.hpp>
#include <plugtls/plugtls.hpp>

#include <iostream>

int main() { std::cout << plugtls::default_backend::name << '\n'; }
