// SPDX-License-Identifier: BSL-1.0
#include "everything_backward.hpp"

int other_unit();
int other_unit() { return 0; }
