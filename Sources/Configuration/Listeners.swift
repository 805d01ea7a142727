package import Server

extension Settings {
  /// The sockets that nginx connects to, by the names that the log and the route table use.
  package enum Socket: String, CaseIterable, Sendable { case api, notify, merchant }
}

/// The sockets with their workers, in the order of `Settings.Socket`.
package func listeners(_ settings: Settings) -> [Listener] {
  Settings.Socket.allCases.map { socket in
    let listener =
      switch socket {
      case .api: settings.listen.api
      case .notify: settings.listen.notify
      case .merchant: settings.listen.merchant
      }
    return Listener(
      name: socket.rawValue, path: listener.socket, workers: listener.workers,
      deadline: listener.deadline)
  }
}
