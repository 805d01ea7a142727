import Glibc

/// Whether the standard error stream leads to systemd's journal.
///
/// Source: `systemd.exec(5)`, JOURNAL_STREAM: device and inode of the stream, in decimal.
package func isStandardErrorJournal() -> Bool {
  guard let stream = Environment.value("JOURNAL_STREAM") else { return false }
  var status = stat()
  guard unsafe fstat(STDERR_FILENO, &status) == 0 else { return false }
  return stream == "\(status.st_dev):\(status.st_ino)"
}
