import Configuration

/// One thing that `weixinpay check` looked at.
package struct Finding: Sendable, Equatable {
  /// How bad it is; the word stands in the output of `weixinpay check`.
  package enum Level: String, Sendable {
    /// As it should be.
    case ok
    /// The gateway works, and somebody should look at it.
    case warn
    /// The gateway would not start, could lose a payment, or could never tell the shop of it.
    case fail = "FAIL"
  }

  /// How bad it is.
  package let level: Level
  /// What was looked at: `database`, `merchants.main`, or the place in the configuration file.
  package let subject: String
  /// What was found, without any secret.
  package let sentence: String
  /// What to do about it; `nil` when there is nothing to do.
  package let remedy: String?
  /// The place in the configuration file; `nil` when it stands in none.
  package var place: Place?

  /// A place in a file, as `Fault` has it.
  package struct Place: Sendable, Equatable {
    package let file: String
    package let line: Int
    package let column: Int
  }

  /// What is wrong, or doubtful, in the configuration file.
  init(_ fault: Fault, _ level: Level) {
    self.level = level
    subject = fault.place
    sentence = "expected \(fault.expected), got \(fault.got)"
    remedy = fault.remedy
    place = Place(file: fault.file, line: fault.line, column: fault.column)
  }

  private init(_ level: Level, _ subject: String, _ sentence: String, _ remedy: String?) {
    self.level = level
    self.subject = subject
    self.sentence = sentence
    self.remedy = remedy
  }

  static func ok(_ subject: String, _ sentence: String) -> Finding {
    Finding(.ok, subject, sentence, nil)
  }

  static func warn(_ subject: String, _ sentence: String, _ remedy: String) -> Finding {
    Finding(.warn, subject, sentence, remedy)
  }

  static func fail(_ subject: String, _ sentence: String, _ remedy: String) -> Finding {
    Finding(.fail, subject, sentence, remedy)
  }

  /// `subject: sentence; what to do`, in one line.
  package var line: String {
    let words = remedy.map { "\(sentence); \($0)" } ?? sentence
    // A server's message may hold line breaks.
    return "\(subject): \(words)".split(whereSeparator: \.isNewline).joined(separator: " ")
  }
}
