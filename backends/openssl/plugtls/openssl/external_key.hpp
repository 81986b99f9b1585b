// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstring>
#include <memory>
#include <new>
#include <string_view>

#include "plugtls/detail/external_key.hpp"
#include "plugtls/openssl/error.hpp"
#include "plugtls/openssl/handle.hpp"
#include "plugtls/openssl/signature.hpp"

// Keys that are elsewhere, by a provider of our own (provider(7)): the one way that OpenSSL 3.0 to 4.0 have in common.
// It lives in a library context of its own, so that nobody else in the process comes to fetch from it; libssl finds the
// operations of such a key by the key (EVP_DigestSignInit_ex, crypto/evp/m_sigver.c).
namespace plugtls::openssl::external {

/// What OpenSSL holds as the key.
struct key {
  std::shared_ptr<const detail::external_key> owner;
  pkey_handle public_half;  ///< answers what OpenSSL asks of the key: size, curve, bits of security
};

/// One signature in the making.
struct signing {
  const key* with = nullptr;
  const EVP_MD* hash = nullptr;
  bool is_pss = false;
};

inline constexpr const char* handle_parameter = "plugtls-key";

/// Hands the library's C frames an object of ours.
inline key* to_key(void* data) noexcept { return static_cast<key*>(data); }

inline void* new_key(void*) noexcept { return new (std::nothrow) key; }
inline void free_key(void* data) noexcept { delete to_key(data); }
inline int has_parts(const void* data, int) noexcept {
  return static_cast<const key*>(data)->public_half != nullptr ? 1 : 0;
}
inline int match(const void* a, const void* b, int) noexcept {
  return EVP_PKEY_eq(static_cast<const key*>(a)->public_half.get(), static_cast<const key*>(b)->public_half.get());
}
inline const OSSL_PARAM* import_types(int) noexcept {
  static const OSSL_PARAM types[] = {OSSL_PARAM_octet_string(handle_parameter, nullptr, 0), OSSL_PARAM_END};
  return types;
}
// The only material that goes in is a pointer to one of ours, valid during the call.
inline int import_key(void* data, int, const OSSL_PARAM parameters[]) noexcept {
  const OSSL_PARAM* p = OSSL_PARAM_locate_const(parameters, handle_parameter);
  const key* from = nullptr;
  if (p == nullptr || p->data_size != sizeof from) return 0;
  std::memcpy(&from, p->data, sizeof from);
  if (EVP_PKEY_up_ref(from->public_half.get()) != 1) return 0;
  to_key(data)->owner = from->owner;
  to_key(data)->public_half.reset(from->public_half.get());
  return 1;
}
inline int get_parameters(void* data, OSSL_PARAM parameters[]) noexcept {
  return EVP_PKEY_get_params(to_key(data)->public_half.get(), parameters);
}
inline const OSSL_PARAM* gettable_parameters(void*) noexcept {
  static const OSSL_PARAM types[] = {OSSL_PARAM_int(OSSL_PKEY_PARAM_BITS, nullptr),
                                     OSSL_PARAM_int(OSSL_PKEY_PARAM_SECURITY_BITS, nullptr),
                                     OSSL_PARAM_int(OSSL_PKEY_PARAM_MAX_SIZE, nullptr),
                                     OSSL_PARAM_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, nullptr, 0), OSSL_PARAM_END};
  return types;
}
// The public half goes out, to be compared with the certificate's; there is no private one.
inline int export_key(void* data, int selection, OSSL_CALLBACK* take, void* argument) noexcept {
  OSSL_PARAM* parameters = nullptr;
  if ((selection & OSSL_KEYMGMT_SELECT_PRIVATE_KEY) != 0 ||
      EVP_PKEY_todata(to_key(data)->public_half.get(), EVP_PKEY_PUBLIC_KEY, &parameters) != 1)
    return 0;
  const params_handle owner(parameters);
  return take(parameters, argument);
}
inline const OSSL_PARAM* export_types(int) noexcept {
  static const OSSL_PARAM types[] = {OSSL_PARAM_octet_string(OSSL_PKEY_PARAM_PUB_KEY, nullptr, 0), OSSL_PARAM_END};
  return types;
}
inline const char* ec_operation(int operation) noexcept { return operation == OSSL_OP_SIGNATURE ? "ECDSA" : "EC"; }

