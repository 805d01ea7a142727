import Curl
import Dispatch
import Synchronization
import TestSupport

/// What came of doing a number of things, several at once.
struct Load {
  /// How many were done in a second.
  let rate: Double
  /// Milliseconds, sorted.
  private let latencies: [Double]

  /// Does `work` for every number below `count`, at most `workers` at a time.
  static func run(
    _ count: Int, workers: Int, _ work: @escaping @Sendable (Int) throws -> Void
  ) throws -> Load {
    @Sendable func nothing() {}
    return try run(count, workers: workers, prepare: nothing) { _, number in try work(number) }
  }

  /// Sends every request once, over kept connections; none may be answered but as expected.
  ///
  /// - Parameter warmUp: what each connection asks for first, so that no handshake is measured.
  static func send(
    _ requests: [HTTPRequest], connections: Int, authority: String, warmUp: String,
    expecting isExpected: @escaping @Sendable (HTTPResponse) -> Bool
  ) throws -> Load {
    let options = SessionOptions(caFile: authority)
    @Sendable func connect() throws -> Client {
      let client = Client(session: try Session(options))
      _ = try client.send(HTTPRequest(method: .get, url: warmUp))
      return client
    }
    return try run(requests.count, workers: connections, prepare: connect) { client, number in
      let response = try client.send(requests[number])
      guard isExpected(response) else {
        throw TestSupportError(
          "\(requests[number].url): \(response.status) "
            + String(decoding: response.body, as: UTF8.self))
      }
    }
  }

  private static func run<Tool>(
    _ count: Int, workers: Int, prepare: @escaping @Sendable () throws -> Tool,
    _ work: @escaping @Sendable (Tool, Int) throws -> Void
  ) throws -> Load {
    let next = Atomic<Int>(0)
    let line = StartLine(runners: workers)
    let shares = try concurrently(workers) { _ in
      let prepared = Result { try prepare() }
      line.wait()
      let tool = try prepared.get()
      var share = Share(start: .now)
      while true {
        let number = next.add(1, ordering: .relaxed).oldValue
        guard number < count else { return share }
        let begin = ContinuousClock.now
        try work(tool, number)
        share.end = .now
        share.latencies.append((share.end - begin) / .milliseconds(1))
      }
    }
    let first = shares.map(\.start).min() ?? .now
    let last = shares.map(\.end).max() ?? .now
    return Load(
      rate: Double(count) / ((last - first) / .seconds(1)),
      latencies: shares.flatMap(\.latencies).sorted())
  }

  /// The latency in milliseconds that this part of all stayed below.
  func latency(_ part: Double) -> Double {
    latencies[min(Int(Double(latencies.count) * part), latencies.count - 1)]
  }

  private struct Share {
    let start: ContinuousClock.Instant
    var end: ContinuousClock.Instant
    var latencies: [Double] = []

    init(start: ContinuousClock.Instant) {
      self.start = start
      end = start
    }
  }
}

/// A curl session that a closure can keep. One thread uses it.
private final class Client {
  private var session: Session

  init(session: consuming Session) { self.session = session }

  func send(_ request: HTTPRequest) throws -> HTTPResponse {
    try session.send(request, connectTimeout: .seconds(20), timeout: .seconds(30))
  }
}

/// Keeps early runners until the last one is ready.
private final class StartLine: Sendable {
  private let missing: Mutex<Int>
  private let runners: Int
  private let gun = DispatchSemaphore(value: 0)

  init(runners: Int) {
    self.runners = runners
    missing = Mutex(runners)
  }

  func wait() {
    let isLast = missing.withLock { missing in
      missing -= 1
      return missing == 0
    }
    if isLast { for _ in 0..<runners { gun.signal() } }
    gun.wait()
  }
}
