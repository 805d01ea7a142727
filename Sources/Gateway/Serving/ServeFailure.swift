package import Linux

/// How serving ended otherwise than it should.
package enum ServeFailure: Error, Equatable, CustomStringConvertible {
  /// So many requests were not finished in time, and cut off.
  case requestsCutOff(workers: Int)
  /// What was due and begun was not finished in time; it is taken up again when its lease is over.
  case dutyCutOff
  /// The system had no thread to give for a worker.
  case outOfThreads(LinuxError)
  /// A socket was closed by somebody else.
  case socketClosed
  /// So many worker processes were ended by force, or ended badly.
  case processesCutOff(Int)
  /// No worker process came to work; the first ended so.
  case neverServed(String)

  package var description: String {
    switch self {
    case .requestsCutOff(let workers): "\(workers) requests were cut off at the end"
    case .dutyCutOff: "what was due and begun was cut off; it is taken up again"
    case .socketClosed:
      "somebody else closed a socket; restart the gateway, with systemd weixinpay.socket too"
    case .outOfThreads(let error): "expected a thread for each worker: \(error)"
    case .processesCutOff(let count): "\(count) worker processes did not end as they should"
    case .neverServed(let ending): "no worker process came to work; the first ended: \(ending)"
    }
  }
}
