// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>
#include <utility>
#include <vector>

#include "plugtls/detail/parked.hpp"
#include "plugtls/engine.hpp"

namespace plugtls {

/// Stands for "the backend that is chosen at run time": `basic_context<any_backend>`, `basic_engine<any_backend>` and
/// `stream<Transport, any_backend>` behave as those of a backend do, at the cost of a virtual call.
struct any_backend {};

using any_context = basic_context<any_backend>;
using any_engine = basic_engine<any_backend>;

namespace detail {

// A result of reading or writing as one number: a result other than `done` has no bytes.
[[gnu::always_inline]] inline std::int64_t packed(engine_result r) noexcept {
  if (r.status == engine_status::done && r.bytes != 0) [[likely]]
    return static_cast<std::int64_t>(r.bytes);
  return ~(static_cast<std::int64_t>(r.error) << 8 | static_cast<std::int64_t>(r.status));
}
inline engine_result unpacked(std::int64_t n) noexcept {
  if (n > 0) [[likely]]
    return {static_cast<std::size_t>(n), engine_status::done, errc::success};
  return {0, static_cast<engine_status>(~n & 0xff), static_cast<errc>(~n >> 8)};
}

/// What the type-erased engine needs of one.
struct engine_interface {
  virtual ~engine_interface() = default;
  virtual engine_result handshake(port& p) = 0;
  virtual std::size_t max_write() const noexcept = 0;
  // How many bytes were read, or written; below 0: `unpacked` tells. One number costs less than a result.
  virtual std::int64_t read_some(port& p, std::byte* out, std::size_t size) = 0;
  virtual std::int64_t write_some(port& p, const std::byte* data, std::size_t size) = 0;
  virtual engine_result update_keys(port& p) = 0;
  virtual engine_result write_early(port& p, const std::byte* data, std::size_t size) = 0;
  virtual engine_result read_early(port& p, std::byte* out, std::size_t size) = 0;
  virtual std::size_t early_data_room() const noexcept = 0;
  virtual early_data_status early_data() const noexcept = 0;
  virtual engine_result request_client_certificate(port& p, verify_mode mode, error_info& info) = 0;
  virtual bool client_certificate_pending() const noexcept = 0;
  virtual engine_result await_client_certificate(port& p) = 0;
  virtual engine_result flush(port& p) = 0;
  virtual engine_result shutdown(port& p) = 0;
  virtual bool established() const noexcept = 0;
  virtual bool peer_closed() const noexcept = 0;
  virtual bool own_closed() const noexcept = 0;
  virtual std::size_t pending() const noexcept = 0;
  virtual bool has_input() const noexcept = 0;
  virtual std::size_t take_rest(std::byte* out, std::size_t size) noexcept = 0;
  virtual bool has_output() const noexcept = 0;
  virtual const error_info& error() const noexcept = 0;
  virtual tls_version version() const noexcept = 0;
  virtual plugtls::cipher_suite cipher_suite() const noexcept = 0;
  virtual named_group group() const noexcept = 0;
  virtual plugtls::signature_scheme signature_scheme() const noexcept = 0;
  virtual std::string_view alpn() const noexcept = 0;
  virtual std::string_view server_name() const noexcept = 0;
  virtual bool resumed() const noexcept = 0;
  virtual plugtls::session session() const = 0;
  virtual connection_statistics statistics() const noexcept = 0;
  virtual void tap(wire_tap* t) noexcept = 0;
  virtual std::string_view psk_identity() const noexcept = 0;
  virtual const std::vector<certificate>& peer_chain() const noexcept = 0;
  virtual const std::vector<certificate>& verified_path() const noexcept = 0;
  virtual void wait_for_signer(int milliseconds) const = 0;
  virtual errc export_keying_material(const exporter_label& what, std::span<std::byte> out, error_info& info) = 0;
  virtual byte_vector channel_binding(channel_binding_type type, error_info& info) = 0;
  virtual exception_slot* callback_exception() noexcept = 0;
};

template <class B>
struct erased_engine final : engine_interface {
  erased_engine(const basic_context<B>& ctx, peer_options peer) : e(ctx, std::move(peer)) {}
  engine_result handshake(port& p) override { return e.handshake(p); }
  std::size_t max_write() const noexcept override { return e.max_write(); }
  std::int64_t read_some(port& p, std::byte* out, std::size_t n) override {
    if (!e.template reads_plainly<port>(n)) [[unlikely]]
      return read_otherwise(p, out, n);
    return packed(e.read_plainly(p, parked(std::span(out, n)), out, n));
  }
  std::int64_t write_some(port& p, const std::byte* in, std::size_t n) override {
    if (!e.template writes_plainly<port>(n)) [[unlikely]]
      return write_otherwise(p, in, n);
    return packed(e.write_plainly(p, in, n));
  }
  [[gnu::noinline]] std::int64_t read_otherwise(port& p, std::byte* out, std::size_t n) {
    return packed(e.read_otherwise(p, out, n));
  }
  [[gnu::noinline]] std::int64_t write_otherwise(port& p, const std::byte* in, std::size_t n) {
    return packed(e.write_otherwise(p, in, n));
  }
  engine_result update_keys(port& p) override { return e.update_keys(p); }
  engine_result write_early(port& p, const std::byte* in, std::size_t n) override {
    return e.write_replayable_early_data(p, in, n);
  }
  engine_result read_early(port& p, std::byte* out, std::size_t n) override {
    return e.read_replayable_early_data(p, out, n);
  }
  std::size_t early_data_room() const noexcept override { return e.early_data_room(); }
  early_data_status early_data() const noexcept override { return e.early_data(); }
  engine_result request_client_certificate(port& p, verify_mode mode, error_info& info) override {
    return e.request_client_certificate(p, mode, info);
  }
  bool client_certificate_pending() const noexcept override { return e.client_certificate_pending(); }
  engine_result await_client_certificate(port& p) override { return e.await_client_certificate(p); }
  engine_result flush(port& p) override { return e.flush(p); }
  engine_result shutdown(port& p) override { return e.shutdown(p); }
  bool established() const noexcept override { return e.established(); }
  bool peer_closed() const noexcept override { return e.peer_closed(); }
  bool own_closed() const noexcept override { return e.own_closed(); }
  std::size_t pending() const noexcept override { return e.pending(); }
  bool has_input() const noexcept override { return e.has_input(); }
  std::size_t take_rest(std::byte* out, std::size_t n) noexcept override { return e.take_rest(out, n); }
  bool has_output() const noexcept override { return e.has_output(); }
  const error_info& error() const noexcept override { return e.error(); }
  tls_version version() const noexcept override { return e.version(); }
  plugtls::cipher_suite cipher_suite() const noexcept override { return e.cipher_suite(); }
  named_group group() const noexcept override { return e.group(); }
  plugtls::signature_scheme signature_scheme() const noexcept override { return e.signature_scheme(); }
  std::string_view alpn() const noexcept override { return e.alpn(); }
  std::string_view server_name() const noexcept override { return e.server_name(); }
  bool resumed() const noexcept override { return e.resumed(); }
  plugtls::session session() const override { return e.session(); }
  connection_statistics statistics() const noexcept override { return e.statistics(); }
  void tap(wire_tap* t) noexcept override { e.tap(t); }
  std::string_view psk_identity() const noexcept override { return e.psk_identity(); }
  const std::vector<certificate>& peer_chain() const noexcept override { return e.peer_chain(); }
  const std::vector<certificate>& verified_path() const noexcept override { return e.verified_path(); }
  void wait_for_signer(int milliseconds) const override { e.wait_for_signer(milliseconds); }
  errc export_keying_material(const exporter_label& what, std::span<std::byte> out, error_info& info) override {
    return e.export_keying_material(what, out, info);
  }
  byte_vector channel_binding(channel_binding_type type, error_info& info) override {
    return e.channel_binding(type, info);
  }
  exception_slot* callback_exception() noexcept override { return e.callback_exception(); }
  basic_engine<B> e;
};

struct context_interface {
  virtual ~context_interface() = default;
  virtual std::unique_ptr<engine_interface> make_engine(peer_options peer) const = 0;
  virtual role own_role() const noexcept = 0;
  virtual std::string_view backend() const noexcept = 0;
  virtual effective_settings effective() const = 0;
  virtual chain_verdict verify_chain(std::span<const byte_view> chain, const chain_options& options) const = 0;
};

template <class B>
struct erased_context final : context_interface {
  explicit erased_context(basic_context<B> made) : c(std::move(made)) {}
  std::unique_ptr<engine_interface> make_engine(peer_options peer) const override {
    return std::make_unique<erased_engine<B>>(c, std::move(peer));
  }
  role own_role() const noexcept override { return c.own_role(); }
  std::string_view backend() const noexcept override { return B::name; }
  effective_settings effective() const override { return c.effective(); }
  chain_verdict verify_chain(std::span<const byte_view> chain, const chain_options& options) const override {
    return c.verify_chain(chain, options);
  }
  basic_context<B> c;
};

}  // namespace detail

/// A context of any backend; see `basic_context`. Made by a `backend_entry`, or from the context of a backend.
template <>
class basic_context<any_backend> {
 public:
  using backend_type = any_backend;

