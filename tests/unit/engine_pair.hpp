// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "null_backend.hpp"
#include "support/drive.hpp"
#include "support/pki.hpp"

namespace plugtls_test {

/// A client and a server of the null backend, not yet connected.
template <class B = null_backend>
struct pair_of {
  explicit pair_of(client_settings c = client_defaults(), server_settings s = server_defaults(),
                   peer_options peer = server_name, std::size_t max_output = 1 << 20)
      : client(basic_engine<B>(make(basic_context<B>::client(c, info)), std::move(peer)), max_output),
        server(basic_engine<B>(make(basic_context<B>::server(s, info))), max_output) {}

  basic_context<B> make(basic_context<B> context) {
    INFO(explain(info));
    REQUIRE(context);
    return context;
  }

  error_info info;
  endpoint<basic_engine<B>> client;
  endpoint<basic_engine<B>> server;
};

}  // namespace plugtls_test
