import Linux

/// Makes one scheduled delivery of the notification of a payment, and records it.
struct PaymentAnnouncer: Sendable {
  let settings: Settings
  let book: Book
  let faults: FaultBoard
  let postman: Postman

  func deliver(_ outTradeNo: String) throws {
    guard let order = book.read({ ledger, _ in ledger.orders[outTradeNo] }),
      let payment = order.payment, !order.isAcknowledged
    else { return }
    let fault = faults.next(at: .notify, FaultSubject(outTradeNo: outTradeNo)) { $0 != .lose }
    var message = PaymentNotification.message(payment, order, settings)
    if let fault { Corruption.falsify(&message, fault.kind) }
    message.sign(order.signType, key: settings.apiKey)
    let document = Corruption.document(of: message, fault?.kind)
    let startedAt = microsecondsSince1970()
    let number = order.attempts.count + 1
    let delivery = postman.deliver(
      document, of: .payment(outTradeNo, attempt: number), to: order.notifyURL, fault)
    let attempt = NotificationAttempt(delivery, at: startedAt, number: number)
    try book.change { _, _ in ((), [.notified(outTradeNo, attempt)]) }
  }
}

extension NotificationAttempt {
  init(_ delivery: Delivery, at startedAt: Int64, number: Int) {
    self.init(
      at: startedAt, number: number, status: delivery.status, reply: delivery.reply,
      isAcknowledged: delivery.isAcknowledged)
  }
}