  basic_context() = default;
  template <Backend B>
  basic_context(basic_context<B> made) {
    if (made) target_ = std::make_shared<const detail::erased_context<B>>(std::move(made));
  }

  explicit operator bool() const noexcept { return target_ != nullptr; }
  role own_role() const noexcept { return target_ ? target_->own_role() : role::client; }
  /// The backend's name, empty for an empty context.
  std::string_view backend() const noexcept { return target_ ? target_->backend() : ""; }
  effective_settings effective() const { return target_ ? target_->effective() : effective_settings{}; }
  /// Verifies a chain that comes without a connection; see `basic_context::verify_chain`.
  chain_verdict verify_chain(std::span<const byte_view> chain, const chain_options& options = {}) const {
    if (target_) return target_->verify_chain(chain, options);
    chain_verdict out;
    out.error = detail::empty_engine_error();
    return out;
  }
  chain_verdict verify_chain(std::span<const certificate> chain, const chain_options& options = {}) const {
    return verify_chain(detail::ders_of(chain), options);
  }

  // For the engine.
  std::unique_ptr<detail::engine_interface> make_engine(peer_options peer) const {
    return target_ ? target_->make_engine(std::move(peer)) : nullptr;
  }

 private:
  std::shared_ptr<const detail::context_interface> target_;
};

/// An engine of any backend; see `basic_engine`.
template <>
class basic_engine<any_backend> {
 public:
  using backend_type = any_backend;

