import Text

/// How a person has settled something, for those who look at it later.
///
/// 1 to 200 Unicode code points, each visible (`String.isReadable`).
package struct Note: Sendable, Equatable {
  package let text: String

  /// - Returns: `nil` when the text has not this shape, or shows nothing.
  package init?(_ text: String) {
    guard (1...200).contains(text.unicodeScalars.count), text.isReadable else { return nil }
    self.text = text
  }
}
