/// Text that no log line, error or debugger output shows: a password, an AppSecret, an API key.
package struct Secret: Sendable, Equatable {
  /// The text itself: for the call that needs it, and for nothing else.
  package let revealed: String

  package init(_ text: String) { revealed = text }
}

extension Secret: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
  package var description: String { "(secret)" }
  package var debugDescription: String { description }
  package var customMirror: Mirror { Mirror(self, children: []) }
}
