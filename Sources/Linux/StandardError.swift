/// Writes bytes to the standard error stream, all of them in one call as far as the system lets us.
///
/// One call keeps the lines of threads apart. What cannot be written is lost: a full disk or a
/// closed pipe must not stop a payment. In a process that writes a log there the bytes follow its
/// lines and nobody waits (`LineOutput`); else a command waits for its reader, as others do.
package func writeToStandardError(_ bytes: [UInt8]) {
  if LineOutput.standardError.isInUse {
    LineOutput.standardError.write(bytes)
  } else {
    _ = writeWhole(bytes, to: 2)
  }
}
