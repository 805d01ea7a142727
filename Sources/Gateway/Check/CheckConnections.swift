import Configuration
import MariaDB

extension Check {
  /// Whether the server has as many connections as all processes may open at once. Beyond that it
  /// refuses, in the worst of moments and WeChat's notifications too.
  static func checkConnections(_ settings: Settings, _ facts: ServerFacts) -> [Finding] {
    guard let maximum = facts.maximumConnections else { return [] }
    let needed = settings.mostConnections
    guard needed > maximum else {
      return [
        .ok("database.connections", "at most \(needed) at once, of the server's \(maximum)")
      ]
    }
    return [
      .warn(
        "database.connections",
        "\(needed) connections may be needed at once, and the server has \(maximum) for all programs"
          + " (max_connections)",
        "set max_connections higher in MariaDB, or processes or connections lower here")
    ]
  }
}

extension Settings {
  /// Of all worker processes, and of one that comes to replace another, as on a reload.
  fileprivate var mostConnections: Int {
    let share = shareOfOneProcess
    let dutyWorkers = shareOfOneProcess(of: Settings.dutyWorkers)
    // Who tells also changes the shop's own tables, under another account.
    let telling = shopDatabase?.isAt(database.service) == true ? dutyWorkers : 0
    let ofOneProcess = listeners(share).count * share.database.connections + dutyWorkers + telling
    return (processes + 1) * ofOneProcess
  }
}

extension ConnectionSettings {
  /// Whether both are of one server, as far as their words tell.
  fileprivate func isAt(_ other: ConnectionSettings) -> Bool {
    host == other.host && (host == nil ? socket == other.socket : port == other.port)
  }
}
