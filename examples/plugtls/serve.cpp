// SPDX-License-Identifier: BSL-1.0
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <atomic>
#include <condition_variable>
#include <list>
#include <mutex>
#include <nlohmann/json.hpp>
#include <plugtls/context_slot.hpp>
#include <plugtls/net/tcp_acceptor.hpp>
#include <thread>

#include "insight.hpp"
#include "serve_modes.hpp"
#include "session_file.hpp"
#include "settings.hpp"

namespace cli {

using tls::errc;

namespace {

serve_mode parse_mode(const std::string& text) {
  if (text == "status") return serve_mode::status;
  if (text == "echo") return serve_mode::echo;
  if (text == "discard") return serve_mode::discard;
  if (text.starts_with("files:") && text.size() > 6) return serve_mode::files;
  refuse(errc::invalid_argument, "--mode '" + one_line(text) + "' is not status, echo, discard or files:DIR");
}

/// Readable from the moment on when the server shall stop.
class stop_signal {
 public:
  stop_signal() {
    if (::pipe2(ends_, O_CLOEXEC | O_NONBLOCK) != 0) refuse(errc::io_error, "cannot make a pipe");
  }
  stop_signal(const stop_signal&) = delete;
  stop_signal& operator=(const stop_signal&) = delete;
  ~stop_signal() {
    ::close(ends_[0]);
    ::close(ends_[1]);
  }
  int native_handle() const noexcept { return ends_[0]; }
  void raise() noexcept {
    raised_ = true;
    static_cast<void>(!::write(ends_[1], "", 1));
  }
  bool raised() const noexcept { return raised_; }

 private:
  int ends_[2] = {-1, -1};
  std::atomic<bool> raised_{false};
};

/// One thread per connection, at most `max_clients` at a time; the others wait in the system's queue.
class server {
 public:
  server(const serve_options& o, connection_report& report)
      : options_(o),
        mode_(parse_mode(o.mode)),
        handshake_timeout_(parse_seconds(o.handshake_timeout, "--handshake-timeout")),
        idle_timeout_(parse_seconds(o.idle_timeout, "--idle-timeout")) {
    backend_ = report.backend = &choose_backend(o.common.backend);
    const host_and_port place = parse_endpoint(o.listen, "--listen", true);
    tls::error_info info;
    log_ = open_key_log(o.key_log, *backend_);
    contexts_.store(make_context(info));
    check(info);
    if (mode_ == serve_mode::files) folder_.emplace(o.mode.substr(6));
    acceptor_ = tls::tcp_acceptor::listen(place.host, place.port, info);
    check(info);
  }

  void run() {
    sigset_t signals;
    sigemptyset(&signals);
    for (const int s : {SIGTERM, SIGINT, SIGHUP}) sigaddset(&signals, s);
    ::pthread_sigmask(SIG_BLOCK, &signals, nullptr);  // before any thread is made: all inherit it
    std::thread watcher([this, signals] { watch(signals); });
    try {
      const std::string place = acceptor_.local_endpoint();
      if (options_.common.json)
        print_json({{"listening", place}});
      else
        print("listening " + place + "\n");
      accept_all();
    } catch (const tls::tls_error& e) {
      fail(e.info());
    }
    {
      const std::lock_guard lock(mutex_);
      acceptor_.close();
    }
    for (worker& w : workers_) w.thread.join();
    finished_ = true;
    ::pthread_kill(watcher.native_handle(), SIGTERM);
    watcher.join();
    check(failure_);
  }

 private:
  // Sessions outlive a reload, for what they are resumed by does.
  tls::any_context make_context(tls::error_info& info) {
    tls::server_settings settings = make_server_settings(options_);
    settings.insecure_key_log = log_;
    resume_sessions(settings, *backend_, resumption_);
    return backend_->server(settings, info);
  }

  struct worker {
    std::thread thread;
    bool done = false;
  };

  void watch(const sigset_t& signals) {
    for (int caught = 0; !finished_;) {
      if (::sigwait(&signals, &caught) != 0 || finished_) continue;
      if (caught == SIGHUP)
        reload();
      else
        stop();
    }
  }

  // Reads everything anew that the options name. What is wrong with it is told, and changes nothing.
  void reload() {
    tls::error_info info;
    try {
      contexts_.store(make_context(info));
    } catch (const tls::tls_error& e) {
      info = e.info();
    } catch (const std::bad_alloc&) {
      info.set(errc::out_of_memory);
    }
    try {
      const std::lock_guard lock(output_);
      if (!info) {
        remark("reloaded");
        return;
      }
      complain(info);
      if (options_.common.json)
        print_json({{"reloaded", false}, {"error", tls::name(info.code)}, {"detail", explain(info)}});
    } catch (const tls::tls_error& e) {
      fail(e.info());
    }
  }

  void stop() {
    stop_.raise();
    const std::lock_guard lock(mutex_);
    acceptor_.cancel();
    changed_.notify_all();
  }

