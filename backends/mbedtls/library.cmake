# SPDX-License-Identifier: BSL-1.0
set(plugtls_package libmbedtls-dev)
plugtls_find(mbedtls HEADER mbedtls/version.h LIBRARIES mbedtls mbedx509 mbedcrypto)
plugtls_find_version(MBEDTLS_VERSION_STRING mbedtls/build_info.h mbedtls/version.h)
