import Dispatch
import Linux
import Logging
import Synchronization

/// Delivers notifications of payments: at once, then on WeChat's schedule until the merchant
/// acknowledges. What is due is derived from the ledger, so that it survives a restart.
final class Notifier: Sendable {
  /// How many deliveries may be under way at once.
  private static let senders = 16
  /// How long an idle sender sleeps at most; also how long stopping takes.
  private static let nap = DispatchTimeInterval.milliseconds(200)

  private let settings: Settings
  private let book: Book
  private let faults: FaultBoard
  private let wireLog: WireLog
  private let logger: Logger
  private let timetable = Mutex(Timetable())
  private let isStopped = Atomic(false)
  private let wake = DispatchSemaphore(value: 0)

  init(
    settings: Settings, book: Book, faults: FaultBoard, wireLog: WireLog, logger: Logger
  ) {
    self.settings = settings
    self.book = book
    self.faults = faults
    self.wireLog = wireLog
    self.logger = logger
  }

  /// Takes up what the ledger says is due, and delivers until `stop`.
  func start() throws(LinuxError) -> [NativeThread] {
    let orders = book.read { ledger, _ in ledger.orders.values.filter { $0.payment != nil } }
    for order in orders { schedule(order) }
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
    timetable.withLock { $0.add(Timetable.Entry(at: at, outTradeNo: order.outTradeNo)) }
    wake.signal()
  }

  private func work() {
    while !isStopped.load(ordering: .relaxed) {
      let now = microsecondsSince1970()
      let (due, next) = timetable.withLock { ($0.takeDue(at: now), $0.earliest) }
      if let due {
        deliver(due.outTradeNo)
      } else {
        let untilNext = next.map { DispatchTimeInterval.microseconds(Int(max(0, $0 - now))) }
        _ = wake.wait(timeout: min(.now() + Self.nap, .now() + (untilNext ?? Self.nap)))
      }
    }
  }

  /// One scheduled delivery, recorded, and the next one scheduled.
  private func deliver(_ outTradeNo: String) {
    guard let order = book.read({ ledger, _ in ledger.orders[outTradeNo] }),
      let payment = order.payment, !order.isAcknowledged
    else { return }
    let fault = faults.next(at: .notify, outTradeNo: outTradeNo) { $0 != .lose }
    let startedAt = microsecondsSince1970()
    let delivery = deliver(payment, order, fault)
    let attempt = NotificationAttempt(
      at: startedAt, number: order.attempts.count + 1, status: delivery.status,
      reply: delivery.reply, isAcknowledged: delivery.isAcknowledged)
    do {
      try book.change { _, _ in ((), [.notified(outTradeNo, attempt)]) }
    } catch {
      // Without its record this delivery would be repeated at once and for ever.
      logger.error("a delivery cannot be recorded", metadata: ["error": "\(error)"])
      return
    }
    if let order = book.read({ ledger, _ in ledger.orders[outTradeNo] }) { schedule(order) }
  }

  private func deliver(_ payment: Payment, _ order: Order, _ fault: Fault?) -> Delivery {
    let unsent = Delivery(
      status: 0, reply: "dropped by a fault", milliseconds: 0, isAcknowledged: false)
    var message = PaymentNotification.message(payment, order, settings)
    if let fault { Corruption.falsify(&message, fault.kind) }
    message.sign(order.signType, key: settings.apiKey)
    let document = Corruption.document(of: message, fault?.kind)
    switch fault?.kind {
    case .dropBefore: return unsent
    case .delay, .delayAfter: pause(milliseconds: fault?.milliseconds ?? 0)
    case .duplicate:
      return send([document, document], to: order.notifyURL).last ?? unsent
    default: break
    }
    let delivery = send(document, to: order.notifyURL)
    // The merchant has answered, but WeChat never learns.
    return fault?.kind == .dropAfter ? unsent : delivery
  }

  /// Sends probes, all at the same moment, and waits for every answer.
  func send(_ documents: [[UInt8]], to url: String) -> [Delivery] {
    let deliveries = Mutex<[Delivery]>([])
    let gate = DispatchSemaphore(value: 0)
    var threads: [NativeThread] = []
    for document in documents {
      do throws(LinuxError) {
        threads.append(
          try NativeThread.start(name: "probe") {
            gate.wait()
            let delivery = self.send(document, to: url)
            deliveries.withLock { $0.append(delivery) }
          })
      } catch {
        logger.error("a notification has no thread", metadata: ["error": "\(error)"])
      }
    }
    for _ in threads { gate.signal() }
    for thread in threads { thread.join() }
    return deliveries.withLock { $0 }
  }

  private func send(_ document: [UInt8], to url: String) -> Delivery {
    let delivery = Delivery.post(
      document, to: url, caFile: settings.caFile, requestID: Numbers.hexadecimal(32))
    do {
      try wireLog.record(
        .outgoing, at: microsecondsSince1970(), path: url, request: document,
        answer: Array(delivery.reply.utf8), status: delivery.status)
    } catch {
      logger.error("the wire log cannot be written", metadata: ["error": "\(error)"])
    }
    return delivery
  }
}
