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
  ///   - subject: what the request is about.
  ///   - isWanted: which kinds can strike at this point.
  func next(
    at endpoint: Endpoint, _ subject: FaultSubject = FaultSubject(),
    where isWanted: (Fault.Kind) -> Bool = { _ in true }
  ) -> Fault? {
    faults.withLock { faults in
      let place = faults.indices.first {
        faults[$0].waits(at: endpoint, for: subject) && isWanted(faults[$0].kind)
          && faults[$0].chance.draw()
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
