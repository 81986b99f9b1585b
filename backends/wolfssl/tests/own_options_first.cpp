// SPDX-License-Identifier: BSL-1.0
// The build's options alone say nothing about the view.
#include <wolfssl/options.h>

#include "plugtls/wolfssl.hpp"
