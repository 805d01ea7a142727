import Foundation
import Linux
import Payments

/// Measures the gateway beside its peers, all in one run, in turns; Tests/bench builds and calls it.
///
/// A figure alone says more about the machine than about the program: what counts is its ratio to a
/// peer that ran in the same minute. Each figure is the median of the rounds, and each ratio the
/// median of the rounds' ratios.
@main struct Bench {
  static func main() {
    let arguments = CommandLine.arguments.dropFirst()
    Signals.ignoreBrokenPipe()
    do {
      if arguments.first == "echo", let socket = arguments.last {
        try Echo.serve(at: socket)
      } else {
        try Bench(arguments: arguments).run()
      }
    } catch {
      print("FAILED: \(error)")
      exit(1)
    }
  }

  private let stage: Stage
  private let buyer: (token: String, openID: OpenID)
  private let withPHP: Bool
  private let isQuick: Bool
  private let idle: Memory

  private init(arguments: ArraySlice<String>) throws {
    isQuick = arguments.contains("--quick")
    withPHP = arguments.contains("--with-php")
    stage = try Stage(withPHP: withPHP)
    idle = try Memory(of: stage.gateway)
    buyer = try stage.login()
  }

  private func run() throws {
    print("\(ProcessInfo.processInfo.activeProcessorCount) cores")
    try measureRates().print()
    try measureSilence()
    try measureMemory()
  }

  private func measureRates() throws -> Table {
    let notifications = NotificationRounds(
      stage: stage, openID: buyer.openID, count: isQuick ? 500 : 3000)
    let payments = PaymentRounds(stage: stage, buyer: buyer, count: isQuick ? 300 : 1500)
    var table = Table()
    for round in 1...(isQuick ? 2 : 7) {
      table.add(try notifications.run(round, withPHP: withPHP), as: "notifications")
      table.add(try payments.run(round), as: "payments")
    }
    return table
  }

  private func measureSilence() throws {
    let silence = Silence(stage: stage, buyer: buyer, count: isQuick ? 200 : 2000)
    let rounds = try (1...(isQuick ? 1 : 5)).map { try silence.run($0) }
    let p99 = rounds.map { ($0.alone.latency(0.99), $0.silent.latency(0.99)) }
    print(
      String(
        format: """

          notifications while WeChat is silent and every worker waits for it
            p99 alone %.1f ms, then %.1f ms: %.2f times
          """, p99.map(\.0).median, p99.map(\.1).median, p99.map { $1 / $0 }.median))
  }

  private func measureMemory() throws {
    print("\nMiB of memory                            resident  proportional")
    print("  idle after its start                   \(idle)")
    print("  idle after its work                    \(try Memory(of: stage.gateway))")
    if let php = stage.php {
      print("  php-fpm, a worker after its work       \(try Memory(averageWorkerOf: php))")
    }
    try measureCrowd(workers: 256, prefix: "C", "its default, 256 workers")
    try measureCrowd(workers: 1000, prefix: "D", "1000 workers")
  }

  /// A thousand buyers at one moment, with so many workers to wait for WeChat.
  private func measureCrowd(workers: Int, prefix: String, _ configuration: String) throws {
    try stage.restartGateway(workers: workers)
    let before = try Memory(of: stage.gateway)
    print(
      "  idle, \(configuration)".padding(toLength: 41, withPad: " ", startingAt: 0) + "\(before)")
    let crowd = try Crowd(PaymentRounds(stage: stage, buyer: buyer, count: 1000), prefix: prefix)
    print("  1000 payments, WeChat takes 1 s        \(crowd.peak)")
    print(
      String(
        format: """
              all answered 200, p50 %.0f ms, p99 %.0f ms
              at most %d waited for WeChat at one moment: %.0f KiB for each of them
          """, crowd.load.latency(0.5), crowd.load.latency(0.99), crowd.waiting,
        (crowd.peak.resident - before.resident) * 1024 / Double(crowd.waiting)))
  }
}
