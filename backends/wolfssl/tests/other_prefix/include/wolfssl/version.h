/* SPDX-License-Identifier: BSL-1.0 */
#include_next <wolfssl/version.h>
#undef LIBWOLFSSL_VERSION_STRING
#undef LIBWOLFSSL_VERSION_HEX
#define LIBWOLFSSL_VERSION_STRING "5.6.0"
#define LIBWOLFSSL_VERSION_HEX 0x05006000
