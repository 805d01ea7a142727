package import Checkout
package import Configuration
import Dispatch
import Linux
import Logging
import Outbox
import Server
import Store
import Synchronization

/// Threads that run duties as they come due, until they are told to stop.
final class DutyWorkers: Sendable {
  private let isStopping = Atomic<Bool>(false)
  private let stopped = DispatchSemaphore(value: 0)
  private let runner: DutyRunner
  private let logger: Logger
  // All threads fail alike, each second, as long as MariaDB is gone.
  private let failures = Throttle(interval: .seconds(10))

  // However hurried: looking hundreds of times a second would be all that a test's database does.
  private static let pause = DispatchTimeInterval.microseconds(
    Int(max(dueAfter(seconds: 1), 100_000)))

  private let hasShopToTell: Bool

  /// - Parameter shop: how the merchants' shops are told what happens.
  init(_ services: Services, _ shop: ShopChannels) {
    runner = DutyRunner(services, Self.work(shop))
    hasShopToTell = !shop.isEmpty
    logger = services.logger
  }

  /// What is done for each kind of duty.
  static func work(_ shop: ShopChannels) -> DutyRunner.Work {
    { duty, conversation in
      switch duty.kind {
      case .payment, .latePayment, .refund, .platformRefunds: try conversation.followUp(duty)
      case .delivery: try DeliverEvents(shop, conversation, duty).run()
      }
    }
  }

  /// Starts the threads; they hold this object until `stop`.
  func start(_ count: Int) throws -> [NativeThread] {
    // A crowd of unpaid orders must not hold up refunds, nor a shop that is slow to listen either.
    let kinds = Dictionary(grouping: DutyKind.allCases) { kind in
      switch kind {
      case .refund, .latePayment, .platformRefunds: "refund"
      case .payment: "payment"
      case .delivery: hasShopToTell ? "tell" : "payment"
      }
    }
    return try kinds.flatMap { name, kinds in
      // One more to tell: a slow shop leaves it to the others (`Breaker`).
      try (0..<(name == "tell" && count > 0 ? count + 1 : count)).map { index in
        try NativeThread.start(name: "\(name)-\(index)") { self.work(kinds) }
      }
    }
  }

  /// Lets each thread finish what it is at.
  func stop() {
    isStopping.store(true, ordering: .relaxed)
    stopped.signal()
  }

  private func work(_ kinds: [DutyKind]) {
    while !isStopping.load(ordering: .relaxed) {
      do {
        if try runner.runNext(kinds) { continue }
      } catch {
        if failures.permits() {
          logger.warning("duties cannot be taken", metadata: ["reason": "\(error)"])
        }
      }
      // Woken by `stop`, and then waking the next.
      if stopped.wait(timeout: .now() + Self.pause) == .success {
        stopped.signal()
      }
    }
  }
}

/// Does everything that is due now (待办), one after the other.
///
/// - Returns: how many duties were run.
package func sweep(_ services: Services, _ settings: Settings) throws -> Int {
  let runner = DutyRunner(services, DutyWorkers.work(ShopChannels(settings, workers: 1)))
  var count = 0
  while try runner.runNext() { count += 1 }
  return count
}
