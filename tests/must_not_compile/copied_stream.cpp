// SPDX-License-Identifier: BSL-1.0
// A connection has one owner.
// expect: deleted
#include "transport.hpp"

empty_stream copy(const empty_stream& stream) { return stream; }
