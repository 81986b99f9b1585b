// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "plugtls/alert.hpp"
#include "plugtls/context_plan.hpp"
#include "plugtls/detail/identity_fit.hpp"
#include "plugtls/detail/reason_text.hpp"
#include "plugtls/detail/search.hpp"
#include "plugtls/peer_name.hpp"
#include "plugtls/settings.hpp"

namespace plugtls::detail {

/// Chooses what a server presents, by a client's first message and before any library sees it: the same on every
/// backend, and no library is asked to change its mind in the middle of a handshake.
class server_choice {
 public:
  /// One of the identities, by its place in the list that `build` makes; or a refusal.
  struct outcome {
    std::size_t identity = 0;
    errc refused = errc::success;
    alert why = alert::internal_error;
    std::string text = {};
  };

  /// Takes table and callback over, and puts every identity into `all`, once each. Gives `invalid_argument` for what
  /// could never be served, or could never be meant.
  errc build(const server_settings& s, std::vector<identity>& all, error_info& info) {
    if (s.identities.empty() && (s.names.empty() || s.unknown_name == unknown_name_policy::use_default))
      return info.set(errc::invalid_argument,
                      s.names.empty()
                          ? "a server needs an identity: a certificate and its key"
                          : "a server needs identities for clients that ask for no name, or for one that is "
                            "not in `names`: give them, or set unknown_name to refuse");
    if (s.names.empty() && s.unknown_name == unknown_name_policy::refuse)
      return info.set(errc::invalid_argument, "unknown names are to be refused, and no names are given");
    on_client_hello_ = s.on_client_hello;
    refuses_unknown_ = s.unknown_name == unknown_name_policy::refuse;
    errc e = add(s.identities, "the default", all, default_, info);
    for (const served_name& n : s.names)
      if (e == errc::success) e = add(n, all, info);
    return e;
  }

  /// Whether the first message has to be looked at; without, a connection is the only identity's from the start.
  bool is_needed() const noexcept { return !names_.empty() || default_.size() > 1 || on_client_hello_; }

  /// Calls the callback, whose exceptions come out. `own(identity)` tells what that one's native context can do, as an
  /// own_offer.
  template <class OfferOf>
  outcome choose(const client_hello_view& hello, const OfferOf& own) const {
    hello_answer answer;
    if (on_client_hello_) answer = on_client_hello_(hello);
    if (answer.is_refusal()) return refusal("the callback on_client_hello refused the client");
    const std::string_view asked = answer.is_serve_as() ? std::string_view(answer.name()) : hello.server_name;
    if (const candidates* found = find(asked)) return best(*found, hello, own);
    if (answer.is_serve_as() && !(asked.empty() && !default_.empty()))
      return {0, errc::invalid_argument, alert::internal_error,
              "the callback on_client_hello answers with '" + safe_text(asked, 100) + "', which is not in `names`"};
    if (refuses_unknown_ && !answer.is_serve_as())
      return refusal(asked.empty() ? "the client asks for no name"
                                   : "the client asks for '" + safe_text(asked, 100) + "', which is not in `names`");
    return best(default_, hello, own);
  }

 private:
  struct candidate {
    std::size_t identity;
    key_profile key;
  };
  using candidates = std::vector<candidate>;
  struct served {
    std::string pattern;
    candidates identities;
  };

  static outcome refusal(std::string text) {
    return {0, errc::unrecognized_name, alert::unrecognized_name, std::move(text)};
  }

  // Where none suits, the first one's library fails as it would on its own, or resumes without any.
  template <class OfferOf>
  static outcome best(const candidates& list, const client_hello_view& hello, const OfferOf& own) {
    for (const candidate& c : list)
      if (suits(c.key, hello, own(c.identity))) return {c.identity};
    return {list.front().identity};
  }

