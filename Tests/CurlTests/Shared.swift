import Synchronization

/// A count that several threads add to.
final class Counter: Sendable {
  private let count = Mutex(0)
  var value: Int { count.withLock { $0 } }
  func add(_ amount: Int) { count.withLock { $0 += amount } }
}

/// Lets a server's behaviour name the server.
final class Servers: Sendable {
  private let server = Mutex<TLSServer?>(nil)
  var first: TLSServer? {
    get { server.withLock { $0 } }
    set { server.withLock { $0 = newValue } }
  }
}
