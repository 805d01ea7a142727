import Foundation
import TestSupport

/// What a process has in memory, in MiB.
struct Memory {
  /// Pages that are present (`VmRSS`).
  let resident: Double
  /// The same, each shared page divided by the number of those who share it.
  let proportional: Double

  init(of process: ChildProcess) throws {
    let text = try String(contentsOfFile: "/proc/\(process.pid)/smaps_rollup", encoding: .utf8)
    func size(_ name: String) -> Double {
      let line = text.split(separator: "\n").first { $0.hasPrefix(name) }
      return line?.split(separator: " ").dropFirst().first.flatMap { Double($0) } ?? .nan
    }
    resident = size("Rss:") / 1024
    proportional = size("Pss:") / 1024
  }
}
