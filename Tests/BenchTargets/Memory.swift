import Foundation
import TestSupport

/// What a process has in memory, in MiB.
struct Memory {
  /// Pages that are present (`VmRSS`).
  let resident: Double
  /// The same, each shared page divided by the number of those who share it.
  let proportional: Double

  /// A program with its worker processes, in sum; pages that they share are counted in `resident`
  /// for each.
  init(of process: ChildProcess) throws {
    let all = try [Memory(of: process.pid)] + Self.workers(of: process)
    resident = all.reduce(0) { $0 + $1.resident }
    proportional = all.reduce(0) { $0 + $1.proportional }
  }

  /// The workers of a program that forks them, on average.
  init(averageWorkerOf process: ChildProcess) throws {
    let workers = try Self.workers(of: process)
    resident = workers.reduce(0) { $0 + $1.resident } / Double(workers.count)
    proportional = workers.reduce(0) { $0 + $1.proportional } / Double(workers.count)
  }

  private static func workers(of process: ChildProcess) throws -> [Memory] {
    func name(_ pid: pid_t) throws -> String {
      try String(contentsOfFile: "/proc/\(pid)/comm", encoding: .utf8)
    }
    let path = "/proc/\(process.pid)/task/\(process.pid)/children"
    // The shell that guards the process is another child.
    let program = try name(process.pid)
    return try String(contentsOfFile: path, encoding: .utf8)
      .split(separator: " ").compactMap { pid_t($0) }
      .filter { try name($0) == program }.map { try Memory(of: $0) }
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
