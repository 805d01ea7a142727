import Linux
import Logging
import Server

/// Says in the log why a process of `serve` ended: what reads the log expects nothing but its lines.
package struct FailureLog {
  private let logger: Logger

  /// The process's own log, as its settings want it.
  package init() { logger = Logger(label: "weixinpay") }

  /// The log of a worker whose settings may be the fault, in the format of its supervisor.
  ///
  /// - Returns: `nil` when the supervisor is of an earlier release and does not say its format.
  package init?(worker: Int) {
    guard
      let format = Environment.value(Environment.logFormat).flatMap(LineLogHandler.Format.init)
    else { return nil }
    logger = Logger(label: "weixinpay") { _ in
      var handler = LineLogHandler(format: format)
      handler.metadata["worker"] = "\(worker)"
      return handler
    }
  }

  /// - Parameters:
  ///   - event: what failed, such as `serve failed`.
  ///   - reasons: each in a line of its own, because a line cuts long values.
  ///   - advice: what to do about it.
  package func tell(_ event: String, _ reasons: [String], advice: String? = nil) {
    for reason in reasons {
      var metadata: Logger.Metadata = ["reason": "\(reason)"]
      metadata["advice"] = advice.map { "\($0)" }
      logger.error("\(event)", metadata: metadata)
    }
  }
}
