// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstring>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "workloads.hpp"

// Messages that are more than bytes one way. A side S says
//   S::joins_pieces   it makes one write of a message that is in pieces, by copying them
//   S::reads_blocks   it looks for lines in what it has read, else byte by byte
// and an end may have read_line(std::string&), false where it would block, and write_pieces(span of spans), all of
// them.

namespace bench {

// All of it, in as many steps as that takes: step(done) does what comes next, and returns how much that was.
template <class Step>
void in_whole(std::size_t n, const char* what, Step step) {
  std::size_t done = 0;
  for (int turns = 0; done != n; ++turns) {
    done += step(done);
    require(turns < patience, what);
  }
}
template <class End>
void write_whole(End& to, const std::byte* data, std::size_t n) {
  in_whole(n, "writing", [&](std::size_t done) { return to.write_some(data + done, n - done); });
}
template <class End>
void read_whole(End& from, std::byte* out, std::size_t n) {
  in_whole(n, "reading", [&](std::size_t done) { return from.read_some(out + done, n - done); });
}

/// "gather": a message that its sender has in pieces, the first of `size` and the others of `reply` bytes.
template <class S>
struct gathered {
  explicit gathered(const task& what) {
    pieces.assign(static_cast<std::size_t>(what.pieces), what.reply);
    pieces.at(0) = what.size;
    views.resize(pieces.size());
  }
  template <class Connection>
  void operator()(Connection& c) {
    std::size_t all = 0;
    if constexpr (requires { c.client.write_pieces(std::span<const std::span<const std::byte>>()); }) {
      for (std::size_t i = 0; i < pieces.size(); ++i) {
        views[i] = {data, pieces[i]};
        all += pieces[i];
      }
      c.client.write_pieces(views);
      read_whole(c.server, joined, all);
      return;
    }
    for (const std::size_t n : pieces) {
      if constexpr (S::joins_pieces)
        std::memcpy(joined + all, data, n);
      else
        write_whole(c.client, data, n);
      all += n;
    }
    if constexpr (S::joins_pieces) write_whole(c.client, joined, all);
    read_whole(c.server, joined, all);
  }
  std::vector<std::size_t> pieces;
  std::vector<std::span<const std::byte>> views;
  std::byte data[16384] = {}, joined[16384] = {};
};

/// "lines": 50 lines of `size` bytes in one write, read one by one.
template <class S>
struct text_lines {
  static constexpr int count = 50;

  explicit text_lines(const task& what) : size(what.size) {
    for (int i = 0; i < count; ++i) text += std::string(size - 1, 'x') + '\n';
  }
  template <class Connection>
  void operator()(Connection& c) {
    write_whole(c.client, reinterpret_cast<const std::byte*>(text.data()), text.size());
    for (int i = 0; i < count; ++i) {
      for (int turns = 0; !read_line(c.server); ++turns) require(turns < patience, "reading a line");
      require(line.size() == size - 1, "finding the end of a line");
    }
  }
  template <class End>
  bool read_line(End& from) {
    if constexpr (requires { from.read_line(line); }) {
      return from.read_line(line);
    } else if constexpr (S::reads_blocks) {
      return take_line() || (read_block(from) && take_line());
    } else {
      line.clear();
      for (char c = 0;; line += c) {
        read_whole(from, reinterpret_cast<std::byte*>(&c), 1);
        if (c == '\n') return true;
      }
    }
  }
  // From what was read before.
  bool take_line() {
    const std::size_t at = ahead.find('\n', begin);
    if (at == std::string::npos) return false;
    line.assign(ahead, begin, at - begin);
    begin = at + 1;
    return true;
  }
  template <class End>
  bool read_block(End& from) {
    ahead.erase(0, begin);
    begin = 0;
    const std::size_t had = ahead.size();
    ahead.resize(had + 4096);
    const std::size_t n = from.read_some(reinterpret_cast<std::byte*>(ahead.data()) + had, 4096);
    ahead.resize(had + n);
    return n != 0;
  }
  std::size_t size, begin = 0;
  std::string text, line, ahead;
};

/// "reconnect": a handshake, a request of `size` bytes and its answer of `reply`, over a new connection each time. The
/// CPU time of the client alone; of both alike, the making of the TCP connection is left out.
template <class S>
struct reconnecting : job {
  explicit reconnecting(const task& what) : side(what), size(what.size), reply(what.reply), resumes(what.resumes != 0) {
    once();  // for the first ticket
  }
  double once() {
    double spent = 0;
    const auto at_client = [&](auto&& step) {
      const double begin = cpu_seconds(CLOCK_THREAD_CPUTIME_ID);
      step();
      spent += cpu_seconds(CLOCK_THREAD_CPUTIME_ID) - begin;
    };
    static std::byte data[16384];
    tcp_line line;
    std::optional<typename S::template end<tcp_line>> client;
    bool ours = false, theirs = false;
    at_client([&] { client.emplace(side, true, line.client()), ours = client->handshake(); });
    typename S::template end<tcp_line> server(side, false, line.server());
    for (int turns = 0; !ours || !theirs; ++turns) {
      theirs = theirs || server.handshake();
      if (!ours) at_client([&] { ours = client->handshake(); });
      require(turns < patience, "the handshake");
    }
    was_resumed = client->was_resumed();
    at_client([&] { write_whole(*client, data, size); });
    read_whole(server, data, size);
    write_whole(server, data, reply);
    at_client([&] {
      read_whole(*client, data, reply);
      client->finish();
      client.reset();
    });
    return spent;
  }
  double run(std::uint64_t count) override {
    double sum = 0;
    for (std::uint64_t i = 0; i < count; ++i) {
      sum += once();
      require(was_resumed == resumes, resumes ? "resuming" : "a full handshake");
    }
    return sum;
  }
  S side;
  std::size_t size, reply;
  bool resumes, was_resumed = false;
};

}  // namespace bench
