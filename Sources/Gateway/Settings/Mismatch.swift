import Yams

/// How a value differs from what it should be.
struct Mismatch: Error, Equatable {
  /// Completes "expected …".
  let expected: String
  /// Completes "got …". Never a secret.
  let got: String
  /// What to do about it.
  let remedy: String
}

extension Node {
  /// The value in a few words of one line, for a message.
  ///
  /// Long text is only counted: it may be a key that was pasted where a file's name belongs.
  var shown: String {
    switch self {
    case .scalar(let scalar):
      if isNull { return "nothing" }
      let text = scalar.string
      guard text.count <= 60 else { return "text of \(text.count) characters" }
      return text.debugDescription
    case .mapping: return "a mapping"
    case .sequence(let sequence):
      return "[" + sequence.map(\.shown).joined(separator: ", ") + "]"
    case .alias: return "an alias"
    }
  }
}
