// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <string_view>

#include "plugtls/certificate_view.hpp"
#include "plugtls/detail/ascii.hpp"
#include "plugtls/detail/der.hpp"
#include "plugtls/detail/name_der.hpp"
#include "plugtls/general_names.hpp"

/// Name constraints (RFC 5280 §4.2.1.10). What cannot be judged counts as a violation.
namespace plugtls::detail {

/// Compares host names: `host` is `base`, or lies below it. An empty base holds every host.
inline bool is_within_domain(std::string_view host, std::string_view base) noexcept {
  if (base.empty()) return true;
  if (host.size() < base.size() || !equals_ignoring_case(host.substr(host.size() - base.size()), base)) return false;
  return host.size() == base.size() || host[host.size() - base.size() - 1] == '.';
}

/// Tells whether a host is meant by a constraint on mail or URIs: `.base` means the hosts below, `base` that very host.
[[gnu::cold]] inline bool is_host_of(std::string_view host, std::string_view constraint) noexcept {
  if (constraint.empty()) return true;
  if (constraint.front() != '.') return equals_ignoring_case(host, constraint);
  return host.size() > constraint.size() &&
         equals_ignoring_case(host.substr(host.size() - constraint.size()), constraint);
}

/// Gives the host of a URI's authority (RFC 3986 §3.2); empty for none, and for an address, which a constraint on
/// domains cannot mean.
[[gnu::cold]] inline std::string_view uri_host(std::string_view uri) noexcept {
  const std::size_t slashes = uri.find("://");
  if (slashes == std::string_view::npos) return {};
  std::string_view host = uri.substr(slashes + 3);
  host = host.substr(0, host.find_first_of("/?#"));
  const std::size_t user = host.rfind('@');
  if (user != std::string_view::npos) host = host.substr(user + 1);
  if (host.starts_with('[')) return {};
  host = host.substr(0, host.find(':'));
  return ip_address::parse(host) ? std::string_view() : host;
}

enum class overlap { none, whole, partial, unknown };

[[gnu::cold]] inline overlap match_dns(std::string_view name, std::string_view base) noexcept {
  if (name.ends_with('.')) name.remove_suffix(1);
  if (base.starts_with('.')) return overlap::unknown;  // means something to some, and nothing to RFC 5280
  if (is_within_domain(name, base)) return overlap::whole;
  // *.example.org covers the host a.example.org, and with it the start of the tree below a.example.org.
  if (name.starts_with("*.")) {
    const std::size_t dot = base.find('.');
    if (dot != std::string_view::npos && equals_ignoring_case(base.substr(dot), name.substr(1)))
      return overlap::partial;
  }
  return overlap::none;
}

[[gnu::cold]] inline overlap match_email(std::string_view name, std::string_view base) noexcept {
  const std::size_t at = name.rfind('@');
  if (at == std::string_view::npos || name.find('@') != at) return overlap::unknown;
  const std::size_t base_at = base.rfind('@');
  if (base_at == std::string_view::npos) return is_host_of(name.substr(at + 1), base) ? overlap::whole : overlap::none;
  return name.substr(0, at) == base.substr(0, base_at) &&
                 equals_ignoring_case(name.substr(at + 1), base.substr(base_at + 1))
             ? overlap::whole
             : overlap::none;
}

inline overlap match_uri(std::string_view name, std::string_view base) noexcept {
  const std::string_view host = uri_host(name);
  if (host.empty()) return overlap::unknown;
  return is_host_of(host, base) ? overlap::whole : overlap::none;
}

inline overlap match_ip(byte_view name, byte_view base) noexcept {
  if (base.size() != 2 * name.size()) return overlap::none;
  for (std::size_t i = 0; i < name.size(); ++i) {
    const std::byte mask = base[name.size() + i];
    if ((name[i] & mask) != (base[i] & mask)) return overlap::none;
  }
  return overlap::whole;
}

/// A directory name lies in the tree of another when it begins with all of that one's attributes.
[[gnu::cold]] inline overlap match_directory(byte_view name, byte_view base) noexcept {
  der::reader names(name);
  der::reader bases(base);
  byte_view names_content;
  byte_view base_content;
  if (!names.next(der::tag::sequence, names_content) || !bases.next(der::tag::sequence, base_content))
    return overlap::unknown;
  der::reader rdns(names_content);
  der::reader wanted(base_content);
  while (!wanted.at_end()) {
    der::element rdn;
    der::element want;
    if (!wanted.next(want)) return overlap::unknown;
    if (!rdns.next(rdn)) return overlap::none;
    if (!names_match(rdn.raw, want.raw)) return overlap::none;
  }
  return overlap::whole;
}

[[gnu::cold]] inline overlap match_name(const general_name& name, const general_name& base) noexcept {
  const std::string_view text = as_text(name.value);
  const std::string_view base_text = as_text(base.value);
  switch (name.form) {
    case name_form::dns: return match_dns(text, base_text);
    case name_form::email: return match_email(text, base_text);
    case name_form::uri: return match_uri(text, base_text);
    case name_form::ip: return match_ip(name.value, base.value);
    case name_form::directory: return match_directory(name.value, base.value);
    case name_form::other:
    case name_form::x400:
    case name_form::edi:
    case name_form::registered_id: break;
  }
  return overlap::unknown;
}

/// The constraints of one issuer, applied to names one by one.
class name_constraints {
 public:
  /// `budget` is the number of comparisons that may still be made: names times constraints is for an attacker to
  /// choose.
  name_constraints(byte_view content, int& budget) noexcept : content_(content), budget_(budget) {}