inline void* new_signing(void*, const char*) noexcept { return new (std::nothrow) signing; }
inline void free_signing(void* data) noexcept { delete static_cast<signing*>(data); }
inline int set_signing(void* data, const OSSL_PARAM parameters[]) noexcept {
  const OSSL_PARAM* p =
      parameters != nullptr ? OSSL_PARAM_locate_const(parameters, OSSL_SIGNATURE_PARAM_PAD_MODE) : nullptr;
  if (p == nullptr) return 1;
  int mode = 0;
  if (p->data_type == OSSL_PARAM_UTF8_STRING)
    static_cast<signing*>(data)->is_pss = std::string_view(static_cast<const char*>(p->data)) == "pss";
  else if (OSSL_PARAM_get_int(p, &mode) == 1)
    static_cast<signing*>(data)->is_pss = mode == RSA_PKCS1_PSS_PADDING;
  return 1;
}
inline int begin_signing(void* data, const char* hash, void* with, const OSSL_PARAM parameters[]) noexcept {
  auto& s = *static_cast<signing*>(data);
  s.with = to_key(with);
  s.hash = hash != nullptr ? EVP_get_digestbyname(hash) : nullptr;
  return s.hash != nullptr && set_signing(data, parameters) == 1 ? 1 : 0;
}
inline int sign(void* data, unsigned char* out, std::size_t* size, std::size_t room, const unsigned char* message,
                std::size_t message_size) noexcept {
  const auto& s = *static_cast<const signing*>(data);
  if (out == nullptr) {
    *size = static_cast<std::size_t>(EVP_PKEY_get_size(s.with->public_half.get()));
    return 1;
  }
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned digest_size = 0;
  if (EVP_Digest(message, message_size, digest, &digest_size, s.hash, nullptr) != 1) return 0;
  using enum detail::scheme_family;
  const bool is_rsa = s.with->owner->view.kind() == key_kind::rsa;
  const signature_scheme scheme = detail::scheme_of(!is_rsa ? ecdsa : s.is_pss ? rsa_pss : rsa_pkcs1, digest_size);
  byte_vector signature;
  if (!detail::make_signature(*s.with->owner, scheme, std::as_bytes(std::span(digest, digest_size)), verify_digest,
                              signature) ||
      signature.size() > room)
    return 0;
  std::memcpy(out, signature.data(), signature.size());
  *size = signature.size();
  return 1;
}
inline const OSSL_PARAM* settable_signing(void*, void*) noexcept {
  static const OSSL_PARAM types[] = {OSSL_PARAM_utf8_string(OSSL_SIGNATURE_PARAM_PAD_MODE, nullptr, 0),
                                     OSSL_PARAM_utf8_string(OSSL_SIGNATURE_PARAM_PSS_SALTLEN, nullptr, 0),
                                     OSSL_PARAM_utf8_string(OSSL_SIGNATURE_PARAM_MGF1_DIGEST, nullptr, 0),
                                     OSSL_PARAM_utf8_string(OSSL_SIGNATURE_PARAM_DIGEST, nullptr, 0), OSSL_PARAM_END};
  return types;
}

using any_function = void (*)(void);
template <class F>
any_function erase(F* f) noexcept {
  return reinterpret_cast<any_function>(f);
}

