// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ctime>
#include <exception>
#include <iostream>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

/// The frame of the programs that tell what a TLS library says by itself about a chain: they take the lines of
/// `plugtls verify --batch` and answer each with the verdict of every way to set the library up.
namespace plugtls_test {

struct native_request {
  std::string leaf;
  std::vector<std::string> intermediates, trust;
  std::string name;  ///< a DNS name or an address, empty for none
  bool is_address = false;
  bool is_server = true;
  std::time_t moment = 0;
  int max_depth = -1;
};

/// Calls `verify(request)`, which gives a verdict for each set-up, for every line of standard input.
template <class Verify>
int answer_native_requests(Verify&& verify) {
  for (std::string line; std::getline(std::cin, line);) {
    const auto object = nlohmann::json::parse(line);
    native_request r;
    r.leaf = object["leaf"];
    r.intermediates = object["intermediates"].get<std::vector<std::string>>();
    r.trust = object["trust"].get<std::vector<std::string>>();
    if (object["name"].is_string()) r.name = object["name"];
    r.is_address =
        r.name.find(':') != std::string::npos || r.name.find_first_not_of("0123456789.") == std::string::npos;
    r.is_server = object["purpose"] == "server";
    std::tm t{};
    const std::string text = object["time"].is_string() ? object["time"].get<std::string>() : "";
    r.moment = strptime(text.c_str(), "%Y-%m-%dT%H:%M:%SZ", &t) != nullptr ? timegm(&t) : std::time(nullptr);
    if (object["max_depth"].is_number()) r.max_depth = object["max_depth"];
    const std::map<std::string, bool> verdicts = verify(r);
    std::cout << nlohmann::json{{"id", object["id"]}, {"accepts", verdicts}}.dump() << '\n';
  }
  return 0;
}

}  // namespace plugtls_test
