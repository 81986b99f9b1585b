// SPDX-License-Identifier: BSL-1.0
// Must compile: otherwise the others would prove nothing.
#include <plugtls/errc.hpp>

int main() { return static_cast<int>(plugtls::errc::success); }
