// SPDX-License-Identifier: BSL-1.0
// One of two units that hold every header, all backends in each. A function that lacks `inline` stops the link.
#include "everything_forward.hpp"

int other_unit();

int main() { return other_unit(); }
