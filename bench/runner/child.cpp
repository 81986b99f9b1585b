// SPDX-License-Identifier: BSL-1.0
#include "child.hpp"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace bench {
namespace {

json guarded(const std::function<json()>& work) {
  try {
    return work();
  } catch (const refusal& e) {
    return missing_cell(e.what(), true);
  } catch (const std::exception& e) {
    return missing_cell(e.what(), false);
  }
}

bool write_all(int to, const std::string& text) {
  for (std::size_t done = 0; done < text.size();) {
    const ssize_t n = write(to, text.data() + done, text.size() - done);
    if (n <= 0) return false;
    done += static_cast<std::size_t>(n);
  }
  return true;
}

std::string read_all(int from) {
  std::string out;
  char block[4096];
  for (;;) {
    const ssize_t n = read(from, block, sizeof block);
    if (n == 0 || (n < 0 && errno != EINTR)) return out;
    if (n > 0) out.append(block, static_cast<std::size_t>(n));
  }
}

}  // namespace

json in_child(const std::function<json()>& work) {
  int ends[2];
  if (pipe(ends) != 0) throw std::runtime_error("no pipe");
  const pid_t child = fork();
  if (child < 0) throw std::runtime_error("no child process");
  if (child == 0) {
    signal(SIGINT, SIG_IGN);
    close(ends[0]);
    _exit(write_all(ends[1], guarded(work).dump()) ? 0 : 1);
  }
  close(ends[1]);
  const std::string told = read_all(ends[0]);
  close(ends[0]);
  int status = 0;
  waitpid(child, &status, 0);
  if (WIFSIGNALED(status)) return missing_cell(std::string("ended by signal: ") + strsignal(WTERMSIG(status)), false);
  const json answer = json::parse(told, nullptr, false);
  return answer.is_discarded() ? missing_cell("ended early", false) : answer;
}

}  // namespace bench
