// SPDX-License-Identifier: BSL-1.0
#include "plugtls/error_info.hpp"

#include "support/catch.hpp"
#include "support/print.hpp"

using namespace plugtls;

TEST_CASE("an error_info is false while all is well, and becomes an error_code") {
  error_info info;
  CHECK_FALSE(static_cast<bool>(info));
  CHECK(std::error_code(info) == errc::success);
  CHECK_FALSE(std::error_code(info));
  CHECK(info.set(errc::bad_pem) == errc::bad_pem);
  CHECK(static_cast<bool>(info));
  CHECK(std::error_code(info) == errc::bad_pem);
  info.set(errc::bad_der, "why");
  CHECK(info.detail == "why");
  info.set(errc::bad_pem);
  CHECK(info.detail.empty());
}

TEST_CASE("explain is one line that begins with the condition's name") {
  error_info info;
  CHECK(explain(info) == "success: no error");
  info.set(errc::certificate_expired);
  CHECK(explain(info) == "certificate_expired: " + std::string(describe(errc::certificate_expired)));
  info.set(errc::certificate_expired, "ask for a new one");
  info.problems = {{errc::certificate_expired, 0}, {errc::not_a_ca, 2}};
  info.alert_sent = alert::certificate_expired;
  info.native = 10;
  info.native_text = "expired";
  CHECK(explain(info) ==
        "certificate_expired: ask for a new one; certificate_expired (leaf); not_a_ca (depth 2) [we sent alert "
        "certificate_expired; 10 expired]");
  CHECK(explain_reason(info) ==
        "certificate_expired: ask for a new one; certificate_expired (leaf); not_a_ca (depth 2)");
  info.reasons = {"it expired", "it is no CA"};
  CHECK(explain_reason(info) == "certificate_expired: ask for a new one; not_a_ca: it is no CA");
  for (int depth = 3; depth < 20; ++depth) {
    info.problems.push_back({errc::weak_algorithm, depth});
    info.reasons.push_back("weak");
  }
  const std::string many = explain_reason(info);
  CHECK(many.find("; weak_algorithm: weak; and 10 more") != std::string::npos);
  info = {};
  info.set(errc::alert_received);
  info.alert_received = static_cast<alert>(255);
  info.native_text = "text alone";
  CHECK(explain(info) == "alert_received: " + std::string(describe(errc::alert_received)) +
                             " [the peer sent alert unassigned; text alone]");
  info.native_text.clear();
  info.native = -5;
  CHECK(explain(info).find("; -5]") != std::string::npos);
}

TEST_CASE("what is thrown is a system_error with the explanation as its text") {
  error_info info;
  info.set(errc::bad_password, "try again");
  try {
    detail::raise_if(info);
    FAIL("nothing was thrown");
  } catch (const std::system_error& e) {
    CHECK(e.code() == errc::bad_password);
    CHECK(std::string(e.what()) == "bad_password: try again");
  }
  CHECK_NOTHROW(detail::raise_if(error_info{}));
}

TEST_CASE("problems are listed once, and the first of errc leads") {
  problem_list list;
  CHECK(leading(list) == errc::success);
  add_problem(list, errc::hostname_mismatch, 0);
  add_problem(list, errc::certificate_expired, 1);
  add_problem(list, errc::certificate_expired, 1);
  add_problem(list, errc::certificate_expired, 2);
  CHECK(list ==
        problem_list{{errc::hostname_mismatch, 0}, {errc::certificate_expired, 1}, {errc::certificate_expired, 2}});
  CHECK(leading(list) == errc::certificate_expired);
  add_problem(list, errc::malformed_certificate, 3);
  CHECK(leading(list) == errc::malformed_certificate);
}

TEST_CASE("each verification error has an alert of the certificate's class") {
  for (int i = 1; i <= static_cast<int>(errc::bad_certificate); ++i) {
    const auto e = static_cast<errc>(i);
    CHECK(is_verification(e));
    const auto a = static_cast<unsigned>(alert_for(e));
    CAPTURE(name(e), a);
    CHECK(((a >= 42 && a <= 46) || a == 48 || a == 49 || a == 116));
  }
  CHECK_FALSE(is_verification(errc::success));
  CHECK_FALSE(is_verification(errc::protocol_version));
}