  basic_engine() = default;
  explicit basic_engine(const any_context& ctx, peer_options peer = {}) : target_(ctx.make_engine(std::move(peer))) {}

  engine_result handshake(port& p) { return target_ ? target_->handshake(p) : empty(); }
  engine_result read_some(port& p, std::byte* out, std::size_t size) {
    return target_ ? detail::unpacked(target_->read_some(p, out, size)) : empty();
  }
  // For streams.
  engine_result read_carefully(port& p, std::byte* out, std::size_t size) { return read_some(p, out, size); }
  engine_result write_carefully(port& p, const std::byte* data, std::size_t size) { return write_some(p, data, size); }
  engine_result read_otherwise(port& p, std::byte* out, std::size_t size) { return read_some(p, out, size); }
  engine_result write_otherwise(port& p, const std::byte* data, std::size_t size) { return write_some(p, data, size); }
  engine_result write_some(port& p, const std::byte* data, std::size_t size) {
    return target_ ? detail::unpacked(target_->write_some(p, data, size)) : empty();
  }
  engine_result write_some(port& p, std::span<const const_buffer> pieces) {
    gathered::block room;
    const byte_view one = gathered(pieces).next(room, max_write());
    return write_some(p, one.data(), one.size());
  }
  std::size_t max_write() const noexcept { return target_ ? target_->max_write() : 0; }
  engine_result update_keys(port& p) { return target_ ? target_->update_keys(p) : empty(); }
  engine_result write_replayable_early_data(port& p, const std::byte* data, std::size_t size) {
    return target_ ? target_->write_early(p, data, size) : empty();
  }
  engine_result read_replayable_early_data(port& p, std::byte* out, std::size_t size) {
    return target_ ? target_->read_early(p, out, size) : empty();
  }
  std::size_t early_data_room() const noexcept { return target_ ? target_->early_data_room() : 0; }
  early_data_status early_data() const noexcept {
    return target_ ? target_->early_data() : early_data_status::not_offered;
  }
  engine_result request_client_certificate(port& p, verify_mode mode, error_info& info) {
    if (target_) return target_->request_client_certificate(p, mode, info);
    info = detail::not_established();
    return empty();
  }
  engine_result request_client_certificate(port& p, verify_mode mode = verify_mode::required) {
    error_info info;
    return request_client_certificate(p, mode, info);
  }
  bool client_certificate_pending() const noexcept { return target_ && target_->client_certificate_pending(); }
  engine_result await_client_certificate(port& p) { return target_ ? target_->await_client_certificate(p) : empty(); }
  engine_result flush(port& p) { return target_ ? target_->flush(p) : empty(); }
  engine_result shutdown(port& p) { return target_ ? target_->shutdown(p) : empty(); }

