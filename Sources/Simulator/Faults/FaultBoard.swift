import Dispatch
import Synchronization

/// The faults that were ordered and have not struck yet.
final class FaultBoard: Sendable {
  private let faults = Mutex<[Fault]>([])

  var all: [Fault] { faults.withLock { $0 } }

  func add(_ fault: Fault) {
    faults.withLock { $0.append(fault) }
  }

  func clear() {
    faults.withLock { $0.removeAll() }
  }

  /// The first fault that strikes a request, counted down.
  ///
  /// - Parameters:
  ///   - outTradeNo: the order that the request is about; nil when it names none.
  ///   - isWanted: which kinds can strike at this point.
  func next(
    at endpoint: Endpoint, outTradeNo: String? = nil,
    where isWanted: (Fault.Kind) -> Bool = { _ in true }
  ) -> Fault? {
    faults.withLock { faults in
      let place = faults.firstIndex {
        $0.waits(at: endpoint, for: outTradeNo) && isWanted($0.kind)
          && Double.random(in: 0..<1) < $0.probability
      }
      guard let place else { return nil }
      let fault = faults[place]
      if let remaining = fault.remaining {
        faults[place].remaining = remaining - 1
        if remaining <= 1 { faults.remove(at: place) }
      }
      return fault
    }
  }
}

/// Keeps the calling thread waiting.
func pause(milliseconds: Int) {
  // Nobody signals it: the wait always runs to its end.
  _ = DispatchSemaphore(value: 0).wait(timeout: .now() + .milliseconds(milliseconds))
}
