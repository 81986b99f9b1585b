// SPDX-License-Identifier: BSL-1.0
// plugtls: a program to try TLS libraries, look at servers, and compare backends. This file holds its options.
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cstring>
#include <new>
#include <nlohmann/json.hpp>
#include <plugtls/version.hpp>
#include <sstream>

#include "options.hpp"
#include "report.hpp"

namespace cli {
namespace {

class command_line {
 public:
  command_line() {
    app_.set_version_flag("--version", "plugtls " PLUGTLS_VERSION_STRING);
    app_.require_subcommand(1);
    app_.footer(
        "Exit status: 0 success, 1 TLS or verification failed, 2 usage or a bad value, 3 network or file failed,\n"
        "4 unsupported by the backend or not built yet. 'plugtls COMMAND --help' tells more.");
    add_backends();
    add_client();
    add_serve();
    add_cert();
    add_verify();
    add_parity();
  }

  int run(int argc, char** argv) {
    try {
      app_.parse(argc, argv);
    } catch (const CLI::ParseError& e) {
      if (e.get_exit_code() == 0) {
        std::ostringstream out;
        app_.exit(e, out, out);
        print(out.str());
        return 0;
      }
      refuse(tls::errc::invalid_argument, e.what());
    }
    return command_();
  }

 private:
  CLI::App* command(const char* name, const char* description, common_options& common) {
    CLI::App* sub = app_.add_subcommand(name, description);
    sub->add_option("--backend", common.backend,
                    "the backend to use (default: " + std::string(default_backend_name()) + ")");
    sub->add_flag("--json", common.json, "one JSON object on standard output, diagnostics on standard error");
    return sub;
  }

  // An option of which each occurrence takes one value.
  static CLI::Option* list(CLI::App* sub, const char* name, std::vector<std::string>& values, const char* text) {
    return sub->add_option(name, values, text)->allow_extra_args(false)->type_name("FILE");
  }

  // Digits only: conversions take signs, blanks and 0x as well.
  static CLI::Validator whole_number() {
    return CLI::Validator(
        [](const std::string& text) {
          const bool is_whole = !text.empty() && text.find_first_not_of("0123456789") == std::string::npos;
          return is_whole ? std::string() : "'" + text + "' is no whole number";
        },
        "");
  }

  void add_tls(CLI::App* sub, tls_options& o) {
    list(sub, "--cert", o.certificates, "own certificate chain, leaf first; PEM or DER");
    list(sub, "--key", o.keys, "its private key, PEM or DER (default: in the --cert file)");
    sub->add_option("--password", o.password, "password of the key; nothing ever asks for one")->type_name("TEXT");
    sub->add_option("--alpn", o.alpn, "application protocols, in order of preference")->type_name("A,B");
    sub->add_option("--min", o.min_version, "lowest version: 1.2 or 1.3 (default: 1.2)")->type_name("VERSION");
    sub->add_option("--max", o.max_version, "highest version (default: the backend's newest)")->type_name("VERSION");
    sub->add_option("--cipher-suites", o.cipher_suites, "IANA names, in order of preference")->type_name("A,B");
    sub->add_option("--groups", o.groups, "IANA names, in order of preference")->type_name("A,B");
  }

  static void add_key_log(CLI::App* sub, std::optional<std::string>& path) {
    sub->add_option("--keylog", path,
                    "append the secrets of connections, for Wireshark: whoever reads them can read the traffic\n"
                    "(default: $SSLKEYLOGFILE)")
        ->type_name("FILE");
  }

  static CLI::Option* add_revocation(CLI::App* sub, revocation_options& o) {
    sub->add_option(
           "--revocation", o.mode,
           "what is looked up: none, leaf, or chain (all but the anchor); with :soft a certificate that no usable\n"
           "CRL or OCSP response speaks for is good, with :hard it is not (default with --crl: chain:hard, else\n"
           "none)")
        ->type_name("none|leaf|chain[:soft|:hard]");
    return list(sub, "--crl", o.crl_files, "look certificates up in these CRLs; PEM or DER");
  }

  void add_backends() {
    CLI::App* sub = command("backends", "list the backends in this program and what they can do", backends_);
    sub->callback([this] { command_ = [this] { return run_backends(backends_); }; });
  }

