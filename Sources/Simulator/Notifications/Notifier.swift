import Dispatch
import Linux
import Logging
import Synchronization

/// Delivers notifications of payments and refunds: at once, then on WeChat's schedule until the
/// merchant acknowledges. What is due is derived from the ledger, so that it survives a restart.
final class Notifier: Sendable {
  /// How many deliveries may be under way at once.
  private static let senders = 16
  /// How long an idle sender sleeps at most; also how long stopping takes.
  private static let nap = DispatchTimeInterval.milliseconds(200)
  /// After how many microseconds a refund is looked at again of which a delivery is under way.
  private static let deferment: Int64 = 20_000

  let postman: Postman
  private let settings: Settings
  private let book: Book
  private let faults: FaultBoard
  private let logger: Logger
  private let timetable = Mutex(Timetable())
  /// Refunds of which a notification is under way: two at once would both be the first.
  private let refundsUnderWay = Mutex<Set<String>>([])
  private let isStopped = Atomic(false)
  private let wake = DispatchSemaphore(value: 0)

  init(
    settings: Settings, book: Book, faults: FaultBoard, wireLog: WireLog, logger: Logger
  ) {
    self.settings = settings
    self.book = book
    self.faults = faults
    self.logger = logger
    postman = Postman(caFile: settings.caFile, wireLog: wireLog, logger: logger)
  }

  /// Takes up what the ledger says is due, and delivers until `stop`.
  func start() throws(LinuxError) -> [NativeThread] {
    book.listen { [weak self] events in self?.note(events) }
    let (orders, refunds) = book.read { ledger, _ in
      (ledger.orders.values.filter { $0.payment != nil }, ledger.refunds.byNumber.values)
    }
    for order in orders { schedule(order) }
    for refund in refunds { schedule(refund) }
    var threads: [NativeThread] = []
    for number in 0..<Self.senders {
      threads.append(try NativeThread.start(name: "notify-\(number)") { self.work() })
    }
    return threads
  }

  func stop() { isStopped.store(true, ordering: .relaxed) }

  /// Notes when the order's next notification is due, if one is.
  func schedule(_ order: Order) {
    guard let at = Schedule.nextDelivery(of: order, speed: settings.speed) else { return }
    add(Timetable.Entry(at: at, duty: .payment(outTradeNo: order.outTradeNo)))
  }

  /// Notes when the refund ends by itself, or when its next notification is due.
  private func schedule(_ refund: Refund) {
    if refund.status == .processing, let ending = refund.ending {
      add(Timetable.Entry(at: ending.at, duty: .settlement))
    } else if let at = Schedule.nextDelivery(of: refund, speed: settings.speed) {
      add(Timetable.Entry(at: at, duty: .refund(outRefundNo: refund.outRefundNo)))
    }
  }

  private func note(_ events: [LedgerEvent]) {
    let moved = events.compactMap { event -> String? in
      guard case .refund(let event) = event else { return nil }
      return event.movedRefund
    }
    for outRefundNo in Set(moved) {
      let refund = book.read { ledger, _ in ledger.refunds.byNumber[outRefundNo] }
      if let refund { schedule(refund) }
    }
  }

  private func add(_ entry: Timetable.Entry) {
    timetable.withLock { $0.add(entry) }
    wake.signal()
  }

  private func work() {
    while !isStopped.load(ordering: .relaxed) {
      let now = microsecondsSince1970()
      let (due, next) = timetable.withLock { ($0.takeDue(at: now), $0.earliest) }
      if let due {
        attend(to: due.duty)
      } else {
        let untilNext = next.map { DispatchTimeInterval.microseconds(Int(max(0, $0 - now))) }
        _ = wake.wait(timeout: min(.now() + Self.nap, .now() + (untilNext ?? Self.nap)))
      }
    }
  }

  private func attend(to duty: Timetable.Duty) {
    do {
      switch duty {
      case .payment(let outTradeNo): try deliverPayment(outTradeNo)
      case .refund(let outRefundNo): try deliverRefundAlone(outRefundNo)
      case .settlement: try book.change { _, _ in ((), []) }
      }
    } catch {
      // Without its record a delivery would be repeated at once and for ever.
      logger.error("a delivery cannot be recorded", metadata: ["error": "\(error)"])
    }
  }

  /// One scheduled delivery, recorded, and the next one scheduled.
  private func deliverPayment(_ outTradeNo: String) throws {
    guard let order = book.read({ ledger, _ in ledger.orders[outTradeNo] }),
      let payment = order.payment, !order.isAcknowledged
    else { return }
    let fault = faults.next(at: .notify, FaultSubject(outTradeNo: outTradeNo)) { $0 != .lose }
    var message = PaymentNotification.message(payment, order, settings)
    if let fault { Corruption.falsify(&message, fault.kind) }
    message.sign(order.signType, key: settings.apiKey)
    let document = Corruption.document(of: message, fault?.kind)
    let startedAt = microsecondsSince1970()
    let delivery = postman.deliver(document, to: order.notifyURL, fault)
    let attempt = NotificationAttempt(delivery, at: startedAt, number: order.attempts.count + 1)
    try book.change { _, _ in ((), [.notified(outTradeNo, attempt)]) }
    if let order = book.read({ ledger, _ in ledger.orders[outTradeNo] }) { schedule(order) }
  }

  /// Two changes of a refund may have scheduled its notification twice: the second waits, and then
  /// finds nothing to do.
  private func deliverRefundAlone(_ outRefundNo: String) throws {
    guard refundsUnderWay.withLock({ $0.insert(outRefundNo).inserted }) else {
      let later = microsecondsSince1970() + Self.deferment
      return add(Timetable.Entry(at: later, duty: .refund(outRefundNo: outRefundNo)))
    }
    defer { refundsUnderWay.withLock { _ = $0.remove(outRefundNo) } }
    try deliverRefund(outRefundNo)
  }

  /// One scheduled delivery, recorded; the record schedules the next one.
  private func deliverRefund(_ outRefundNo: String) throws {
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
    let delivery = postman.deliver(notification.document(fault?.kind), to: url, fault)
    let announcement = Refund.Announcement(
      status: refund.status,
      attempt: NotificationAttempt(delivery, at: startedAt, number: refund.attempts.count + 1))
    try book.change { _, _ in ((), [.refund(.notified(outRefundNo, announcement))]) }
  }
}

extension RefundEvent {
  /// The refund whose next duty the event has moved.
  fileprivate var movedRefund: String? {
    switch self {
    case .accepted(let refund): refund.outRefundNo
    case .finished(let outRefundNo, _), .notified(let outRefundNo, _): outRefundNo
    case .sent, .complained, .notificationLost, .planned, .balanceSet, .spacingSet, .notifyURLSet:
      nil
    }
  }
}

extension NotificationAttempt {
  fileprivate init(_ delivery: Delivery, at startedAt: Int64, number: Int) {
    self.init(
      at: startedAt, number: number, status: delivery.status, reply: delivery.reply,
      isAcknowledged: delivery.isAcknowledged)
  }
}
