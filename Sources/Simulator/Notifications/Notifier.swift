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
  private let payments: PaymentAnnouncer
  private let refunds: RefundAnnouncer
  private let book: Book
  private let speed: Double
  private let logger: Logger
  private let timetable = Mutex(Timetable())
  private let isStopped = Atomic(false)
  private let wake = DispatchSemaphore(value: 0)

  init(
    settings: Settings, book: Book, faults: FaultBoard, wireLog: WireLog, logger: Logger
  ) {
    postman = Postman(caFile: settings.caFile, wireLog: wireLog, logger: logger)
    payments = PaymentAnnouncer(settings: settings, book: book, faults: faults, postman: postman)
    refunds = RefundAnnouncer(settings: settings, book: book, faults: faults, postman: postman)
    self.book = book
    speed = settings.speed
    self.logger = logger
  }

  /// Takes up what the ledger says is due, and delivers until `stop`.
  func start() throws(LinuxError) -> [NativeThread] {
    book.listen { [weak self] events in self?.note(events) }
    let entries = book.read { ledger, _ in
      ledger.orders.values.compactMap(entry) + ledger.refunds.byNumber.values.compactMap(entry)
    }
    for entry in entries { add(entry) }
    var threads: [NativeThread] = []
    for number in 0..<Self.senders {
      threads.append(try NativeThread.start(name: "notify-\(number)") { self.work() })
    }
    return threads
  }

  func stop() { isStopped.store(true, ordering: .relaxed) }

  /// Notes what has become due, or will be, by what has just been recorded.
  private func note(_ events: [LedgerEvent]) {
    EventLog(logger: logger).recorded(events)
    let entries = book.read { ledger, _ in
      Set(events.compactMap(\.movedOrder)).compactMap { ledger.orders[$0].flatMap(entry) }
        + Set(events.compactMap(\.movedRefund))
        .compactMap { ledger.refunds.byNumber[$0].flatMap(entry) }
    }
    for entry in entries { add(entry) }
  }

  /// When the order's next notification is due; nil: never.
  private func entry(_ order: Order) -> Timetable.Entry? {
    Schedule.nextDelivery(of: order, speed: speed)
      .map { Timetable.Entry(at: $0, duty: .payment(outTradeNo: order.outTradeNo)) }
  }

  /// When the refund ends by itself, or when its next notification is due; nil: never.
  private func entry(_ refund: Refund) -> Timetable.Entry? {
    if refund.status == .processing {
      return refund.ending.map { Timetable.Entry(at: $0.at, duty: .settlement) }
    }
    return Schedule.nextDelivery(of: refund, speed: speed)
      .map { Timetable.Entry(at: $0, duty: .refund(outRefundNo: refund.outRefundNo)) }
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
      case .payment(let outTradeNo): try payments.deliver(outTradeNo)
      case .refund(let outRefundNo):
        guard try !refunds.deliver(outRefundNo) else { return }
        add(Timetable.Entry(at: microsecondsSince1970() + Self.deferment, duty: duty))
      case .settlement: try book.change { _, _ in ((), []) }
      }
    } catch {
      // Without its record a delivery would be repeated at once and for ever.
      logger.error("a delivery cannot be recorded", metadata: ["error": "\(error)"])
    }
  }
}

extension LedgerEvent {
  /// The order whose next notification the event has moved.
  fileprivate var movedOrder: String? {
    switch self {
    case .paid(let outTradeNo, _), .notified(let outTradeNo, _): outTradeNo
    case .codeMade, .codeUsed, .orderCreated, .orderSent, .prepayMade, .prepayExpired,
      .stateChanged, .refund:
      nil
    }
  }

  /// The refund whose end or next notification the event has moved.
  fileprivate var movedRefund: String? {
    guard case .refund(let event) = self else { return nil }
    return switch event {
    case .accepted(let refund): refund.outRefundNo
    case .finished(let outRefundNo, _), .notified(let outRefundNo, _): outRefundNo
    case .sent, .complained, .notificationLost, .planned, .balanceSet, .spacingSet, .notifyURLSet:
      nil
    }
  }
}
