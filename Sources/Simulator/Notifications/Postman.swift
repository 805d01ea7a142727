import Dispatch
import Linux
import Logging
import Synchronization

/// Carries documents to merchants' servers, writes down what they say, and lets faults strike on
/// the way.
struct Postman: Sendable {
  let caFile: String?
  let wireLog: WireLog
  let logger: Logger

  /// One scheduled delivery, as a fault lets it happen.
  func deliver(
    _ document: [UInt8], of notification: EventLog.Notification, to url: String, _ fault: Fault?
  ) -> Delivery {
    switch fault?.kind {
    case .dropBefore:
      EventLog(logger: logger).delivery(notification, to: url, .dropped)
      return .dropped
    case .delay, .delayAfter: pause(milliseconds: fault?.milliseconds ?? 0)
    case .duplicate:
      return send([document, document], of: notification, to: url).last ?? .dropped
    default: break
    }
    let delivery = send(document, of: notification, to: url)
    // The merchant has answered, but WeChat never learns.
    return fault?.kind == .dropAfter ? .dropped : delivery
  }

  /// Sends documents, all at the same moment, and waits for every answer.
  func send(
    _ documents: [[UInt8]], of notification: EventLog.Notification, to url: String
  ) -> [Delivery] {
    let deliveries = Mutex<[Delivery]>([])
    let gate = DispatchSemaphore(value: 0)
    var threads: [NativeThread] = []
    for document in documents {
      do throws(LinuxError) {
        threads.append(
          try NativeThread.start(name: "probe") {
            gate.wait()
            let delivery = self.send(document, of: notification, to: url)
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

  private func send(
    _ document: [UInt8], of notification: EventLog.Notification, to url: String
  ) -> Delivery {
    let delivery = Delivery.post(
      document, to: url, caFile: caFile, requestID: Numbers.hexadecimal(32))
    do {
      try wireLog.record(
        .outgoing, at: microsecondsSince1970(), path: url, request: document,
        answer: Array(delivery.reply.utf8), status: delivery.status)
    } catch {
      logger.error("the wire log cannot be written", metadata: ["error": "\(error)"])
    }
    EventLog(logger: logger).delivery(notification, to: url, delivery)
    return delivery
  }
}
