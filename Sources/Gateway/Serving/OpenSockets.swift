import Configuration
import FastCGI
import Linux
import Server

/// The sockets of `listeners`, open and in their order.
struct OpenSockets: Sendable {
  let all: [ListeningSocket]
  /// Whether we made them; else they stay open when we end, and connections wait in them for the
  /// next one who takes them over.
  let areOurs: Bool

  /// Takes over the sockets that systemd has opened, or else opens them.
  ///
  /// - Throws: `FastCGIError` when a socket cannot be opened or is none; `StartRefusal` when those of
  ///   systemd are not those of the configuration.
  init(_ settings: Settings) throws {
    let handed = ServiceManager.listeningDescriptors()
    areOurs = handed.isEmpty
    all =
      areOurs
      ? try listeners(settings).map { try ListeningSocket(path: $0.path) }
      : try Self.sort(handed.map { try ListeningSocket(inherited: $0) }, settings)
  }

  /// Takes over the sockets that the supervisor has opened.
  init(inherited descriptors: [Int32], areOurs: Bool, _ settings: Settings) throws {
    self.areOurs = areOurs
    all = try Self.sort(descriptors.map { try ListeningSocket(inherited: $0) }, settings)
  }

  /// Lets nobody connect any more, if that is for us to decide.
  func close() {
    guard areOurs else { return }
    for socket in all { socket.close() }
  }

  /// By their paths, which are what nginx was told: a name could be given to the wrong socket.
  private static func sort(
    _ sockets: [ListeningSocket], _ settings: Settings
  ) throws(StartRefusal) -> [ListeningSocket] {
    var sorted: [ListeningSocket] = []
    var missing: [String] = []
    let paths = sockets.map(\.path).joined(separator: ", ")
    for listener in listeners(settings) {
      if let socket = sockets.first(where: { $0.path == listener.path }) {
        sorted.append(socket)
      } else {
        missing.append(
          "listen.\(listener.name).socket: expected one of the open sockets \(paths), got"
            + " \(listener.path); to move a socket, restart (with systemd, weixinpay.socket too)")
      }
    }
    guard missing.isEmpty else { throw StartRefusal(reasons: missing) }
    return sorted
  }
}