  void add_target(CLI::App* sub, client_options& o) {
    sub->add_option("--connect", o.connect, "connect there instead; HOST stays the name to check")
        ->type_name("ADDR:PORT");
    sub->add_option("--name", o.name, "name to check and to send as SNI (default: HOST)")->type_name("NAME");
    list(sub, "--ca", o.trust.ca_files, "trust these certificates, instead of the system's");
    sub->add_option("--ca-dir", o.trust.ca_directory, "trust the certificates in a directory")->type_name("DIR");
    sub->add_flag("--system-trust", o.trust.system, "trust the system's (default without --ca and --ca-dir)");
    add_tls(sub, o.tls);
    sub->add_option("--timeout", o.timeout,
                    "for connecting, for the handshake, and for each wait afterwards (default: 30)")
        ->type_name("SECONDS");
    sub->add_option("--time", o.trust.time, "verify as of this moment, as 2026-01-31T12:00:00Z")->type_name("RFC3339");
    add_revocation(sub, o.trust.revocation);
    sub->add_flag("--staple", o.trust.revocation.staple,
                  "ask the server for an OCSP response about its certificate (default without --crl: leaf:hard)");
    list(sub, "--pin", o.trust.pins,
         "besides, the server, its issuer or another of the path must have this key: the SHA-256 that cert shows as\n"
         "public key, or sha256//BASE64; several: one of them")
        ->type_name("SHA256");
    add_key_log(sub, o.key_log);
  }

  void add_client() {
    client_options& o = client_;
    CLI::App* sub =
        command("client", "connect, hand over standard input and output or fetch a page, and report", o.common);
    sub->add_option("target", o.target, "the server; an IPv6 address in brackets")->required()->type_name("HOST:PORT");
    add_target(sub, o);
    sub->add_option("--get", o.get, "send an HTTP/1.1 GET for this path; the whole response goes to standard output")
        ->type_name("PATH");
    sub->add_option("--output", o.output, "write what comes to a file; with --get the body alone")->type_name("FILE");
    sub->add_option("--send", o.send, "send this text and close_notify, then read to the end")->type_name("TEXT");
    sub->add_option("--trace", o.trace, "write what passed during the handshake, as JSON")->type_name("FILE");
    sub->add_flag("--insecure-no-verify", o.insecure_no_verify, "verify nothing: for looking, never for data");
    sub->add_flag("--insecure-skip-name", o.insecure_skip_name, "verify the chain and not the name");
    sub->add_flag("--insecure-ignore-truncation", o.insecure_ignore_truncation,
                  "take an end without close_notify as good");
    sub->add_option("--session", o.session_file,
                    "resume the session in this file, where there is one that fits, and write the newest one to it; it "
                    "is as secret as a key")
        ->type_name("FILE");
    sub->footer(
        "Without --get and --send, standard input goes to the server, its end as close_notify, and what comes goes\n"
        "to standard output. Both sides silent for the time of --timeout ends it, unless standard input is a\n"
        "terminal. With --json what comes goes to --output or nowhere.");
    sub->callback([this] { command_ = [this] { return run_client(client_); }; });
  }

  void add_serve() {
    serve_options& o = serve_;
    CLI::App* sub = command("serve", "a server: status page, echo, discard or files", o.common);
    sub->add_option("--listen", o.listen, "where to listen (default: 127.0.0.1:0; port 0: any)")
        ->type_name("ADDR:PORT");
    add_tls(sub, o.tls);
    sub->add_option("--client-auth", o.client_auth, "none (default), optional or required")->type_name("MODE");
    list(sub, "--client-ca", o.client_ca_files, "whom client certificates must lead to");
    sub->add_option("--mode", o.mode, "status (default), echo, discard, or files:DIR")->type_name("MODE");
    sub->add_option("--connections", o.connections, "stop after so many connections")
        ->check(whole_number())
        ->check(CLI::Range(1UL, 1000000000UL))
        ->type_name("N");
    sub->add_option("--max-clients", o.max_clients, "connections at a time (default: 256)")
        ->check(whole_number())
        ->check(CLI::Range(1UL, 10000UL))
        ->type_name("N");
    sub->add_option("--handshake-timeout", o.handshake_timeout, "for the whole handshake (default: 10)")
        ->type_name("SECONDS");
    sub->add_option("--idle-timeout", o.idle_timeout, "for each read and write (default: 60)")->type_name("SECONDS");
    add_revocation(sub, o.revocation);
    sub->add_option("--ocsp-response", o.ocsp_response,
                    "staple this response (DER) about the own certificate for clients that ask")
        ->type_name("FILE");
    add_key_log(sub, o.key_log);
    sub->footer(
        "The first line on standard output is 'listening ADDR:PORT'; with --json it is {\"listening\": ...}, and a\n"
        "record for each connection follows. SIGTERM and SIGINT end it in order. Several --cert are chosen by the "
        "name\n"
        "that a client asks for (SNI) and the kinds of keys that it takes; the first is for all others. SIGHUP has\n"
        "files read again without ending a connection; where that fails, what was there stays in use.");
    sub->callback([this] { command_ = [this] { return run_serve(serve_); }; });
  }

