/* SPDX-License-Identifier: BSL-1.0 */
#include_next <openssl/ssl.h>
