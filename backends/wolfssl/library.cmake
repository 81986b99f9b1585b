# SPDX-License-Identifier: BSL-1.0
set(plugtls_package libwolfssl-dev)
plugtls_find(wolfssl HEADER wolfssl/version.h LIBRARIES wolfssl)
plugtls_find_version(LIBWOLFSSL_VERSION_STRING wolfssl/version.h)
