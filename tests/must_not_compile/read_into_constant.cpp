// SPDX-License-Identifier: BSL-1.0
// What is received goes nowhere but into writable bytes.
// expect: read_some
#include "transport.hpp"

void read(empty_stream& stream, std::string_view text, std::error_code& ec) { stream.read_some(text, ec); }
