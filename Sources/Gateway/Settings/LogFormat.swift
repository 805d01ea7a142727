/// How an event is written to standard error.
public enum LogFormat: String, CaseIterable, Sendable {
  /// `level=info event=paid order=…`
  case logfmt
  /// One JSON object on each line.
  case json
}
