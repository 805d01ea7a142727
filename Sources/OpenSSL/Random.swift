import COpenSSL

/// Random bytes fit for keys and tokens.
///
/// Ends the process when the system has no randomness to give: a guessable token would be worse.
/// Source: `RAND_bytes`.
package func randomBytes(_ count: Int) -> [UInt8] {
  var bytes = [UInt8](repeating: 0, count: count)
  guard let length = Int32(exactly: count), unsafe RAND_bytes(&bytes, length) == 1 else {
    fatalError("OpenSSL could not give \(count) random bytes.")
  }
  return bytes
}
