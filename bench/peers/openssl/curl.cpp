// SPDX-License-Identifier: BSL-1.0
// libcurl's easy interface.
#include <curl/curl.h>

#include <test_pki.hpp>

#include "../../product/register.hpp"
#include "https.hpp"

namespace {

struct with_curl : bench::https_client {
  static constexpr bool can_resume = true;

  explicit with_curl(bool resumes) : easy(curl_easy_init()), port(bench::https_port(resumes)) {
    const auto pem = plugtls::test_pki::root;
    curl_blob root{const_cast<char*>(pem.data()), pem.size(), CURL_BLOB_NOCOPY};
    curl_easy_setopt(easy, CURLOPT_CAINFO_BLOB, &root);
    curl_easy_setopt(easy, CURLOPT_SSL_SESSIONID_CACHE, resumes ? 1L : 0L);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, &with_curl::take);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, &got);
  }
  ~with_curl() override { curl_easy_cleanup(easy); }
  with_curl(const with_curl&) = delete;
  with_curl& operator=(const with_curl&) = delete;

  static std::size_t take(char*, std::size_t size, std::size_t n, void* sum) {
    *static_cast<std::size_t*>(sum) += size * n;
    return size * n;
  }
  std::size_t get(const std::string& path, bool anew) override {
    got = 0;
    const std::string url = "https://localhost:" + std::to_string(port) + path;
    curl_easy_setopt(easy, CURLOPT_URL, url.c_str());
    curl_easy_setopt(easy, CURLOPT_IPRESOLVE, CURL_IPRESOLVE_V4);
    curl_easy_setopt(easy, CURLOPT_FORBID_REUSE, anew ? 1L : 0L);
    const CURLcode result = curl_easy_perform(easy);
    if (result != CURLE_OK) throw std::runtime_error(std::string("libcurl: ") + curl_easy_strerror(result));
    return got;
  }
  CURL* easy;
  int port;
  std::size_t got = 0;
};

const bool added = bench::add_side(bench::make_side<bench::make_fetching<with_curl>>("libcurl " LIBCURL_VERSION));

}  // namespace
