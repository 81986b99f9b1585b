// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

#include "plugtls/bytes.hpp"
#include "plugtls/detail/block_hash.hpp"

namespace plugtls {

using sha256_digest = std::array<std::byte, 32>;

/// SHA-2 (FIPS 180-4) for fingerprints and cache keys: public data only, so that no library is needed.
namespace detail {

/// Cube roots of the first 80 primes (§4.2.3); the upper halves of the first 64 are those of the 32-bit hashes
/// (§4.2.2).
inline constexpr std::uint64_t sha2_roots[] = {
    0x428a2f98d728ae22, 0x7137449123ef65cd, 0xb5c0fbcfec4d3b2f, 0xe9b5dba58189dbbc, 0x3956c25bf348b538,
    0x59f111f1b605d019, 0x923f82a4af194f9b, 0xab1c5ed5da6d8118, 0xd807aa98a3030242, 0x12835b0145706fbe,
    0x243185be4ee4b28c, 0x550c7dc3d5ffb4e2, 0x72be5d74f27b896f, 0x80deb1fe3b1696b1, 0x9bdc06a725c71235,
    0xc19bf174cf692694, 0xe49b69c19ef14ad2, 0xefbe4786384f25e3, 0x0fc19dc68b8cd5b5, 0x240ca1cc77ac9c65,
    0x2de92c6f592b0275, 0x4a7484aa6ea6e483, 0x5cb0a9dcbd41fbd4, 0x76f988da831153b5, 0x983e5152ee66dfab,
    0xa831c66d2db43210, 0xb00327c898fb213f, 0xbf597fc7beef0ee4, 0xc6e00bf33da88fc2, 0xd5a79147930aa725,
    0x06ca6351e003826f, 0x142929670a0e6e70, 0x27b70a8546d22ffc, 0x2e1b21385c26c926, 0x4d2c6dfc5ac42aed,
    0x53380d139d95b3df, 0x650a73548baf63de, 0x766a0abb3c77b2a8, 0x81c2c92e47edaee6, 0x92722c851482353b,
    0xa2bfe8a14cf10364, 0xa81a664bbc423001, 0xc24b8b70d0f89791, 0xc76c51a30654be30, 0xd192e819d6ef5218,
    0xd69906245565a910, 0xf40e35855771202a, 0x106aa07032bbd1b8, 0x19a4c116b8d2d0c8, 0x1e376c085141ab53,
    0x2748774cdf8eeb99, 0x34b0bcb5e19b48a8, 0x391c0cb3c5c95a63, 0x4ed8aa4ae3418acb, 0x5b9cca4f7763e373,
    0x682e6ff3d6b2b8a3, 0x748f82ee5defb2fc, 0x78a5636f43172f60, 0x84c87814a1f0ab72, 0x8cc702081a6439ec,
    0x90befffa23631e28, 0xa4506cebde82bde9, 0xbef9a3f7b2c67915, 0xc67178f2e372532b, 0xca273eceea26619c,
    0xd186b8c721c0c207, 0xeada7dd6cde0eb1e, 0xf57d4f7fee6ed178, 0x06f067aa72176fba, 0x0a637dc5a2c898a6,
    0x113f9804bef90dae, 0x1b710b35131c471b, 0x28db77f523047d84, 0x32caab7b40c72493, 0x3c9ebe0a15c9bebc,
    0x431d67c49c100d4c, 0x4cc5d4becb3e42b6, 0x597f299cfc657e2a, 0x5fcb6fab3ad6faec, 0x6c44198c4a475817};

template <class Word>
constexpr auto sha2_constants() noexcept {
  std::array<Word, sizeof(Word) == 8 ? 80 : 64> k{};
  for (std::size_t i = 0; i < k.size(); ++i) k[i] = static_cast<Word>(sha2_roots[i] >> (64 - 8 * sizeof(Word)));
  return k;
}

template <class Word>
void mix_sha2(std::array<Word, 8>& state, const std::array<Word, 16>& words) noexcept {
  static constexpr auto k = sha2_constants<Word>();
  struct amounts {
    int first, second, third;
  };
  constexpr bool is_wide = sizeof(Word) == 8;  // §4.1.3, and §4.1.2
  constexpr amounts sum0 = is_wide ? amounts{28, 34, 39} : amounts{2, 13, 22};
  constexpr amounts sum1 = is_wide ? amounts{14, 18, 41} : amounts{6, 11, 25};
  constexpr amounts small0 = is_wide ? amounts{1, 8, 7} : amounts{7, 18, 3};
  constexpr amounts small1 = is_wide ? amounts{19, 61, 6} : amounts{17, 19, 10};
  const auto sum = [](Word x, amounts n) noexcept {
    return std::rotr(x, n.first) ^ std::rotr(x, n.second) ^ std::rotr(x, n.third);
  };
  const auto small = [](Word x, amounts n) noexcept {
    return std::rotr(x, n.first) ^ std::rotr(x, n.second) ^ (x >> n.third);
  };
  std::array<Word, k.size()> w;
  for (std::size_t i = 0; i < 16; ++i) w[i] = words[i];
  for (std::size_t i = 16; i < w.size(); ++i)
    w[i] = w[i - 16] + small(w[i - 15], small0) + w[i - 7] + small(w[i - 2], small1);
  std::array<Word, 8> v = state;
  for (std::size_t i = 0; i < w.size(); ++i) {
    const Word choice = (v[4] & v[5]) ^ (~v[4] & v[6]);
    const Word majority = (v[0] & v[1]) ^ (v[0] & v[2]) ^ (v[1] & v[2]);
    const Word t = v[7] + sum(v[4], sum1) + choice + k[i] + w[i];
    v = {t + sum(v[0], sum0) + majority, v[0], v[1], v[2], v[3] + t, v[4], v[5], v[6]};
  }
  for (std::size_t i = 0; i < 8; ++i) state[i] += v[i];
}

template <class Word>
using sha2_hash = block_hash<8, mix_sha2<Word>, Word>;

class sha256_hash : public sha2_hash<std::uint32_t> {
 public:
  sha256_hash() noexcept
      : block_hash({0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19}) {}
};

/// Returns the digest of the bytes: the first `Size` of what a hash makes of them.
template <std::size_t Size, class Hash>
std::array<std::byte, Size> sha2(Hash hash, byte_view data) noexcept {
  hash.update(data);
  const auto whole = hash.finish();
  std::array<std::byte, Size> out;
  for (std::size_t i = 0; i < Size; ++i) out[i] = whole[i];
  return out;
}

inline sha256_digest sha256(byte_view data) noexcept { return sha2<32>(sha256_hash(), data); }

inline std::array<std::byte, 28> sha224(byte_view data) noexcept {
  return sha2<28>(sha2_hash<std::uint32_t>(
                      {0xc1059ed8, 0x367cd507, 0x3070dd17, 0xf70e5939, 0xffc00b31, 0x68581511, 0x64f98fa7, 0xbefa4fa4}),
                  data);
}

inline std::array<std::byte, 64> sha512(byte_view data) noexcept {
  return sha2<64>(
      sha2_hash<std::uint64_t>({0x6a09e667f3bcc908, 0xbb67ae8584caa73b, 0x3c6ef372fe94f82b, 0xa54ff53a5f1d36f1,
                                0x510e527fade682d1, 0x9b05688c2b3e6c1f, 0x1f83d9abfb41bd6b, 0x5be0cd19137e2179}),
      data);
}

inline std::array<std::byte, 48> sha384(byte_view data) noexcept {
  return sha2<48>(
      sha2_hash<std::uint64_t>({0xcbbb9d5dc1059ed8, 0x629a292a367cd507, 0x9159015a3070dd17, 0x152fecd8f70e5939,
                                0x67332667ffc00b31, 0x8eb44a8768581511, 0xdb0c2e0d64f98fa7, 0x47b5481dbefa4fa4}),
      data);
}

}  // namespace detail
}  // namespace plugtls
