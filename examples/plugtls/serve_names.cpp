// SPDX-License-Identifier: BSL-1.0
#include <algorithm>
#include <plugtls/peer_name.hpp>

#include "settings.hpp"

namespace cli {

namespace {

std::string kind_of(const tls::identity& id) {
  const tls::public_key_view& key = id.chain().front().view().public_key();
  return key.kind() == tls::key_kind::rsa ? "RSA" : key.description();
}

bool has_kind(const std::vector<tls::identity>& list, const std::string& kind) {
  return std::any_of(list.begin(), list.end(), [&](const tls::identity& id) { return kind_of(id) == kind; });
}

// The names that a client can ask for by SNI: no addresses, and nothing that would match no client's.
std::vector<std::string> names_of(const tls::identity& id) {
  std::vector<std::string> names;
  for (const tls::general_name& n : id.chain().front().view().subject_alt_names()) {
    if (n.form != tls::name_form::dns) continue;
    std::string text(tls::as_text(n.value));
    const bool is_wildcard = text.starts_with("*.");
    tls::errc e = tls::errc::success;
    const auto parsed = tls::peer_name::parse(is_wildcard ? std::string_view(text).substr(2) : text, e);
    if (!parsed || parsed->is_address() || (is_wildcard && parsed->text().find('.') == std::string::npos)) continue;
    text = (is_wildcard ? "*." : "") + parsed->text();
    if (std::find(names.begin(), names.end(), text) == names.end()) names.push_back(text);
  }
  return names;
}

}  // namespace

void serve_by_name(tls::server_settings& s) {
  if (s.identities.size() < 2) return;
  const std::vector<tls::identity> all = std::move(s.identities);
  s.identities.clear();
  const std::vector<std::string> first = names_of(all.front());
  for (const tls::identity& id : all) {
    const std::vector<std::string> names = names_of(id);
    const bool has_first = std::all_of(first.begin(), first.end(), [&](const std::string& n) {
      return std::find(names.begin(), names.end(), n) != names.end();
    });
    bool is_used = s.identities.empty() || (has_first && !first.empty() && !has_kind(s.identities, kind_of(id)));
    if (is_used) s.identities.push_back(id);
    for (const std::string& pattern : names) {
      auto entry = std::find_if(s.names.begin(), s.names.end(), [&](const auto& n) { return n.pattern == pattern; });
      if (entry == s.names.end()) entry = s.names.insert(s.names.end(), {pattern, {}});
      if (has_kind(entry->identities, kind_of(id))) continue;
      entry->identities.push_back(id);
      is_used = true;
    }
    if (!is_used)
      refuse(
          tls::errc::invalid_argument,
          "the certificate " + one_line(id.chain().front().subject().oneline()) +
              " would never be presented: it has no name that an earlier --cert of the same kind of key does not have");
  }
}

}  // namespace cli
