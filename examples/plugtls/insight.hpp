// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <optional>
#include <plugtls/handshake_trace.hpp>
#include <plugtls/key_log.hpp>
#include <string>

#include "program.hpp"

namespace cli {

/// Opens the file of --keylog, or of the environment's SSLKEYLOGFILE, to which lines are appended; nothing without
/// both. Throws where the option cannot be honoured; where the environment cannot, that is remarked on, and nothing is
/// logged.
tls::key_log_callback open_key_log(const std::optional<std::string>& option, const tls::backend_entry& backend);

/// Writes what a handshake was like, as JSON, to the file of --trace; nothing without the option.
class trace_file {
 public:
  /// Throws where the file cannot be opened.
  explicit trace_file(const std::optional<std::string>& path);
  trace_file(const trace_file&) = delete;
  trace_file& operator=(const trace_file&) = delete;
  ~trace_file();

  /// Watches a connection from here on.
  void watch(tls::any_engine& engine);
  /// Keeps what is known now. Once established, a connection that has failed tells less, and is not asked again.
  void update(const tls::any_engine& engine);
  /// Writes what was kept, or throws.
  void write();

 private:
  int fd_ = -1;
  tls::handshake_trace trace_;
  std::string text_;
};

}  // namespace cli
