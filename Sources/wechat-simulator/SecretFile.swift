import ArgumentParser
import FoundationEssentials

/// A file with a secret. On the command line every user of the machine could read it (`ps`).
enum SecretFile {
  /// The secret: visible ASCII characters; a line end after it is left out.
  ///
  /// - Parameters:
  ///   - option: which names the file.
  ///   - length: how many characters it must have; nil: at least one.
  /// - Throws: `ValidationError` that names the file, never its content.
  static func read(_ path: String, option: String, length: Int? = nil) throws -> String {
    guard let content = FileManager.default.contents(atPath: path) else {
      throw ValidationError("\(option): cannot read \(path)")
    }
    let secret = String(decoding: content, as: UTF8.self).prefix { !$0.isNewline }
    guard !secret.isEmpty, length.map({ $0 == secret.utf8.count }) ?? true,
      secret.utf8.allSatisfy({ (0x21...0x7E).contains($0) })
    else {
      let expectation = length.map { "\($0) " } ?? ""
      throw ValidationError("\(option): \(path) must hold \(expectation)visible ASCII characters")
    }
    return String(secret)
  }
}
