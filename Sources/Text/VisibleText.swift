/// What a person can see of a text, and what can steer a terminal or deceive a reader.
///
/// Texts come from buyers, shops and WeChat, and are read by staff: in a terminal, a log, a page.
/// Controls steer terminals. Line separators, and what reverses the direction of writing, show lines
/// and words that are not there. What has no glyph makes two texts look alike.
extension Unicode.Scalar {
  /// Whether it has a glyph of its own, or is a space or mark that people write.
  ///
  /// Not so: controls (C0, C1), format characters (direction, zero width, tags), line and paragraph
  /// separators, surrogates, unassigned code points, fillers.
  package var isVisible: Bool {
    switch properties.generalCategory {
    case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .unassigned: false
    default: properties.isVariationSelector || !properties.isDefaultIgnorableCodePoint
    }
  }

  /// As `\uXXXX`, twice for characters beyond the first 65 536: JSON's escapes.
  package var escaped: String {
    String(self).utf16.map { unit in
      let digits = String(unit, radix: 16)
      return "\\u" + String(repeating: "0", count: 4 - digits.utf8.count) + digits
    }.joined()
  }

  /// Whether a reader sees something there.
  fileprivate var isInk: Bool {
    switch properties.generalCategory {
    case .spaceSeparator, .nonspacingMark, .enclosingMark: false
    // U+2800: a braille cell without dots.
    default: isVisible && value != 0x2800
    }
  }
}

extension String {
  /// The text within one line of a terminal or a log: what is not visible is escaped as in JSON.
  package var forTerminal: String {
    guard !unicodeScalars.allSatisfy(\.isVisible) else { return self }
    return unicodeScalars.map { scalar in
      switch scalar {
      case "\n": "\\n"
      case "\r": "\\r"
      case "\t": "\\t"
      default: scalar.isVisible ? String(scalar) : scalar.escaped
      }
    }.joined()
  }

  /// Whether each character is visible. The joiner within an emoji (🤷‍♀️) may be there, too.
  package var isVisible: Bool {
    var last: Unicode.Scalar?
    var rest = unicodeScalars[...]
    while let scalar = rest.popFirst() {
      let joins =
        scalar == "\u{200D}" && (last?.isEmojiPart ?? false)
        && (rest.first?.properties.isEmoji ?? false)
      guard scalar.isVisible || joins else { return false }
      last = scalar
    }
    return true
  }

  /// Whether a person can read it: each character is visible, and at least one is not blank.
  package var isReadable: Bool { isVisible && unicodeScalars.contains(where: \.isInk) }
}

extension Unicode.Scalar {
  fileprivate var isEmojiPart: Bool {
    value > 0x7F && (properties.isEmoji || properties.isVariationSelector)
  }
}
