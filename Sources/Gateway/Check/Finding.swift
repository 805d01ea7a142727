/// One thing that `weixinpay check` looked at.
public struct Finding: Sendable, Equatable {
  /// How bad it is; the word stands in the output of `weixinpay check`.
  public enum Level: String, Sendable {
    /// As it should be.
    case ok
    /// The gateway works, and somebody should look at it.
    case warn
    /// The gateway would not start, could lose a payment, or could never tell the shop of it.
    case fail = "FAIL"
  }

  /// How bad it is.
  public let level: Level
  /// What was looked at: `database`, `merchants.main`, or the place in the configuration file.
  public let subject: String
  /// What was found, without any secret.
  public let sentence: String
  /// What to do about it; `nil` when there is nothing to do.
  public let remedy: String?

  static func ok(_ subject: String, _ sentence: String) -> Finding {
    Finding(level: .ok, subject: subject, sentence: sentence, remedy: nil)
  }

  static func warn(_ subject: String, _ sentence: String, _ remedy: String) -> Finding {
    Finding(level: .warn, subject: subject, sentence: sentence, remedy: remedy)
  }

  static func fail(_ subject: String, _ sentence: String, _ remedy: String) -> Finding {
    Finding(level: .fail, subject: subject, sentence: sentence, remedy: remedy)
  }

  /// `subject: sentence; what to do`, in one line.
  public var line: String {
    let words = remedy.map { "\(sentence); \($0)" } ?? sentence
    // A server's message may hold line breaks.
    return "\(subject): \(words)".split(whereSeparator: \.isNewline).joined(separator: " ")
  }
}
