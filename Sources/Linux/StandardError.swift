import Glibc

/// Writes bytes to the standard error stream, all of them in one call as far as the system lets us.
///
/// One call keeps the lines of threads apart. What cannot be written is lost: a full disk or a
/// closed pipe must not stop a payment.
public func writeToStandardError(_ bytes: [UInt8]) {
  var rest = bytes[...]
  while !rest.isEmpty {
    let written = unsafe rest.withUnsafeBytes {
      unsafe write(STDERR_FILENO, $0.baseAddress, $0.count)
    }
    if written > 0 {
      rest = rest.dropFirst(written)
    } else if errno != EINTR {
      return
    }
  }
}
