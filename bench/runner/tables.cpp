// SPDX-License-Identifier: BSL-1.0
#include "tables.hpp"

namespace bench {
namespace {

int suite_of(const choice& c) {
  if (c.version == 0x0304) return c.is_chacha ? 0x1303 : 0x1301;
  if (c.is_chacha) return c.is_rsa ? 0xcca8 : 0xcca9;
  return c.is_rsa ? 0xc02f : 0xc02b;
}

task make(const char* work, const choice& c, std::size_t size = 0, std::size_t reply = 0, bool over_tcp = false) {
  return {work, c.version, suite_of(c), c.group, c.is_rsa ? 1 : 0, over_tcp ? 1 : 0, size, reply};
}

task resuming(task t) {
  t.resumes = 1;
  return t;
}
task in_pieces(task t, int pieces) {
  t.pieces = pieces;
  return t;
}
task with_threads(task t, int threads) {
  t.threads = threads;
  return t;
}

std::string version_name(int v) { return v == 0x0304 ? "TLS 1.3" : "TLS 1.2"; }
std::string version_id(int v) { return v == 0x0304 ? "13" : "12"; }
std::string group_name(int g) { return g == 0x1d ? "X25519" : g == 0x17 ? "P-256" : "X25519MLKEM768"; }
std::string group_id(int g) { return g == 0x1d ? "x25519" : g == 0x17 ? "p256" : "x25519mlkem768"; }
std::string suite_name(bool is_chacha) { return is_chacha ? "ChaCha20-Poly1305" : "AES-128-GCM"; }
std::string suite_id(bool is_chacha) { return is_chacha ? "chacha20" : "aes128gcm"; }
std::string size_name(std::size_t n) { return n < 1024 ? std::to_string(n) + " B" : std::to_string(n / 1024) + " KiB"; }
std::string size_id(std::size_t n) { return n < 1024 ? std::to_string(n) : std::to_string(n / 1024) + "k"; }

table handshake_table() {
  table t{"handshakes",
          "Handshakes",
          "Both ends in one thread over memory; the client verifies the server's chain and "
          "name. Contexts remember chains that they have accepted: on libraries that allow it the signatures of a peer "
          "that was "
          "seen before are not checked again.",
          unit::per_second,
          {}};
  const auto full = [&](const choice& c) {
    t.rows.push_back({"hs_full_" + version_id(c.version) + (c.is_rsa ? "_rsa2048_" : "_p256_") + group_id(c.group),
                      "full, " + version_name(c.version) + ", " + (c.is_rsa ? "RSA-2048" : "ECDSA P-256") + ", " +
                          group_name(c.group),
                      make("handshake", c)});
  };
  for (const int version : {0x0303, 0x0304})
    for (const bool is_rsa : {false, true})
      for (const int group : {0x1d, 0x17}) full({version, is_rsa, group});
  full({0x0304, false, 0x11ec});
  for (const int version : {0x0303, 0x0304})
    t.rows.push_back({"hs_resumed_" + version_id(version), "resumed, " + version_name(version) + ", X25519",
                      resuming(make("handshake", {version}))});
  return t;
}

table bulk_table() {
  table t{"bulk", "Bulk data", "One way, both ends in one thread: what is sealed is opened.", unit::megabytes, {}};
  const auto add = [&](const choice& c, std::size_t size, bool over_tcp) {
    t.rows.push_back(
        {"bulk_" + version_id(c.version) + "_" + size_id(size) + "_" + suite_id(c.is_chacha) + (over_tcp ? "_tcp" : ""),
         version_name(c.version) + ", " + suite_name(c.is_chacha) + ", writes of " + size_name(size) +
             (over_tcp ? ", TCP" : ", memory"),
         make("bulk", c, size, 0, over_tcp)});
  };
  for (const int version : {0x0303, 0x0304})
    for (const bool is_chacha : {false, true}) {
      const choice c{version, false, 0x1d, is_chacha};
      for (const std::size_t size : {256U, 1024U, 16384U}) add(c, size, false);
      add(c, 262144, true);
    }
  return t;
}

void add_echo(table& t, int version, std::size_t size, std::size_t reply, const std::string& id) {
  const std::string sizes =
      size == reply ? size_name(size) + " both ways" : size_name(size) + " there, " + size_name(reply) + " back";
  t.rows.push_back({id + "_" + version_id(version), version_name(version) + ", " + sizes + ", TCP",
                    make("echo", {version}, size, reply, true)});
}

}  // namespace

std::vector<table> backend_tables() {
  table echo{"exchanges",
             "Small messages",
             "A message and its answer over TCP on loopback, both ends in one thread.",
             unit::microseconds,
             {}};
  for (const int version : {0x0303, 0x0304}) {
    add_echo(echo, version, 64, 64, "pingpong_64");
    add_echo(echo, version, 200, 1000, "rr_200_1000");
    add_echo(echo, version, 200, 16384, "rr_200_16k");
  }
  return {handshake_table(), bulk_table(), echo};
}

table primitive_table() {
  table t{"primitives",
          "The libraries' cryptography alone",
          "No protocol: what each library's own calls reach on this machine.",
          unit::per_second,
          {}};
  for (const char* work : {"sign", "verify"})
    for (const bool is_rsa : {false, true})
      t.rows.push_back({std::string(work) + (is_rsa ? "_rsa2048" : "_p256"),
                        std::string(work) + ", " + (is_rsa ? "RSA-2048" : "ECDSA P-256"),
                        make(work, {0x0304, is_rsa})});
  for (const char* work : {"keygen", "derive"})
    for (const int group : {0x1d, 0x17})
      t.rows.push_back({std::string(work) + "_" + group_id(group),
                        std::string(work[0] == 'k' ? "make a key" : "derive") + ", " + group_name(group),
                        make(work, {0x0304, false, group})});
  for (const bool is_chacha : {false, true})
    for (const std::size_t size : {1024U, 16384U})
      t.rows.push_back({"seal_" + suite_id(is_chacha) + "_" + size_id(size),
                        "seal " + size_name(size) + ", " + suite_name(is_chacha),
                        make("seal", {0x0304, false, 0x1d, is_chacha}, size), unit::megabytes});
  return t;
}

table raw_table(int version) {
  table t{
      "raw",
      "plugtls against the raw library",
      "The same work with the library's own calls: naive, as most people write it, and expert. They check the "
      "signatures of the chain in each handshake; a context of plugtls remembers chains that it has accepted, where "
      "the library allows it. Naive use writes a message in pieces piece by piece and looks for the ends of lines "
      "byte by byte; the others join the pieces, and search in what they have read. Reconnecting counts the "
      "client's CPU time alone, without the making of the TCP connection. any_stream has its backend chosen at run "
      "time, duplex_stream has a lock for two threads. " +
          version_name(version) + ", AES-128-GCM, X25519.",
      unit::microseconds,
      {}};
  const choice c{version};
  t.rows = {
      {"hs_full", "full handshake, memory", make("handshake", c)},
      {"hs_full_tcp", "full handshake, TCP", make("handshake", c, 0, 0, true)},
      {"hs_resumed_12", "resumed handshake, TLS 1.2, memory", resuming(make("handshake", {0x0303}))},
      {"hs_resumed_13", "resumed handshake, TLS 1.3, memory", resuming(make("handshake", {0x0304}))},
      {"reconnect_get", "reconnect and GET of 1 KiB, full handshake", make("reconnect", c, 100, 1024, true)},
      {"reconnect_get_resumed", "reconnect and GET of 1 KiB, resumed", resuming(make("reconnect", c, 100, 1024, true))},
      {"pingpong_64", "64 B both ways, TCP", make("echo", c, 64, 64, true)},
      {"rr_200_1000", "200 B there, 1000 B back, TCP", make("echo", c, 200, 1000, true)},
      {"rr_200_16k", "200 B there, 16 KiB back, TCP", make("echo", c, 200, 16384, true)},
      {"bulk_1k", "1 KiB one way, TCP", make("bulk", c, 1024, 0, true)},
      {"bulk_16k", "16 KiB one way, TCP", make("bulk", c, 16384, 0, true)},
      {"bulk_256k", "256 KiB writes, TCP", make("bulk", c, 262144, 0, true)},
      {"gather_hdr_body", "header of 200 B and body of 1000 B one way, TCP",
       in_pieces(make("gather", c, 200, 1000, true), 2)},
      {"gather_16x1k", "16 pieces of 1 KiB one way, TCP", in_pieces(make("gather", c, 1024, 1024, true), 16)},
      {"readline_80", "50 lines of 80 B, read one by one, TCP", make("lines", c, 80, 0, true)}};
  return t;
}

table thread_table(int version) {
  table t{
      "threads",
      "Two threads, by the clock",
      "Information only: one thread for each end over TCP, time on the wall. On two cores the scheduler decides more "
      "than TLS does, and the same program differs by tens of percent from run to run; on one core the threads take "
      "turns. The first handshake on a connection and an echo of 4 B have the socket options as each side leaves "
      "them: plugtls sets TCP_NODELAY on the sockets that it opens. " +
          version_name(version) + ", AES-128-GCM, X25519, no tickets.",
      unit::wall_microseconds,
      {},
      true};
  const choice c{version};
  t.rows.push_back({"nagle_hs", "connection's handshake and an echo of 4 B, two cores",
                    with_threads(make("handshake", c, 4, 4, true), 2), unit::wall_milliseconds});
  for (const int threads : {1, 2}) {
    const std::string where = threads == 1 ? ", on one core" : ", on two cores", id = threads == 1 ? "_pinned" : "";
    t.rows.push_back(
        {"pingpong_64" + id, "64 B both ways" + where, with_threads(make("echo", c, 64, 64, true), threads)});
    t.rows.push_back({"bulk_1k" + id, "1 KiB one way" + where, with_threads(make("bulk", c, 1024, 0, true), threads)});
    t.rows.push_back(
        {"bulk_16k" + id, "16 KiB one way" + where, with_threads(make("bulk", c, 16384, 0, true), threads)});
  }
  return t;
}

std::vector<table> peer_tables() {
  const choice c{};
  table streams{"streams",
                "plugtls against other wrappers",
                "Both ends in one thread over TCP. TLS 1.3, AES-128-GCM, X25519.",
                unit::microseconds,
                {}};
  streams.rows = {{"pingpong_64", "64 B both ways", make("echo", c, 64, 64, true)},
                  {"bulk_16k", "16 KiB one way", make("bulk", c, 16384, 0, true)},
                  {"bulk_256k", "256 KiB writes", make("bulk", c, 262144, 0, true)}};
  table https{
      "https",
      "HTTPS GET",
      "CPU time of the client's thread alone; all fetch 64 B from the same server, in another thread. Verification "
      "as each does it.",
      unit::microseconds,
      {},
      true};
  https.rows = {{"get_kept", "GET over a connection that is kept", make("get", c, 64, 0, true)},
                {"get_new", "GET over a new connection", make("get-new", c, 64, 0, true)},
                {"get_resumed", "GET over a new connection, resumed", resuming(make("get-new", c, 64, 0, true))}};
  return {streams, https};
}

table memory_table() {
  table t{
      "memory", "Memory", "Counted, not timed: plugtls, the library below it, and the C++ library.", unit::bytes, {}};
  for (const int version : {0x0303, 0x0304}) {
    const std::string name = version_name(version) + ", ", id = "_" + version_id(version);
    t.rows.push_back(
        {"idle" + id, name + "heap of an idle connection, both ends", make("idle", {version}, 64, 64, true)});
    t.rows.push_back({"idle_released" + id, name + "heap of an idle connection, both ends, with release_buffers",
                      make("idle_released", {version}, 64, 64, true)});
    t.rows.push_back({"raw_idle" + id,
                      name + "heap of an idle connection, the library's own calls",
                      make("idle", {version}, 64, 64, true),
                      {},
                      "raw naive"});
    t.rows.push_back({"raw_idle_released" + id,
                      name + "heap of an idle connection, own calls, with RELEASE_BUFFERS",
                      make("idle_released", {version}, 64, 64, true),
                      {},
                      "raw naive"});
    t.rows.push_back({"allocs_full" + id, name + "allocations of a full handshake, both ends",
                      make("handshake", {version}), unit::count});
    t.rows.push_back({"allocs_resumed" + id, name + "allocations of a resumed handshake, both ends",
                      resuming(make("handshake", {version})), unit::count});
    t.rows.push_back({"allocs_1k" + id, name + "allocations of a write and a read of 1 KiB",
                      make("bulk", {version}, 1024), unit::count});
  }
  return t;
}

table context_table() {
  table t{"contexts",
          "Contexts on the system's trust store",
          "The first loads the machine's CA certificates, in a process that is new; the second finds them there.",
          unit::microseconds,
          {}};
  t.rows = {{"first", "the first", make("context", {})}, {"second", "the second", make("context", {})}};
  return t;
}

}  // namespace bench
