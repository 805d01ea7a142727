import Foundation

/// A fresh folder of its own, readable by nobody else, removed with everything in it when the last
/// reference goes.
///
/// It lies directly under `/tmp` whatever `TMPDIR` says: a unix socket's path holds at most 107
/// bytes, and the sockets of these tests live here.
package final class TemporaryFolder: Sendable {
  /// Absolute, without a trailing slash.
  package let path: String

  /// - Throws: `TestSupportError` when the folder cannot be made.
  package init() throws {
    var template = Array("/tmp/weixinpay-XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil else {
      throw TestSupportError("cannot make a folder under /tmp: \(String(cString: strerror(errno)))")
    }
    path = template.withUnsafeBufferPointer { String(cString: $0.baseAddress!) }
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  /// The path of `name` in this folder; nothing is created.
  package func file(_ name: String) -> String { "\(path)/\(name)" }

  /// Writes `text` into the file `name` and returns the file's path.
  @discardableResult
  package func write(_ text: String, to name: String) throws -> String {
    try text.write(toFile: file(name), atomically: false, encoding: .utf8)
    return file(name)
  }
}