  bool established() const noexcept { return target_ && target_->established(); }
  bool peer_closed() const noexcept { return target_ && target_->peer_closed(); }
  bool own_closed() const noexcept { return target_ && target_->own_closed(); }
  std::size_t pending() const noexcept { return target_ ? target_->pending() : 0; }
  bool has_input() const noexcept { return target_ && target_->has_input(); }
  std::size_t take_rest(std::byte* out, std::size_t size) noexcept {
    return target_ ? target_->take_rest(out, size) : 0;
  }
  bool has_output() const noexcept { return target_ && target_->has_output(); }
  const error_info& error() const noexcept { return target_ ? target_->error() : detail::empty_engine_error(); }
  tls_version version() const noexcept { return target_ ? target_->version() : tls_version::automatic; }
  plugtls::cipher_suite cipher_suite() const noexcept {
    return target_ ? target_->cipher_suite() : plugtls::cipher_suite::none;
  }
  named_group group() const noexcept { return target_ ? target_->group() : named_group::none; }
  plugtls::signature_scheme signature_scheme() const noexcept {
    return target_ ? target_->signature_scheme() : plugtls::signature_scheme::none;
  }
  std::string_view alpn() const noexcept { return target_ ? target_->alpn() : ""; }
  std::string_view server_name() const noexcept { return target_ ? target_->server_name() : ""; }
  bool resumed() const noexcept { return target_ && target_->resumed(); }
  plugtls::session session() const { return target_ ? target_->session() : plugtls::session(); }
  connection_statistics statistics() const noexcept {
    return target_ ? target_->statistics() : connection_statistics{};
  }
  void tap(wire_tap* t) noexcept {
    if (target_) target_->tap(t);
  }
  std::string_view psk_identity() const noexcept { return target_ ? target_->psk_identity() : ""; }
  const std::vector<certificate>& peer_chain() const noexcept {
    return target_ ? target_->peer_chain() : detail::no_certificates();
  }
  const std::vector<certificate>& verified_path() const noexcept {
    return target_ ? target_->verified_path() : detail::no_certificates();
  }
  void wait_for_signer(int milliseconds) const {
    if (target_) target_->wait_for_signer(milliseconds);
  }
  errc export_keying_material(const exporter_label& what, std::span<std::byte> out, error_info& info) {
    if (target_) return target_->export_keying_material(what, out, info);
    info = detail::not_established();
    return info.code;
  }
  byte_vector channel_binding(channel_binding_type type, error_info& info) {
    if (target_) return target_->channel_binding(type, info);
    info = detail::not_established();
    return {};
  }
  detail::exception_slot* callback_exception() noexcept { return target_ ? target_->callback_exception() : nullptr; }

 private:
  static engine_result empty() noexcept { return {0, engine_status::failed, errc::invalid_argument}; }

  std::unique_ptr<detail::engine_interface> target_;
};

/// A backend as programs see it that choose at run time.
struct backend_entry {
  std::string_view name;
  capability_set capabilities;
  library_info (*library)();
  any_context (*client)(const client_settings&, error_info&);
  any_context (*server)(const server_settings&, error_info&);
};

/// Returns the backends that are linked into this program, in order of their names. A backend is in it when its
/// `any.cpp` is compiled into the program. Not to be called before main, where the list may still grow.
inline std::vector<backend_entry>& registered_backends() {
  static std::vector<backend_entry> list;
  return list;
}

/// Returns the backend of that name, null when this program has none.
inline const backend_entry* find_backend(std::string_view name) {
  for (const backend_entry& entry : registered_backends())
    if (entry.name == name) return &entry;
  return nullptr;
}

/// Puts a backend on the list; what an `any.cpp` does: `const bool registered = plugtls::register_backend<B>();`
template <Backend B>
bool register_backend() {
  std::vector<backend_entry>& list = registered_backends();
  auto place = list.begin();
  while (place != list.end() && place->name < B::name) ++place;
  list.insert(
      place,
      {B::name, B::capabilities, [] { return B::library(); },
       [](const client_settings& s, error_info& info) { return any_context(basic_context<B>::client(s, info)); },
       [](const server_settings& s, error_info& info) { return any_context(basic_context<B>::server(s, info)); }});
  return true;
}

}  // namespace plugtls
