// SPDX-License-Identifier: BSL-1.0
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <map>
#include <nlohmann/json.hpp>

#include "settings.hpp"
#include "verify.hpp"

namespace cli {

using tls::errc;

namespace {

/// Lines of standard input as they come. What is longer than any request is read to its end and not kept.
class line_reader {
 public:
  static constexpr std::size_t limit = std::size_t{16} << 20;

  /// False at the end of the input; a last line without a newline counts.
  bool next(std::string& line, bool& is_whole) {
    line.clear();
    is_whole = true;
    for (bool any = false;; any = true) {
      if (at_ == size_ && !fill()) return any;
      const char* end = static_cast<const char*>(std::memchr(block_ + at_, '\n', size_ - at_));
      const std::size_t n = (end ? static_cast<std::size_t>(end - block_) : size_) - at_;
      is_whole = is_whole && line.size() + n <= limit;
      if (is_whole) line.append(block_ + at_, n);
      at_ += n + (end ? 1 : 0);
      if (end) return true;
    }
  }

 private:
  bool fill() {
    for (;;) {
      const ssize_t n = ::read(STDIN_FILENO, block_, sizeof block_);
      if (n < 0 && errno == EINTR) continue;
      if (n < 0) refuse(errc::io_error, std::string("cannot read standard input: ") + std::strerror(errno));
      at_ = 0;
      size_ = static_cast<std::size_t>(n);
      return n != 0;
    }
  }

  char block_[65536];
  std::size_t at_ = 0;
  std::size_t size_ = 0;
};

[[noreturn]] void refuse_request(std::string text) { refuse(errc::invalid_argument, std::move(text)); }

/// One line, checked: what is in it has its type, and nothing is in it that nobody would look at.
struct request {
  std::string leaf;
  std::vector<std::string> intermediates, trust, crls;
  std::optional<std::string> name;
  tls::purpose usage = tls::purpose::server_auth;
  std::optional<tls::unix_time> moment;
  std::optional<int> max_depth;
};

std::string take_text(const json& value, const std::string& key) {
  if (!value.is_string()) refuse_request(key + " is no text");
  return value.get<std::string>();
}

std::vector<std::string> take_list(const json& value, const std::string& key) {
  std::vector<std::string> out;
  if (!value.is_array()) refuse_request(key + " is no list");
  for (const json& one : value) out.push_back(take_text(one, key + "[" + std::to_string(out.size()) + "]"));
  return out;
}

int take_depth(const json& value) {
  if (!value.is_number_integer() || (!value.is_number_unsigned() && value.get<std::int64_t>() < 0))
    refuse_request("max_depth is no whole number from 0 on");
  return static_cast<int>(std::min<std::uint64_t>(value.get<std::uint64_t>(), 1000));
}

request read_request(const json& object) {
  request out;
  bool has_leaf = false;
  for (const auto& [key, value] : object.items()) {
    if (key == "id") continue;
    if (key == "leaf") {
      out.leaf = take_text(value, key);
      has_leaf = true;
    } else if (key != "intermediates" && key != "trust" && key != "crls" && key != "name" && key != "time" &&
               key != "purpose" && key != "max_depth") {
      refuse_request("a request has no '" + key.substr(0, 100) + "'");
    } else if (value.is_null()) {
      continue;
    } else if (key == "intermediates") {
      out.intermediates = take_list(value, key);
    } else if (key == "trust") {
      out.trust = take_list(value, key);
    } else if (key == "crls") {
      out.crls = take_list(value, key);
    } else if (key == "name") {
      out.name = take_text(value, key);
    } else if (key == "time") {
      out.moment = parse_time(take_text(value, key), key);
    } else if (key == "purpose") {
      out.usage = parse_purpose(take_text(value, key), key);
    } else {
      out.max_depth = take_depth(value);
    }
  }
  if (!has_leaf) refuse_request("the leaf is missing");
  return out;
}

// `load` is one of the library's loaders. They take DER too, which has no place in a text: that is `no_pem`.
template <class Items>
void add_pem(const std::string& pem, const std::string& what, Items& out, errc (*load)(tls::byte_view, Items&),
             errc no_pem = errc::no_certificates_found) {
  const bool is_pem = pem.find("-----") != std::string::npos;
  const errc e = is_pem ? load(tls::as_bytes(pem), out) : no_pem;
  if (e != errc::success) refuse(e, what + ": " + std::string(describe(e)));
}

std::string nth(const char* list, std::size_t i) { return list + ("[" + std::to_string(i)) + "]"; }

tls::trust_store load_trust(const request& r) {
  std::vector<tls::certificate> anchors;
  std::vector<tls::crl> crls;
  for (std::size_t i = 0; i < r.trust.size(); ++i)
    add_pem(r.trust[i], nth("trust", i), anchors, tls::load_certificates);
  for (std::size_t i = 0; i < r.crls.size(); ++i)
    add_pem(r.crls[i], nth("crls", i), crls, tls::load_crls, errc::bad_pem);
  tls::trust_store store = tls::trust_store::none();
  for (const tls::certificate& anchor : anchors) store.add(anchor);
  for (const tls::crl& list : crls) store.add(list);
  return store;
}

class batch {
 public:
  explicit batch(const tls::backend_entry& backend) : backend_(backend) {}