  [[gnu::cold]] bool allow(const general_name& name) noexcept {
    der::reader lists(content_);
    byte_view subtrees;
    if (lists.next(der::tag::constructed(0), subtrees)) {
      const overlap o = find(name, subtrees, true);
      if (o == overlap::none || o == overlap::unknown) return false;
    }
    return !lists.next(der::tag::constructed(1), subtrees) || find(name, subtrees, false) == overlap::none;
  }

  /// Applies the constraints to every name of a certificate.
  [[gnu::cold]] bool allow(const certificate_view& certificate) noexcept {
    if (!certificate.subject().empty() && !allow({name_form::directory, certificate.subject().raw()})) return false;
    bool has_email = false;
    for (const general_name& name : certificate.subject_alt_names()) {
      if (!allow(name)) return false;
      has_email = has_email || name.form == name_form::email;
    }
    if (has_email) return true;
    der::reader subject(certificate.subject().raw());
    byte_view attributes_content;
    if (!subject.next(der::tag::sequence, attributes_content)) return true;
    name_reader attributes(attributes_content);
    name_attribute a;
    while (attributes.next(a))
      if (oid::is(a.type, oid::email_address) && !allow({name_form::email, a.value.value})) return false;
    return true;
  }

 private:
  /// Finds the first subtree of the name's form that holds it. A name whose form is not constrained is allowed.
  [[gnu::cold]] overlap find(const general_name& name, byte_view subtrees, bool permitted) noexcept {
    bool any_of_form = false;
    der::reader in(subtrees);
    byte_view subtree;
    while (in.next(der::tag::sequence, subtree)) {
      if (--budget_ < 0) return overlap::unknown;
      der::reader fields(subtree);
      der::element e;
      general_name base;
      if (!fields.next(e) || !general_names::read(e, base)) return overlap::unknown;
      if (base.form != name.form) continue;
      any_of_form = true;
      const overlap o = match_name(name, base);
      if (o == overlap::unknown || o == overlap::whole || (o == overlap::partial && !permitted)) return o;
    }
    return permitted && !any_of_form ? overlap::whole : overlap::none;
  }

  byte_view content_;
  int& budget_;
};

/// Gives the depth of the first certificate that has a name outside the constraints of an issuer above it, -1 if none.
template <class Path>
int find_name_constraint_violation(const Path& path) noexcept {
  int budget = 250000;
  for (std::size_t issuer = 1; issuer < path.size(); ++issuer) {
    if (path[issuer].name_constraints().empty()) continue;
    name_constraints constraints(path[issuer].name_constraints(), budget);
    for (std::size_t i = 0; i < issuer; ++i)  // RFC 5280 §6.1.3 (b): self-issued intermediates are exempt
      if ((i == 0 || !path[i].is_self_issued()) && !constraints.allow(path[i])) return static_cast<int>(i);
  }
  return -1;
}

}  // namespace plugtls::detail
