import Linux
import Synchronization

/// Makes one scheduled delivery of the notification of a refund, and records it.
final class RefundAnnouncer: Sendable {
  private let settings: Settings
  private let book: Book
  private let faults: FaultBoard
  private let postman: Postman
  /// Refunds of which a notification is under way: two at once would both be the first.
  private let underWay = Mutex<Set<String>>([])

  init(settings: Settings, book: Book, faults: FaultBoard, postman: Postman) {
    self.settings = settings
    self.book = book
    self.faults = faults
    self.postman = postman
  }

  /// Two changes of a refund may have scheduled its notification twice: the second has to come
  /// again, and then finds nothing to do.
  ///
  /// - Returns: false when another delivery of the same refund is under way.
  func deliver(_ outRefundNo: String) throws -> Bool {
    guard underWay.withLock({ $0.insert(outRefundNo).inserted }) else { return false }
    defer { underWay.withLock { _ = $0.remove(outRefundNo) } }
    try deliverAlone(outRefundNo)
    return true
  }

  private func deliverAlone(_ outRefundNo: String) throws {
    let known = book.read { ledger, _ in RefundNotification(outRefundNo, ledger, settings) }
    let startedAt = microsecondsSince1970()
    // Since this was scheduled the refund may have got another state, with a delivery of its own.
    guard var notification = known, let url = notification.refund.notifyURL,
      let due = Schedule.nextDelivery(of: notification.refund, speed: settings.speed),
      due <= startedAt
    else { return }
    let refund = notification.refund
    let subject = FaultSubject(outTradeNo: refund.outTradeNo, outRefundNo: outRefundNo)
    let isFirst = refund.attempts.isEmpty
    if isFirst, faults.next(at: .refundNotify, subject, where: { $0 == .lose }) != nil {
      return try book.change { _, _ in ((), [.refund(.notificationLost(outRefundNo))]) }
    }
    let fault = faults.next(at: .refundNotify, subject) { $0 != .lose }
    if let fault { notification.falsify(fault.kind) }
    let number = refund.attempts.count + 1
    let delivery = postman.deliver(
      notification.document(fault?.kind), of: .refund(outRefundNo, attempt: number), to: url,
      fault)
    let announcement = Refund.Announcement(
      status: refund.status,
      attempt: NotificationAttempt(delivery, at: startedAt, number: number))
    try book.change { _, _ in ((), [.refund(.notified(outRefundNo, announcement))]) }
  }
}
