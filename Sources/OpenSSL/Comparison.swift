import COpenSSL

/// Whether both are the same bytes, in a time that does not depend on their content.
///
/// For signatures, tokens and their digests: an early exit at the first difference would let a
/// stranger find them byte by byte. The lengths are no secret; different lengths compare unequal
/// at once. Source: `CRYPTO_memcmp`.
package func equalInConstantTime(_ a: [UInt8], _ b: [UInt8]) -> Bool {
  guard a.count == b.count else { return false }
  return unsafe CRYPTO_memcmp(a, b, a.count) == 0
}
