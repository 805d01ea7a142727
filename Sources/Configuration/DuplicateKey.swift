/// A key that stands twice in one mapping.
///
/// Yams stops at the first such key. Its first appearance is then masked in the text, so that
/// parsing can go on and the remaining faults are shown in the same run.
enum DuplicateKey {
  /// Private-use characters: nobody's keys, and allowed by YAML.
  private static let masks: ClosedRange<UInt32> = 0xE000...0xF8FF

  static func isMask(_ key: String) -> Bool {
    key.unicodeScalars.contains { masks.contains($0.value) }
  }

  /// Where a key of a block mapping stands again: the next line that begins with it in the same
  /// column; nil when there is none, as in braces.
  static func lineOfRepetition(of key: String, at first: Position, in text: String) -> Int? {
    let start = String(repeating: " ", count: first.column - 1) + key + ":"
    return text.split(separator: "\n", omittingEmptySubsequences: false).enumerated()
      .dropFirst(first.line).first { $0.element.hasPrefix(start) }.map { $0.offset + 1 }
  }

  /// - Returns: the text with another key at this place; `nil` when the place has no plain letter.
  static func mask(at position: Position, in text: String) -> String? {
    var lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    guard lines.indices.contains(position.line - 1) else { return nil }
    var scalars = Array(lines[position.line - 1].unicodeScalars)
    let start = position.column - 1
    guard
      let letter = scalars.indices.dropFirst(start).first(where: {
        scalars[$0].properties.isAlphabetic
      })
    else { return nil }
    // A key that is given three times is masked twice, and differently each time.
    let choice = masks.lowerBound + UInt32((position.line * 131 + position.column) % masks.count)
    scalars[letter] = Unicode.Scalar(choice) ?? scalars[letter]
    lines[position.line - 1] = String(String.UnicodeScalarView(scalars))
    return lines.joined(separator: "\n")
  }
}
