# SPDX-License-Identifier: BSL-1.0
set(plugtls_package libssl-dev)
find_package(OpenSSL 3.0 QUIET)
if(OPENSSL_FOUND)
  set(plugtls_libraries ${OPENSSL_LIBRARIES})
  set(plugtls_includes ${OPENSSL_INCLUDE_DIR})
  set(plugtls_version ${OPENSSL_VERSION})
endif()
