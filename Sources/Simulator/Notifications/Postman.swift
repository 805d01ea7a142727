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
  func deliver(_ document: [UInt8], to url: String, _ fault: Fault?) -> Delivery {
    let unsent = Delivery(
      status: 0, reply: "dropped by a fault", milliseconds: 0, isAcknowledged: false)
    switch fault?.kind {
    case .dropBefore: return unsent
    case .delay, .delayAfter: pause(milliseconds: fault?.milliseconds ?? 0)
    case .duplicate: return send([document, document], to: url).last ?? unsent
    default: break
    }
    let delivery = send(document, to: url)
    // The merchant has answered, but WeChat never learns.
    return fault?.kind == .dropAfter ? unsent : delivery
  }

  /// Sends documents, all at the same moment, and waits for every answer.
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
      document, to: url, caFile: caFile, requestID: Numbers.hexadecimal(32))
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
