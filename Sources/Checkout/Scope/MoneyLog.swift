import Logging
import Payments
import Store

/// Writes what happens to money into the log: one line for each step that is committed.
struct MoneyLog: Sendable {
  private let logger: Logger

  init(_ logger: Logger) { self.logger = logger }

  /// Nothing secret: no tokens, no openids, no messages.
  func write(_ line: CommittedLine) {
    guard let (message, level) = heading(of: line) else { return }
    var metadata: Logger.Metadata = [
      "merchant": "\(line.merchant)", "order_no": "\(line.order)", "by": "\(line.act.actor)",
      "detail": "\(line.detail)",
    ]
    metadata["out_trade_no"] = line.outTradeNo.map { "\($0)" }
    metadata["out_refund_no"] = line.refund.map { "\($0)" }
    metadata["alarm"] = line.alarm.map { "\($0.rawValue)" }
    metadata["request_id"] = line.act.requestID.map { "\($0)" }
    metadata["client"] = line.act.clientAddress.map { "\($0)" }
    logger.log(level: level, "\(message)", metadata: metadata)
  }

  /// - Returns: `nil` for what moves no money: an order that is created, a cashier that is opened.
  private func heading(of line: CommittedLine) -> (String, Logger.Level)? {
    if let alarm = line.alarm, alarm.rawValue == line.event { return ("alarm raised", .warning) }
    switch line.event {
    // Told where the delivery is given up, with the reason.
    case "undelivered", "delivered_without_effect": return nil
    case "alarm_resolved": return ("alarm resolved", .notice)
    case _ where line.refund != nil: return ("refund \(line.event)", level(ofRefund: line))
    case PaymentEvent.paid.rawValue: return ("paid", .info)
    default: return nil
    }
  }

  private func level(ofRefund line: CommittedLine) -> Logger.Level {
    switch RefundEvent(rawValue: line.event) {
    case .refused, .abnormal, .closed: return .warning
    case nil where line.event == "waiting":
      let needsPerson = [RefundWait.funds, .configuration, .person].contains {
        line.detail.hasPrefix("\($0.rawValue):")
      }
      return needsPerson ? .warning : .info
    default: return .info
    }
  }
}
