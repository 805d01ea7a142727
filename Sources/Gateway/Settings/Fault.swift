import Yams

/// One thing that is wrong with the settings, with the place, what was expected and the remedy.
public struct Fault: Sendable, Equatable, CustomStringConvertible {
  /// The configuration file as it was named on the command line.
  public let file: String
  /// The place in the file, counted from 1; column in Unicode scalars.
  public let line: Int
  public let column: Int
  /// The key's path, such as `listen.api.workers`; empty when the file as a whole is at fault.
  public let key: String
  /// Completes "expected …".
  public let expected: String
  /// Completes "got …"; never a secret.
  public let got: String
  /// What to do about it.
  public let remedy: String

  /// `expected …, got …; what to do`, in one line.
  public var message: String { "expected \(expected), got \(got); \(remedy)" }

  /// `file:line:column: key`, the last part only when there is a key.
  public var place: String {
    let position = "\(file):\(line):\(column)"
    return key.isEmpty ? position : "\(position): \(key)"
  }

  public var description: String { "\(place): \(message)" }
}

/// Everything that is wrong with a configuration file, in the order of the file.
public struct SettingsFaults: Error, Equatable, CustomStringConvertible {
  public let faults: [Fault]

  public var description: String { faults.map(\.description).joined(separator: "\n") }
}

/// How a value differs from what it should be.
public struct Mismatch: Error, Equatable, CustomStringConvertible {
  /// Completes "expected …".
  let expected: String
  /// Completes "got …". Never a secret.
  let got: String
  /// What to do about it.
  let remedy: String

  public var description: String { "expected \(expected), got \(got); \(remedy)" }
}

/// A place in a text, counted from 1; columns in Unicode scalars.
struct Position: Comparable, Sendable {
  let line: Int
  let column: Int

  static let start = Position(line: 1, column: 1)

  init(line: Int, column: Int) {
    self.line = line
    self.column = column
  }

  init(_ mark: Mark) { self.init(line: mark.line, column: mark.column) }

  /// - Parameter offset: in characters from the beginning of the text.
  init(offset: Int, in text: String) {
    let lines = text.prefix(offset).split(separator: "\n", omittingEmptySubsequences: false)
    self.init(line: lines.count, column: (lines.last?.unicodeScalars.count ?? 0) + 1)
  }

  static func < (left: Position, right: Position) -> Bool {
    (left.line, left.column) < (right.line, right.column)
  }
}