  const candidates* find(std::string_view asked) const {
    errc e = errc::success;
    const auto parsed = peer_name::parse(asked, e);
    if (!parsed || parsed->is_address()) return nullptr;
    const served* found = find_pattern(parsed->text());
    const std::size_t dot = parsed->text().find('.');
    if (found == nullptr && dot != std::string::npos) found = find_pattern("*" + parsed->text().substr(dot));
    return found == nullptr ? nullptr : &found->identities;
  }
  std::size_t place_of_pattern(std::string_view text) const {
    return place_in(names_, text, [](const auto& a, std::string_view b) { return a->pattern < b; });
  }
  const served* find_pattern(std::string_view text) const {
    const std::size_t i = place_of_pattern(text);
    return i != names_.size() && names_[i]->pattern == text ? names_[i].get() : nullptr;
  }

  errc add(const served_name& n, std::vector<identity>& all, error_info& info) {
    const std::string shown = "names: '" + safe_text(n.pattern, 100) + "'";
    const bool is_wildcard = n.pattern.starts_with("*.");
    errc e = errc::success;
    const auto parsed = peer_name::parse(is_wildcard ? std::string_view(n.pattern).substr(2) : n.pattern, e);
    if (!parsed || parsed->is_address() || (is_wildcard && parsed->text().find('.') == std::string::npos))
      return info.set(errc::invalid_argument,
                      shown +
                          " is no host name: give one, international names as A-labels, or '*.' and a domain of at "
                          "least two labels; clients ask for no addresses (RFC 6066)");
    const std::string pattern = (is_wildcard ? "*." : "") + parsed->text();
    if (find_pattern(pattern) != nullptr) return info.set(errc::invalid_argument, shown + " is listed twice");
    if (n.identities.empty()) return info.set(errc::invalid_argument, shown + " has no identity");
    for (const identity& id : n.identities)
      if (!id.chain().empty() && !is_good_for(id.chain().front().view(), pattern, *parsed, is_wildcard))
        return info.set(errc::invalid_argument, shown + " is not a name of its certificate, " +
                                                    safe_text(id.chain().front().subject().oneline()) +
                                                    ": every client would refuse it");
    const auto place = names_.begin() + static_cast<std::ptrdiff_t>(place_of_pattern(pattern));
    served& made = **names_.insert(place, std::make_unique<served>(served{pattern, {}}));
    return add(n.identities, shown, all, made.identities, info);
  }

  // A certificate for all of a pattern's names has the pattern itself.
  static bool is_good_for(const certificate_view& leaf, std::string_view pattern, const peer_name& name,
                          bool is_wildcard) {
    if (!is_wildcard) return name.matches(leaf);
    for (const general_name& n : leaf.subject_alt_names()) {
      std::string_view text = as_text(n.value);
      if (text.ends_with('.')) text.remove_suffix(1);
      if (n.form == name_form::dns && equals_ignoring_case(text, pattern)) return true;
    }
    return false;
  }

  errc add(const std::vector<identity>& list, const std::string& whose, std::vector<identity>& all, candidates& out,
           error_info& info) {
    for (const identity& id : list) {
      key_profile key;
      if (!id.chain().empty()) key = profile_of(id.chain().front().view().public_key());
      for (const candidate& c : out)
        if (c.key == key)
          return info.set(errc::invalid_argument,
                          whose +
                              " has two identities of the same kind of key, of which the second could never be "
                              "chosen: " +
                              id.chain().front().view().public_key().description());
      out.push_back({place_of(id, all), key});
    }
    return errc::success;
  }

  // An identity that serves several names is loaded once.
  static std::size_t place_of(const identity& id, std::vector<identity>& all) {
    for (std::size_t i = 0; i < all.size(); ++i)
      if (!id.chain().empty() && all[i].chain() == id.chain() && all[i].key().is_same(id.key()) &&
          der::equal(all[i].ocsp_response(), id.ocsp_response()))
        return i;
    all.push_back(id);
    return all.size() - 1;
  }

  std::vector<std::unique_ptr<served>> names_;  // sorted by pattern
  candidates default_;
  client_hello_callback on_client_hello_;
  bool refuses_unknown_ = false;
};

}  // namespace plugtls::detail