  void fail(const tls::error_info& info) {
    {
      const std::lock_guard lock(mutex_);
      if (!failure_) failure_ = info;
    }
    stop();
  }

  void accept_all() {
    bool is_short = false;
    for (unsigned long accepted = 0; options_.connections == 0 || accepted < options_.connections;) {
      {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [this] { return reap() < options_.max_clients || stop_.raised(); });
      }
      std::error_code ec;
      tls::fd_transport socket;
      if (!stop_.raised()) socket = acceptor_.accept_transport(ec);
      if (stop_.raised()) return;
      if (ec) {
        tls::error_info info;
        info.set(errc::io_error, "cannot accept: " + ec.message());
        if (!is_shortage(ec)) throw tls::tls_error(info);
        if (!std::exchange(is_short, true)) complain(info);  // once, however long it lasts
        continue;
      }
      is_short = false;
      ++accepted;
      start(std::move(socket));
    }
  }

  // What connections that end may bring to an end; the acceptor has waited for that a while.
  static bool is_shortage(const std::error_code& ec) {
    for (const std::errc lack : {std::errc::too_many_files_open, std::errc::too_many_files_open_in_system,
                                 std::errc::no_buffer_space, std::errc::not_enough_memory})
      if (ec == lack) return true;
    return false;
  }

  // Joins the threads that are done; returns how many still run. The lock is held: a thread sets `done` last, under it.
  std::size_t reap() {
    for (auto it = workers_.begin(); it != workers_.end();) {
      if (it->done) it->thread.join();
      it = it->done ? workers_.erase(it) : std::next(it);
    }
    return workers_.size();
  }

  void start(tls::fd_transport socket) {
    const std::lock_guard lock(mutex_);
    worker& w = workers_.emplace_back();
    try {
      w.thread = std::thread([this, &w, owned = std::move(socket)]() mutable {
        serve(std::move(owned));
        const std::lock_guard done(mutex_);
        w.done = true;
        changed_.notify_all();
      });
    } catch (const std::system_error& e) {
      workers_.pop_back();
      tls::error_info info;
      info.set(errc::out_of_memory, std::string("a connection is dropped, there is no thread for it: ") + e.what());
      complain(info);
    }
  }

  void serve(tls::fd_transport socket) {
    connection_report report;
    report.own = tls::role::server;
    report.backend = backend_;
    server_stream stream(contexts_.load(), server_transport(std::move(socket), stop_.native_handle()));
    try {
      report.at = stage::handshake;
      stream.next_layer().time_for_all(handshake_timeout_);
      stream.handshake();
      report.established(stream.engine());
      serve_connection(stream, mode_, folder_ ? &*folder_ : nullptr, idle_timeout_, report);
    } catch (const tls::tls_error& e) {
      report.error = e.info();
      end_in_order(stream, report);
    }
    const errc why = report.error.code;
    if (why == errc::timed_out || why == errc::io_error || report.end == "truncated" || stop_.raised())
      stream.next_layer().socket().close();
    else
      stream.next_layer().socket().close_gracefully();
    tell(report, stream);
  }

  // A connection that this server ends itself, because it stops, ends in order and has not failed.
  void end_in_order(server_stream& stream, connection_report& report) {
    if (!stop_.raised() || report.error.code != errc::io_error || !stream.established()) return;
    std::error_code ignored;
    stream.non_blocking(true);
    stream.shutdown_send(ignored);
    report.error = {};
    report.at = stage::done;
  }

  void tell(const connection_report& report, server_stream& stream) {
    try {
      const std::string line = options_.common.json ? to_text(connection_json(report, &stream.engine())) + "\n" : "";
      const std::lock_guard lock(output_);
      if (report.error) complain(report.error);
      if (!line.empty()) print(line);
    } catch (const tls::tls_error& e) {
      fail(e.info());
    }
  }

  const serve_options& options_;
  serve_mode mode_;
  std::chrono::milliseconds handshake_timeout_;
  std::chrono::milliseconds idle_timeout_;
  const tls::backend_entry* backend_ = nullptr;
  tls::basic_context_slot<tls::any_backend> contexts_;
  tls::key_log_callback log_;
  resumption resumption_;
  std::optional<served_folder> folder_;
  tls::tcp_acceptor acceptor_;
  stop_signal stop_;
  std::atomic<bool> finished_{false};
  std::mutex output_;
  std::mutex mutex_;  // of what follows
  std::condition_variable changed_;
  std::list<worker> workers_;
  tls::error_info failure_;
};

}  // namespace

int run_serve(const serve_options& o) {
  connection_report report;
  report.own = tls::role::server;
  try {
    server running(o, report);
    report.at = stage::done;
    running.run();
  } catch (const tls::tls_error& e) {
    report.error = e.info();
    complain(report.error);
    if (o.common.json && report.at == stage::setup) print_json(connection_json(report, nullptr));
  }
  return exit_status(report.error.code, report.at);
}

}  // namespace cli