  json answer(const std::string& line, bool is_whole) {
    json id;
    tls::error_info error;
    try {
      if (!is_whole) refuse_request("the line is longer than 16 MiB");
      // A request is an object of lists of text: deeper values are not kept, and the list that held them is refused.
      const json object = json::parse(
          line, [](int depth, json::parse_event_t, const json&) { return depth < 4; }, false);
      if (!object.is_object()) refuse_request("the line is no JSON object");
      if (const auto found = object.find("id"); found != object.end()) {
        if (found->is_structured()) refuse_request("id is no text and no number");
        id = *found;
      }
      error = verify(read_request(object));
    } catch (const tls::tls_error& e) {
      error = e.info();
    } catch (const std::bad_alloc& e) {
      error.set(errc::out_of_memory, e.what());
    }
    return verdict_json(id, &backend_, error);
  }

 private:
  tls::error_info verify(const request& r) {
    std::vector<tls::byte_vector> chain;
    add_pem(r.leaf, "leaf", chain, tls::load_certificate_bytes);
    for (std::size_t i = 0; i < r.intermediates.size(); ++i)
      add_pem(r.intermediates[i], nth("intermediates", i), chain, tls::load_certificate_bytes);
    return verifier_for(r).verify(chain, {r.name, r.usage}, r.moment).error;
  }

  // Requests of one batch mostly share their trust and CRLs, which are read once then. CRLs hold for the chain, hard.
  chain_verifier& verifier_for(const request& r) {
    constexpr std::size_t most = 64;
    std::string key = std::to_string(r.max_depth.value_or(-1));
    for (const std::vector<std::string>* list : {&r.trust, &r.crls}) {
      key += '|';
      for (const std::string& pem : *list) key += ' ' + std::to_string(pem.size()) + ' ' + pem;
    }
    const auto known = verifiers_.find(key);
    if (known != verifiers_.end()) return known->second;
    if (verifiers_.size() == most) verifiers_.clear();
    return verifiers_.emplace(std::move(key), chain_verifier(backend_, load_trust(r), {}, r.max_depth)).first->second;
  }

  const tls::backend_entry& backend_;
  std::map<std::string, chain_verifier> verifiers_;
};

}  // namespace

int run_verify_batch(const tls::backend_entry& backend) {
  batch running(backend);
  line_reader in;
  std::string line;
  for (bool is_whole = true; in.next(line, is_whole);) print_json(running.answer(line, is_whole));
  return 0;
}

}  // namespace cli
