import Linux
package import Logging

/// Writes each event as one line on the standard error stream, and never waits for its reader.
///
/// A line begins with `time` (Beijing time, RFC 3339 with milliseconds), `level` and `event`; the
/// metadata follow, sorted by name. Whatever the values contain, they stay within their line and
/// quotes, and each is cut at 512 bytes. Where the stream is the journal of systemd, its priority stands before
/// the line (`<4>`), so that `journalctl -p warning` finds it.
package struct LineLogHandler: LogHandler {
  /// How a line is written.
  package enum Format: String, CaseIterable, Sendable {
    /// `time=2026-11-21T09:03:11.020+08:00 level=info event="order paid" order_no=A1`
    case logfmt
    /// `{"time":"2026-11-21T09:03:11.020+08:00","level":"info","event":"order paid","order_no":"A1"}`
    case json
  }

  package var logLevel: Logger.Level
  package var metadata: Logger.Metadata = [:]
  package var metadataProvider: Logger.MetadataProvider?
  private let format: Format
  private let write: @Sendable ([UInt8]) -> Void
  private let hasPriorities: Bool

  private static let isJournal = isStandardErrorJournal()

  package init(format: Format, logLevel: Logger.Level = .info) {
    self.init(format: format, logLevel: logLevel, hasPriorities: Self.isJournal) { line in
      LineOutput.standardError.write(line) { lost in
        var note = LogLine(format: format)
        note.append("time", Timestamp.text(microsecondsSince1970: microsecondsSince1970()))
        note.append("level", Logger.Level.warning.rawValue)
        note.append("event", "lines of the log were lost: nobody read them, or the disk is full")
        note.append("lines", "\(lost)")
        note.append("pid", "\(processID())")
        return prioritized(note.finished, .warning, Self.isJournal)
      }
    }
  }

  init(
    format: Format, logLevel: Logger.Level, hasPriorities: Bool = false,
    write: @escaping @Sendable ([UInt8]) -> Void
  ) {
    self.format = format
    self.logLevel = logLevel
    self.write = write
    self.hasPriorities = hasPriorities
  }

  package subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { metadata[key] }
    set { metadata[key] = newValue }
  }

  package func log(event: LogEvent) {
    var all = metadata
    all.merge(metadataProvider?.get() ?? [:]) { $1 }
    all.merge(event.metadata ?? [:]) { $1 }
    if let error = event.error { all["error"] = "\(error)" }
    var line = LogLine(format: format)
    line.append("time", Timestamp.text(microsecondsSince1970: microsecondsSince1970()))
    line.append("level", event.level.rawValue)
    line.append("event", event.message.description)
    for (name, value) in all.sorted(by: { $0.key < $1.key }) {
      line.append(name, value.description)
    }
    write(prioritized(line.finished, event.level, hasPriorities))
  }
}

private func prioritized(
  _ line: [UInt8], _ level: Logger.Level, _ hasPriorities: Bool
) -> [UInt8] {
  hasPriorities ? Array("<\(level.priority)>".utf8) + line : line
}

extension Logger.Level {
  /// Source: `sd-daemon(3)`.
  fileprivate var priority: Int {
    switch self {
    case .trace, .debug: 7
    case .info: 6
    case .notice: 5
    case .warning: 4
    case .error: 3
    case .critical: 2
    }
  }
}