inline const OSSL_ALGORITHM* query(void*, int operation, int* no_cache) noexcept {
  // RSA's leaves out the first, as OpenSSL's name of its operation is that of the key.
  static const OSSL_DISPATCH ec[] = {{OSSL_FUNC_KEYMGMT_QUERY_OPERATION_NAME, erase(ec_operation)},
                                     {OSSL_FUNC_KEYMGMT_NEW, erase(new_key)},
                                     {OSSL_FUNC_KEYMGMT_FREE, erase(free_key)},
                                     {OSSL_FUNC_KEYMGMT_HAS, erase(has_parts)},
                                     {OSSL_FUNC_KEYMGMT_MATCH, erase(match)},
                                     {OSSL_FUNC_KEYMGMT_IMPORT, erase(import_key)},
                                     {OSSL_FUNC_KEYMGMT_IMPORT_TYPES, erase(import_types)},
                                     {OSSL_FUNC_KEYMGMT_EXPORT, erase(export_key)},
                                     {OSSL_FUNC_KEYMGMT_EXPORT_TYPES, erase(export_types)},
                                     {OSSL_FUNC_KEYMGMT_GET_PARAMS, erase(get_parameters)},
                                     {OSSL_FUNC_KEYMGMT_GETTABLE_PARAMS, erase(gettable_parameters)},
                                     {0, nullptr}};
  static const OSSL_DISPATCH signature[] = {{OSSL_FUNC_SIGNATURE_NEWCTX, erase(new_signing)},
                                            {OSSL_FUNC_SIGNATURE_FREECTX, erase(free_signing)},
                                            {OSSL_FUNC_SIGNATURE_DIGEST_SIGN_INIT, erase(begin_signing)},
                                            {OSSL_FUNC_SIGNATURE_DIGEST_SIGN, erase(sign)},
                                            {OSSL_FUNC_SIGNATURE_SET_CTX_PARAMS, erase(set_signing)},
                                            {OSSL_FUNC_SIGNATURE_SETTABLE_CTX_PARAMS, erase(settable_signing)},
                                            {0, nullptr}};
  static const OSSL_ALGORITHM keys[] = {{"RSA:rsaEncryption:1.2.840.113549.1.1.1", "provider=plugtls", ec + 1, nullptr},
                                        {"EC:id-ecPublicKey:1.2.840.10045.2.1", "provider=plugtls", ec, nullptr},
                                        {nullptr, nullptr, nullptr, nullptr}};
  static const OSSL_ALGORITHM signatures[] = {
      {"RSA:rsaEncryption:1.2.840.113549.1.1.1", "provider=plugtls", signature, nullptr},
      {"ECDSA", "provider=plugtls", signature, nullptr},
      {nullptr, nullptr, nullptr, nullptr}};
  *no_cache = 0;
  return operation == OSSL_OP_KEYMGMT ? keys : operation == OSSL_OP_SIGNATURE ? signatures : nullptr;
}

inline int start(const OSSL_CORE_HANDLE*, const OSSL_DISPATCH*, const OSSL_DISPATCH** out, void** context) noexcept {
  static const OSSL_DISPATCH functions[] = {{OSSL_FUNC_PROVIDER_QUERY_OPERATION, erase(query)}, {0, nullptr}};
  static int instance = 0;
  *out = functions;
  *context = &instance;
  return 1;
}

/// The library context that holds the provider: made once, and left to the end of the process, since keys may outlive
/// every static object.
inline OSSL_LIB_CTX* library_context() noexcept {
  static OSSL_LIB_CTX* const own = [] {
    OSSL_LIB_CTX* made = OSSL_LIB_CTX_new();
    const bool ready = made != nullptr && OSSL_PROVIDER_add_builtin(made, "plugtls", start) == 1 &&
                       OSSL_PROVIDER_load(made, "plugtls") != nullptr;
    return ready ? made : nullptr;
  }();
  return own;
}

/// Makes OpenSSL's form of a key that is elsewhere; null where OpenSSL refuses.
inline pkey_handle make(const std::shared_ptr<const detail::external_key>& owner) {
  const key made{owner, read_der<pkey_handle>(d2i_PUBKEY, owner->spki)};
  if (!made.public_half || library_context() == nullptr) return {};
  const key* address = &made;
  OSSL_PARAM parameters[] = {OSSL_PARAM_construct_octet_string(handle_parameter, &address, sizeof address),
                             OSSL_PARAM_construct_end()};
  const char* type = owner->view.kind() == key_kind::rsa ? "RSA" : "EC";
  const pkey_ctx_handle maker(EVP_PKEY_CTX_new_from_name(library_context(), type, nullptr));
  EVP_PKEY* out = nullptr;
  if (!maker || EVP_PKEY_fromdata_init(maker.get()) != 1 ||
      EVP_PKEY_fromdata(maker.get(), &out, EVP_PKEY_KEYPAIR, parameters) != 1)
    return {};
  return pkey_handle(out);
}

}  // namespace plugtls::openssl::external
