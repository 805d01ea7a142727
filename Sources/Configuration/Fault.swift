import Yams

/// One thing that is wrong with the settings, with the place, what was expected and the remedy.
package struct Fault: Sendable, Equatable, CustomStringConvertible {
  /// The configuration file as it was named on the command line.
  package let file: String
  /// The place in the file, counted from 1; column in Unicode scalars.
  package let line: Int
  package let column: Int
  /// The key's path, such as `listen.api.workers`; empty when the file as a whole is at fault.
  package let key: String
  /// Completes "expected …".
  package let expected: String
  /// Completes "got …"; never a secret.
  package let got: String
  /// What to do about it.
  package let remedy: String

  /// `expected …, got …; what to do`, in one line.
  package var message: String { "expected \(expected), got \(got); \(remedy)" }

  /// `file:line:column: key`, the last part only when there is a key.
  package var place: String {
    let position = "\(file):\(line):\(column)"
    return key.isEmpty ? position : "\(position): \(key)"
  }

  package var description: String { "\(place): \(message)" }
}

/// Everything that is wrong with a configuration file, in the order of the file.
package struct SettingsFaults: Error, Equatable, CustomStringConvertible {
  package let faults: [Fault]

  package var description: String { faults.map(\.description).joined(separator: "\n") }
}

/// How a value differs from what it should be.
package struct Mismatch: Error, Equatable, CustomStringConvertible {
  /// Completes "expected …".
  package let expected: String
  /// Completes "got …". Never a secret.
  package let got: String
  /// What to do about it.
  package let remedy: String

  package var description: String { "expected \(expected), got \(got); \(remedy)" }
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
