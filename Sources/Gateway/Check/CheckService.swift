import Configuration
import Linux
import Server

extension Check {
  /// Whether a gateway serves at these sockets.
  ///
  /// The kernel's list tells; a connection would stand in that gateway's log as one that was refused.
  static func checkService(_ settings: Settings) -> [Finding] {
    let sockets = listeners(settings).map(\.path)
    var listening: Set<String> = []
    // While other programs open and close sockets, a reading can leave some out.
    for _ in 0..<8 where !listening.isSuperset(of: sockets) {
      guard let found = listeningSockets() else { return [] }
      listening.formUnion(found)
    }
    let open = sockets.filter(listening.contains)
    if open.isEmpty { return [.ok("serve", "not running: nobody listens at the sockets yet")] }
    guard open.count < sockets.count else {
      return [.ok("serve", "running: its sockets are open")] + checkCallbacks(settings)
    }
    return [
      .warn(
        "serve", "only \(open.joined(separator: ", ")) of its sockets are open",
        "restart it; with systemd, compare weixinpay.socket with listen.*.socket")
    ]
  }

  /// Paths of sockets that take connections; `nil` when the kernel does not tell.
  ///
  /// Source: proc(5), `/proc/net/unix`; the flag is `__SO_ACCEPTCON`.
  private static func listeningSockets() -> Set<String>? {
    guard let list = try? contentsOfKernelFile("/proc/net/unix") else { return nil }
    let lines = String(decoding: list, as: UTF8.self).split(separator: "\n").dropFirst()
    return Set(
      lines.compactMap { line in
        let fields = line.split(separator: " ", maxSplits: 7)
        return fields.count == 8 && fields[3] == "00010000" ? String(fields[7]) : nil
      })
  }
}
