import Logging
import Synchronization

/// What a simulator has said on its log, as `event name=value …`, names sorted.
final class Heard: Sendable {
  private let lines = Mutex<[String]>([])

  var all: [String] { lines.withLock { $0 } }

  func append(_ line: String) { lines.withLock { $0.append(line) } }
}

struct HeardLog: LogHandler {
  var logLevel: Logger.Level = .info
  var metadata: Logger.Metadata = [:]
  var metadataProvider: Logger.MetadataProvider?
  private let heard: Heard

  init(_ heard: Heard) { self.heard = heard }

  subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { metadata[key] }
    set { metadata[key] = newValue }
  }

  func log(event: LogEvent) {
    let details = (event.metadata ?? [:]).sorted { $0.key < $1.key }
    heard.append(
      ([event.message.description] + details.map { "\($0.key)=\($0.value)" })
        .joined(separator: " "))
  }
}
