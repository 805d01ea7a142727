import Foundation

/// The figures of all rounds.
struct Table {
  private var rows: [(name: String, rounds: [[String: Load]])] = []

  mutating func add(_ loads: [String: Load], as name: String) {
    if let row = rows.firstIndex(where: { $0.name == name }) {
      rows[row].rounds.append(loads)
    } else {
      rows.append((name, [loads]))
    }
  }

  /// Medians, and the median ratio of the gateway to each peer with its smallest and largest.
  func print() {
    for (name, rounds) in rows {
      Swift.print("\n\(name.padded(24)) per second   p50 ms   p99 ms   gateway / this")
      for peer in rounds[0].keys.sorted(by: Self.gatewayFirst) {
        let loads = rounds.compactMap { $0[peer] }
        let ratios = rounds.compactMap { round in
          round["gateway"].flatMap { ours in round[peer].map { ours.rate / $0.rate } }
        }
        let figures = [
          loads.map(\.rate).median, loads.map { $0.latency(0.5) }.median,
          loads.map { $0.latency(0.99) }.median,
        ]
        let ratio =
          peer == "gateway"
          ? ""
          : String(
            format: "%.2f (%.2f to %.2f)", ratios.median, ratios.min() ?? 0, ratios.max() ?? 0)
        Swift.print(
          "  " + peer.padded(22)
            + String(format: "%11.0f %8.1f %8.1f   ", figures[0], figures[1], figures[2]) + ratio)
      }
    }
  }

  private static func gatewayFirst(_ a: String, _ b: String) -> Bool {
    (a == "gateway" ? "" : a) < (b == "gateway" ? "" : b)
  }
}

extension [Double] {
  var median: Double { sorted()[count / 2] }
}

extension String {
  fileprivate func padded(_ width: Int) -> String {
    padding(toLength: width, withPad: " ", startingAt: 0)
  }
}

extension Memory: CustomStringConvertible {
  var description: String { String(format: "%8.1f  %8.1f", resident, proportional) }
}
