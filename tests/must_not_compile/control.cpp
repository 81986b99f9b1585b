// SPDX-License-Identifier: BSL-1.0
// Must compile: otherwise the others would prove nothing.
#include "transport.hpp"

#include <string>
#include <utility>

plugtls::stream<empty_transport&, plugtls::any_backend> refer(const plugtls::any_context& context,
                                                              empty_transport& transport) {
  return plugtls::stream(context, transport);
}

empty_stream move(empty_stream& stream) {
  std::string room(5, ' ');
  std::error_code ec;
  stream.read_some(room, ec);
  stream.write("text", ec);
  return std::move(stream);
}
