/// When a notification is sent again (通知频率).
enum Schedule {
  /// Seconds from each failed delivery to the next: 15 retries, 24 h 4 min in all.
  ///
  /// Source: WeChat Pay APIv2, 支付结果通知: 15s/15s/30s/3m/10m/20m/30m/30m/30m/60m/3h/3h/3h/6h/6h.
  static let retrySeconds: [Int64] = [
    15, 15, 30, 180, 600, 1200, 1800, 1800, 1800, 3600, 10_800, 10_800, 10_800, 21_600, 21_600,
  ]

  /// When the next delivery of an order's notification is due, in microseconds since 1970; nil when
  /// there is nothing to tell, or nothing more.
  ///
  /// - Parameter speed: how much faster than at WeChat the schedule runs.
  static func nextDelivery(of order: Order, speed: Double) -> Int64? {
    guard let payment = order.payment, payment.isAnnounced, !order.isAcknowledged else {
      return nil
    }
    return nextDelivery(after: order.attempts.last, first: payment.paidAt, speed)
  }

  /// As for an order, of the notification of a refund's present state.
  static func nextDelivery(of refund: Refund, speed: Double) -> Int64? {
    guard let finishedAt = refund.finishedAt, refund.notifyURL != nil, !refund.isSilenced,
      !refund.isAcknowledged
    else { return nil }
    return nextDelivery(after: refund.attempts.last, first: finishedAt, speed)
  }

  private static func nextDelivery(
    after last: NotificationAttempt?, first: Int64, _ speed: Double
  ) -> Int64? {
    guard let last else { return first }
    guard last.number <= retrySeconds.count else { return nil }
    return last.at + Int64(Double(retrySeconds[last.number - 1]) * 1_000_000 / speed)
  }
}
