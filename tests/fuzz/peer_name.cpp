// SPDX-License-Identifier: BSL-1.0
// The matcher of names, against a second one that is written as plainly as RFC 9525 puts it. The input is two parts:
// what the user asks for, and what a certificate presents.
#include "plugtls/peer_name.hpp"

#include "fuzz.hpp"

using namespace plugtls_fuzz;

namespace {

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return out;
}

// RFC 9525 §6.3 for a name that was asked for, already in its final form.
bool plainly_matches(const std::string& asked, std::string presented) {
  presented = lower(presented);
  if (presented.ends_with('.')) presented.pop_back();
  if (presented.find('*') == std::string::npos) return presented == asked;
  if (!presented.starts_with("*.")) return false;
  const std::string below = presented.substr(1);
  if (below.find('*') != std::string::npos || below.find('.', 1) == std::string::npos) return false;
  const std::size_t dot = asked.find('.');
  return dot != std::string::npos && dot != 0 && asked.substr(dot) == below;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  parts input(bytes_of(data, size));
  const std::string_view asked = input.text();
  const std::string_view presented = as_text(input.rest());
  errc e = errc::success;
  const auto name = peer_name::parse(asked, e);
  require(name.has_value() == (e == errc::success), "a name or a reason");
  if (!name) return 0;
  const auto same = peer_name::parse(name->text(), e);
  require(same && *same == *name, "the final form is stable");
  const bool as_dns = name->matches(general_name{name_form::dns, as_bytes(presented)});
  const bool as_address = name->matches(general_name{name_form::ip, as_bytes(presented)});
  require(!(as_dns && name->is_address()), "an address never matches a dNSName");
  require(!(as_address && !name->is_address()), "a host never matches an iPAddress");
  require(!name->matches(general_name{name_form::uri, as_bytes(presented)}) &&
              !name->matches(general_name{name_form::email, as_bytes(presented)}),
          "other forms never match");
  if (!name->is_address() && as_dns) require(plainly_matches(name->text(), std::string(presented)), "as RFC 9525 says");
  // The other direction for names that a host name may look like.
  if (!name->is_address() && peer_name::parse(presented, e) && plainly_matches(name->text(), std::string(presented)))
    require(as_dns, "equal names match");
  return 0;
}
