import Foundation
import TestSupport

/// What a process has in memory, in MiB.
struct Memory {
  /// Pages that are present (`VmRSS`).
  let resident: Double
  /// The same, each shared page divided by the number of those who share it.
  let proportional: Double

  init(of process: ChildProcess) throws { try self.init(of: process.pid) }

  /// The workers of a program that forks them, on average.
  init(averageWorkerOf process: ChildProcess) throws {
    let path = "/proc/\(process.pid)/task/\(process.pid)/children"
    let workers = try String(contentsOfFile: path, encoding: .utf8)
      .split(separator: " ").compactMap { pid_t($0) }.map { try Memory(of: $0) }
    resident = workers.reduce(0) { $0 + $1.resident } / Double(workers.count)
    proportional = workers.reduce(0) { $0 + $1.proportional } / Double(workers.count)
  }

  private init(of pid: pid_t) throws {
    let text = try String(contentsOfFile: "/proc/\(pid)/smaps_rollup", encoding: .utf8)
    func size(_ name: String) -> Double {
      let line = text.split(separator: "\n").first { $0.hasPrefix(name) }
      return line?.split(separator: " ").dropFirst().first.flatMap { Double($0) } ?? .nan
    }
    resident = size("Rss:") / 1024
    proportional = size("Pss:") / 1024
  }
}