  void add_cert() {
    cert_options& o = cert_;
    CLI::App* sub =
        command("cert", "show a server's certificate chain and the verdict on it, or the chain in a file", o.common);
    sub->add_option("target", o.target, "a server, or a file with a chain in PEM or DER")
        ->required()
        ->type_name("HOST:PORT|FILE");
    add_target(sub, o);
    sub->callback([this] { command_ = [this] { return run_cert(cert_); }; });
  }

  void add_verify() {
    verify_options& o = verify_;
    CLI::App* sub = command("verify", "verify a chain without a connection, as a handshake would", o.common);
    std::vector<CLI::Option*> single = {
        sub->add_option("leaf", o.leaf,
                        "the certificate, PEM or DER; what follows it in the file counts as intermediates")
            ->type_name("LEAF"),
        list(sub, "--trust", o.trust_files, "trust these certificates (default: the system's)"),
        list(sub, "--intermediates", o.intermediate_files, "what the peer would present besides, in any order"),
        sub->add_option("--name", o.name, "host name or address that the certificate must carry (default: no check)")
            ->type_name("HOST_OR_IP"),
        sub->add_option("--purpose", o.purpose, "server (default) or client: whose certificate it is")
            ->type_name("server|client"),
        sub->add_option("--time", o.time, "verify as of this moment, as 2026-01-31T12:00:00Z (default: now)")
            ->type_name("RFC3339"),
        sub->add_option("--max-depth", o.max_depth,
                        "most intermediates between the certificate and what is trusted, self-issued ones not\n"
                        "counted (default: 10, and more are never followed)")
            ->check(whole_number())
            ->check(CLI::Range(0, 1000000))
            ->type_name("N"),
        sub->add_option("--ocsp-response", o.ocsp_response,
                        "look the certificate up in this response (DER) besides; needs --revocation or --crl")
            ->type_name("FILE"),
        add_revocation(sub, o.revocation)};
    single.push_back(sub->get_option("--revocation"));
    CLI::Option* batch = sub->add_flag("--batch", o.batch, "answer requests from standard input, see below");
    for (CLI::Option* option : single) batch->excludes(option);
    sub->footer(
        "--batch reads JSON Lines, each {\"id\", \"leaf\", \"intermediates\": [], \"trust\": [], \"crls\": [],\n"
        "\"name\", \"time\", \"purpose\", \"max_depth\"} with certificates and CRLs as PEM; all but leaf may be\n"
        "missing or null, and an empty trust trusts nothing. It writes a line for each, in order, and ends with status "
        "0 when\n"
        "every line was answered, whatever the verdicts.");
    sub->callback([this] { command_ = [this] { return run_verify(verify_); }; });
  }

  void add_parity() {
    CLI::App* sub =
        command("parity", "every client and server pair, and every failure case, over loopback", parity_.common);
    sub->add_option("--html", parity_.html, "write the result as a page, too")->type_name("FILE");
    sub->add_option("--corpus", parity_.corpus,
                    "judge the certificates of this folder as well, such as tests/data/corpus")
        ->type_name("DIR");
    sub->footer(
        "Exit status 0: every pair connects, and every case ends on every backend as expected, for the same reason.\n"
        "What a backend says that it cannot do (a capability) is shown as documented, and is no disagreement.");
    sub->callback([this] { command_ = [this] { return run_parity(parity_); }; });
  }

  CLI::App app_{"TLS over every backend of plugtls", "plugtls"};
  std::function<int()> command_;
  common_options backends_;
  client_options client_;
  serve_options serve_;
  cert_options cert_;
  verify_options verify_;
  parity_options parity_;
};

// A socket must not take the place of a standard stream that the caller closed.
void fill_standard_streams() {
  int fd = 0;
  while (fd >= 0 && fd <= STDERR_FILENO) fd = ::open("/dev/null", O_RDWR);
  if (fd > STDERR_FILENO) ::close(fd);
}

int run(int argc, char** argv) {
  fill_standard_streams();
  ::signal(SIGPIPE, SIG_IGN);
  try {
    return command_line().run(argc, argv);
  } catch (const tls::tls_error& e) {
    complain(e.info());
    for (int i = 1; i < argc; ++i) {
      if (std::strcmp(argv[i], "--json") != 0 || e.info().code == tls::errc::io_error) continue;
      static_cast<void>(write_all(
          STDOUT_FILENO,
          to_text({{"ok", false}, {"error", tls::name(e.info().code)}, {"detail", one_line(explain(e.info()))}}) +
              "\n"));
      break;
    }
    return exit_status(e.info().code, stage::setup);
  } catch (const std::bad_alloc& e) {
    tls::error_info info;
    info.set(tls::errc::out_of_memory, e.what());
    complain(info);
    return exit_status(info.code, stage::setup);
  } catch (const std::exception& e) {
    remark(std::string("this is a fault of the program: ") + e.what());
    return 3;
  }
}

}  // namespace
}  // namespace cli

int main(int argc, char** argv) { return cli::run(argc, argv); }
