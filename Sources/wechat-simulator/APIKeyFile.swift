import ArgumentParser
import FoundationEssentials

/// The file of the merchant's APIv2 key (API密钥).
enum APIKeyFile {
  /// The key: 32 ASCII letters and digits; a line end after it is left out.
  ///
  /// - Throws: `ValidationError` that names the file, never its content.
  static func read(_ path: String) throws -> String {
    guard let content = FileManager.default.contents(atPath: path) else {
      throw ValidationError("--api-key-file: cannot read \(path)")
    }
    let key = String(decoding: content, as: UTF8.self)
      .prefix { !$0.isNewline }
    guard key.utf8.count == 32, key.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
      throw ValidationError("--api-key-file: \(path) must hold the key, 32 ASCII characters")
    }
    return String(key)
  }
}
