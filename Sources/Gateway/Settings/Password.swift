/// A database account's password, which appears in no log, message or dump.
///
/// Printing it, also as part of something else, shows its length only.
public struct Password: Sendable, Equatable, CustomStringConvertible, CustomDebugStringConvertible,
  CustomReflectable
{
  /// The text itself: for the call that needs it, and for nothing else.
  public let revealed: String

  public init(_ text: String) { revealed = text }

  public var description: String { "(\(revealed.utf8.count) secret bytes)" }
  public var debugDescription: String { description }
  public var customMirror: Mirror { Mirror(self, children: [:]) }
}

extension Password {
  /// Reads a password from a file that other users cannot read.
  ///
  /// - Throws: `PasswordRefusal`.
  public static func read(file: String) throws(PasswordRefusal) -> Password {
    do {
      return Password(try SecretFile(path: file).text())
    } catch {
      throw PasswordRefusal(
        description: "expected \(error.expected), got \(error.got); \(error.remedy)")
    }
  }
}

/// Why a password file cannot be used.
public struct PasswordRefusal: Error, CustomStringConvertible {
  public let description: String
}
