// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace cli {

/// What the user typed, as text: each command checks the values of its own.
struct common_options {
  std::string backend;
  bool json = false;
};

/// What client and server settings share.
struct tls_options {
  std::vector<std::string> certificates;
  std::vector<std::string> keys;
  std::optional<std::string> password;
  std::optional<std::string> alpn;
  std::optional<std::string> min_version;
  std::optional<std::string> max_version;
  std::optional<std::string> cipher_suites;
  std::optional<std::string> groups;
};

struct revocation_options {
  std::vector<std::string> crl_files;
  std::optional<std::string> mode;
  bool staple = false;
};

struct trust_options {
  std::vector<std::string> ca_files;
  std::optional<std::string> ca_directory;
  bool system = false;
  std::vector<std::string> pins;
  std::optional<std::string> time;
  revocation_options revocation;
};

struct client_options {
  common_options common;
  tls_options tls;
  trust_options trust;
  std::string target;
  std::optional<std::string> connect;
  std::optional<std::string> name;
  std::optional<std::string> get;
  std::optional<std::string> output;
  std::optional<std::string> send;
  std::optional<std::string> key_log;
  std::optional<std::string> trace;
  std::optional<std::string> session_file;
  double timeout = 30;
  bool insecure_no_verify = false;
  bool insecure_skip_name = false;
  bool insecure_ignore_truncation = false;
};

struct serve_options {
  common_options common;
  tls_options tls;
  std::string listen = "127.0.0.1:0";
  std::string client_auth = "none";
  std::vector<std::string> client_ca_files;
  revocation_options revocation;
  std::optional<std::string> ocsp_response;
  std::optional<std::string> key_log;
  std::string mode = "status";
  unsigned long connections = 0;  // no limit
  unsigned long max_clients = 256;
  double handshake_timeout = 10;
  double idle_timeout = 60;
};

struct cert_options : client_options {};

struct verify_options {
  common_options common;
  std::optional<std::string> leaf;
  std::vector<std::string> trust_files;
  std::vector<std::string> intermediate_files;
  revocation_options revocation;
  std::optional<std::string> ocsp_response;
  std::optional<std::string> name;
  std::optional<std::string> purpose;
  std::optional<std::string> time;
  std::optional<int> max_depth;
  bool batch = false;
};

struct parity_options {
  common_options common;
  std::optional<std::string> html;
  std::optional<std::string> corpus;
};

int run_backends(const common_options& options);
int run_client(const client_options& options);
int run_serve(const serve_options& options);
int run_cert(const cert_options& options);
int run_verify(const verify_options& options);
int run_parity(const parity_options& options);

}  // namespace cli
