/// Text that no log line, error or debugger output shows: a password, an AppSecret, an API key.
public struct Secret: Sendable, Equatable {
  /// The text itself: for the call that needs it, and for nothing else.
  package let revealed: String

  public init(_ text: String) { revealed = text }
}

extension Secret: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
  public var description: String { "(secret)" }
  public var debugDescription: String { description }
  public var customMirror: Mirror { Mirror(self, children: []) }
}
