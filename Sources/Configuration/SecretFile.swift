import FoundationEssentials
import Linux
package import Payments

/// A file that holds a key, certificate or password.
///
/// It belongs to root or to the user who runs the gateway, is closed to all other users, and lies
/// nowhere near the files of a web site.
package struct SecretFile: Sendable {
  let path: String

  /// The longest content taken for a secret: a certificate with its chain.
  private static let maximumBytes = 64 << 10

  /// The content without one line break at its end.
  package func text() throws(Mismatch) -> String {
    try checkPlace()
    let bytes = try contents()
    guard var text = String(validating: bytes, as: UTF8.self) else {
      throw BinaryFile.mismatch(of: bytes, at: shownPath)
    }
    // Editors of Windows begin a file with a mark that belongs to no secret.
    if text.unicodeScalars.first == "\u{FEFF}" { text.unicodeScalars.removeFirst() }
    // Editors end a file with a line break that belongs to no secret.
    if text.hasSuffix("\r\n") || text.hasSuffix("\n") { text.removeLast() }
    guard !text.isEmpty else {
      throw mismatch("a secret", "an empty file", "write the secret into it")
    }
    return text
  }

  private func checkPlace() throws(Mismatch) {
    try TrustedFile(path, shownAs: shownPath).check()
    guard let status = FileStatus(path: path) else {
      throw mismatch("a file", "none that can be seen", "create it, or correct the path")
    }
    guard status.mode & 0o037 == 0 else {
      let mode = String(status.mode, radix: 8)
      throw mismatch(
        "mode 0640 or 0600", "mode 0\(mode)", "run: chmod 640 \(shownPath)")
    }
    guard !isBelowWebRoot else {
      throw mismatch(
        "a file outside of every web site", "one that a web server may hand out",
        "move it to /etc/weixinpay/secret")
    }
  }

  private func contents() throws(Mismatch) -> [UInt8] {
    do {
      let data = try Data(contentsOf: URL(filePath: path))
      guard data.count <= Self.maximumBytes else {
        throw mismatch("at most 64 KiB", "\(data.count) bytes", "name the right file")
      }
      return Array(data)
    } catch let mismatch as Mismatch {
      throw mismatch
    } catch {
      throw mismatch(
        "a file that \(userName()) may read", "\((error as? CocoaError)?.reason ?? "\(error)")",
        "run: chgrp \(userName()) \(shownPath); chmod 640 \(shownPath)")
    }
  }

  private var isBelowWebRoot: Bool {
    ["/var/www/", "/www/wwwroot/"].contains { path.hasPrefix($0) }
      || path.split(separator: "/").dropLast().contains {
        ["public_html", "wwwroot", "htdocs", "docroot"].contains($0)
      }
  }

  /// The path, unless its last part looks like the secret itself, written where its file's name
  /// belongs.
  private var shownPath: String {
    let name = path.split(separator: "/").last ?? ""
    let isSecret = name.utf8.count >= 20 && name.utf8.allSatisfy { $0.isAlphanumeric }
    return isSecret ? "(a name of \(name.utf8.count) letters: is it the secret itself?)" : path
  }

  private func mismatch(_ expected: String, _ got: String, _ remedy: String) -> Mismatch {
    Mismatch(expected: expected, got: "\(got) at \(shownPath)", remedy: remedy)
  }
}

extension Secret {
  /// Reads a secret from a file that other users cannot read.
  ///
  /// - Throws: `Mismatch`, with what to do about the file.
  package static func read(file: String) throws(Mismatch) -> Secret {
    Secret(try SecretFile(path: file).text())
  }
}

extension CocoaError {
  fileprivate var reason: String {
    switch code {
    case .fileReadNoPermission: "permission denied"
    case .fileReadNoSuchFile, .fileNoSuchFile: "no such file"
    default: "an error (\(code.rawValue))"
    }
  }
}
